import assert from "node:assert/strict";
import { entriesOf } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const signed = { reason: "a test machine", author: "ops" };

ledgerTest("rows of another ledger, or of one of its nodes, are retracted by an entry", async (place) => {
  await using ledger = await place.open();
  const store = await place.openStore();
  await store.write((tx) => tx.nodeOf("other-ledger", "fra-1").then(() => undefined));
  const ids = [
    await ledger.retract({ ledger: "other-ledger", ...signed }),
    await ledger.retract({ ledger: "other-ledger", node: "fra-1", ...signed }),
  ];
  const entries = await entriesOf(place, "retract");
  const bodyOf = new Map(entries.map(({ id, body }) => [id, body]));
  assert.deepEqual(bodyOf.get(ids[0] as string), { ledger: "other-ledger", ...signed });
  assert.deepEqual(bodyOf.get(ids[1] as string), { ledger: "other-ledger", node: "fra-1", ...signed });
  for (const { node, from, to } of entries) assert.deepEqual([node, from, to], ["", -8.64e15, 8.64e15]);
});

ledgerTest("a ledger or a node from which nothing came is refused", async (place) => {
  await using ledger = await place.open();
  const store = await place.openStore();
  await store.write((tx) => tx.nodeOf("other-ledger", "fra-1").then(() => undefined));
  await expectLedgerError(ledger.retract({ ledger: "other", ...signed }), "unknown-ledger");
  const error = await expectLedgerError(
    ledger.retract({ ledger: "other-ledger", node: "fra-2", ...signed }),
    "unknown-ledger",
  );
  assert.match(error.message, /fra-2/);
  assert.deepEqual(await entriesOf(place, "retract"), []);
  await ledger.close();
  await assert.rejects(ledger.retract({ ledger: "", ...signed }), RangeError);
  await assert.rejects(ledger.retract({ ledger: "x", node: "", ...signed }), RangeError);
  await assert.rejects(ledger.retract({ ledger: "x", ...signed, reason: "" }), RangeError);
});
