import assert from "node:assert/strict";
import type { Alias } from "../../../src/ledger/alias.ts";
import { entriesOf } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const signed = { reason: "new address", author: "ops" };

ledgerTest("an alias of a user or a node is an entry for all time", async (place) => {
  await using ledger = await place.open();
  const ids = [
    await ledger.alias({ user: "alice", is: "alice@example.com", ...signed }),
    await ledger.alias({ node: "fra-1", is: "fra", ...signed }),
  ];
  const entries = await entriesOf(place, "alias");
  assert.deepEqual(new Set(entries.map(({ id }) => id)), new Set(ids));
  assert.deepEqual(
    new Set(entries.map(({ body }) => body)),
    new Set([
      { of: "user", name: "alice", is: "alice@example.com", ...signed },
      { of: "node", name: "fra-1", is: "fra", ...signed },
    ]),
  );
  for (const { node, from, to } of entries) assert.deepEqual([node, from, to], ["", -8.64e15, 8.64e15]);
});

ledgerTest("an alias that would lead back to its own name is refused, at any length", async (place) => {
  await using ledger = await place.open();
  for (const [user, is] of ["ab", "bc", "cd"])
    await ledger.alias({ user: user as string, is: is as string, ...signed });
  for (const user of ["b", "c", "d"])
    await expectLedgerError(ledger.alias({ user, is: "a", ...signed }), "alias-cycle");
  await ledger.alias({ node: "b", is: "a", ...signed });
  await ledger.alias({ user: "x", is: "a", ...signed });
  assert.equal((await entriesOf(place, "alias")).length, 5);
});

ledgerTest("of two aliases of a name the later one counts for what is a cycle", async (place) => {
  await using ledger = await place.open();
  await ledger.alias({ user: "a", is: "b", ...signed });
  // Two that were written within one millisecond have no order but that of their ids.
  const written = Date.now();
  while (Date.now() === written) await new Promise((resolve) => setImmediate(resolve));
  await ledger.alias({ user: "a", is: "c", ...signed });
  await ledger.alias({ user: "b", is: "a", ...signed });
  await expectLedgerError(ledger.alias({ user: "c", is: "b", ...signed }), "alias-cycle");
});

ledgerTest("an alias that is none is refused before anything is read", async (place) => {
  const ledger = await place.open();
  await ledger.close();
  const refused = (alias: object, error: typeof TypeError): Promise<void> =>
    assert.rejects(ledger.alias({ ...alias, ...signed } as Alias), error);
  await refused({ user: "a", is: "a" }, RangeError);
  await refused({ user: "a", is: "" }, RangeError);
  await refused({ user: "", is: "b" }, RangeError);
  await refused({ is: "b" }, TypeError);
  await refused({ user: "a", node: "b", is: "c" }, TypeError);
  await refused({ user: "a" }, TypeError);
});
