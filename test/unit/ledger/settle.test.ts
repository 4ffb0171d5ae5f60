import assert from "node:assert/strict";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { entriesOf } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { readingHere, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";

const [a, b] = [up("alice"), up("bob")];
const signed = { reason: "the log says so", author: "ops" };

/** Gaps of each kind that matters, by cause. */
async function withGaps(ledger: Ledger): Promise<Map<string, string>> {
  await using writer = await ledger.claim("n");
  await writer.record(readingHere(0, { [a]: 10n, [b]: 10n }));
  await writer.record(readingHere(10, { [a]: 4n, [b]: 12n }));
  await writer.record(readingHere(30, { [a]: 1n }, { up: 5, allocated: 5n }));
  return new Map((await ledger.gaps()).map(({ cause, id }) => [cause, id]));
}

async function settled(place: LedgerPlace): Promise<unknown[]> {
  return (await entriesOf(place, "settle")).map(({ id, node, from, to, body }) => [id, node, from, to, body]);
}

ledgerTest("a gap is settled by an entry with its window, once", async (place) => {
  await using ledger = await place.open();
  const gap = (await withGaps(ledger)).get("foreign-reset") as string;
  const id = await ledger.settle(gap, { as: "restart", ...signed });
  const [stored] = (await entriesOf(place, "gap")).filter((each) => each.id === gap);
  const expected = [[id, "", stored?.from, stored?.to, { gap, as: "restart", ...signed }]];
  assert.deepEqual(await settled(place), expected);
  for (const as of ["restart", "nothing-lost"] as const)
    await expectLedgerError(ledger.settle(gap, { as, ...signed }), "settled");
  assert.deepEqual(await settled(place), expected);
});

ledgerTest("of two who settle one gap at once one is refused", async (place) => {
  await using ledger = await place.open();
  await using other = await place.open();
  const gap = (await withGaps(ledger)).get("first-sight") as string;
  const both = await Promise.allSettled([
    ledger.settle(gap, { as: "nothing-lost", ...signed }),
    other.settle(gap, { as: "nothing-lost", ...signed }),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal((await settled(place)).length, 1);
});

ledgerTest("only a gap that may have been a restart, with a bound, is settled as one", async (place) => {
  await using ledger = await place.open();
  const gaps = await withGaps(ledger);
  for (const cause of ["first-sight", "core-restart"]) {
    const gap = gaps.get(cause) as string;
    const error = await expectLedgerError(ledger.settle(gap, { as: "restart", ...signed }), "not-settleable");
    assert.match(error.message, new RegExp(cause));
    await ledger.settle(gap, { as: "nothing-lost", ...signed });
  }
  const store = await place.openStore();
  const body = JSON.stringify({ cause: "uncertain-restart", from: 1, bound: "unknown" });
  await store.write(async (tx) => {
    const { id: node } = await tx.ownNode("n");
    await tx.addEntries(9, [{ id: "unbound", node, kind: "gap", at: 1, from: 1, to: 2, body }]);
  });
  await expectLedgerError(ledger.settle("unbound", { as: "restart", ...signed }), "not-settleable");
});

ledgerTest("what is no gap is refused", async (place) => {
  await using ledger = await place.open();
  await expectLedgerError(ledger.settle("nothing", { as: "nothing-lost", ...signed }), "unknown-gap");
  const adjustment = await ledger.adjust({ user: "alice", bytes: 1n, ...signed });
  await expectLedgerError(ledger.settle(adjustment, { as: "nothing-lost", ...signed }), "unknown-gap");
  await ledger.close();
  await assert.rejects(ledger.settle("", { as: "nothing-lost", ...signed }), RangeError);
  await assert.rejects(ledger.settle("x", { as: "lost" as "restart", ...signed }), RangeError);
  await assert.rejects(ledger.settle("x", { as: "restart", ...signed, author: "" }), RangeError);
});
