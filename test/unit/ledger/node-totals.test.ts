import assert from "node:assert/strict";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { readNodeTotals } from "../../../src/ledger/node-totals.ts";
import { QuarterWriter } from "../../support/ledger-exchange.ts";
import { down, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const quarter = 1_900_000;

ledgerTest("a node's totals are what its core counted, packed or not, and nothing else", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger(store);
  const writer = new QuarterWriter(store);
  assert.deepEqual(await readNodeTotals(ledger, "a"), { ledger: await ledger.id(), counters: [] });
  for (const day of [0, 1, 40]) await writer.book("a", up("alice"), quarter + day * 96, 5n);
  await ledger.pack();
  await writer.book("a", up("alice"), quarter + 40 * 96 + 1, 2n);
  await writer.book("a", down("bob"), quarter, 3n);
  await writer.book("b", up("alice"), quarter, 1000n);
  const deltas = [{ name: up("alice"), bytes: 500n }];
  await ledger.recordUnproven({ node: "a", source: "3x-ui", takenAt: new Date(), deltas });
  const signed = { reason: "test", author: "test" };
  await ledger.adjust({ user: "alice", bytes: -3n, ...signed });
  await ledger.alias({ user: "alice", is: "bob", ...signed });
  const { counters } = await readNodeTotals(ledger, "a");
  assert.deepEqual(counters.map(({ name, bytes }) => [name, bytes]).sort(), [
    [up("alice"), 17n],
    [down("bob"), 3n],
  ]);
  await ledger.erase({ user: "alice", ...signed });
  const erased = (await readNodeTotals(ledger, "a")).counters;
  const total = (id: number | undefined): bigint | undefined => erased.find((each) => each.id === id)?.bytes;
  assert.equal(total(counters.find(({ name }) => name === up("alice"))?.id), 17n, "an id stays with its bytes");
});
