import assert from "node:assert/strict";
import fc from "fast-check";
import { createLedger } from "../../src/ledger/ledger.ts";
import type { LedgerWrite, NewCounter, StoredCounter } from "../../src/ledger/store.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { ledgerTest } from "../support/ledger-stores.ts";

const names = ["alice", "bob", "nul\0", "é", "x".repeat(3000)].map(up);
const counter = fc.record({
  source: fc.constantFrom("core", "3x-ui", "z"),
  name: fc.constantFrom(...names),
  generation: fc.integer({ min: 0, max: 3 }),
});
const counters = fc.uniqueArray(counter, { selector: (each) => JSON.stringify(each), maxLength: 20 });

const sameCounter = (a: NewCounter, b: NewCounter): boolean =>
  a.source === b.source && a.name === b.name && a.generation === b.generation;

let runs = 0;

ledgerTest("what is looked up is what is found among all", async (place) => {
  const store = await place.openStore();
  await fc.assert(
    fc.asyncProperty(
      counters,
      counters,
      fc.array(fc.constantFrom(...names, up("nobody"))),
      fc.array(counter),
      async (own, others, named, wanted) => {
        const run = runs++;
        await store.write(async (tx) => {
          const { id: node } = await tx.ownNode(`node ${run}`);
          const { id: other } = await tx.ownNode(`other ${run}`);
          const ids = await tx.addCounters(node, own);
          await showAll(tx, other, await tx.addCounters(other, others));
          const odd = ids.filter((id) => id % 2 === 1);
          await showAll(tx, node, odd);
          await tx.setMissing(node, odd.slice(0, 1), 5);
          await tx.addUsage(node, 1, { quarter: 7, counters: odd, bytes: odd.map(BigInt) });

          const all = await tx.counters(node);
          const found = all.filter(({ name }) => named.includes(name));
          assert.deepEqual(await tx.countersNamed(node, named), found);
          const idOf = (each: NewCounter): number | undefined =>
            all.find((kept: StoredCounter) => sameCounter(kept, each))?.id;
          assert.deepEqual(await tx.counterIds(node, wanted), wanted.map(idOf));
          const some = ids.slice(0, 4);
          const shown = (await tx.raws(node)).filter((raw) => some.includes(raw.counter));
          assert.deepEqual(await tx.raws(node, some), shown);
          const bytes = some.map((id) => (odd.includes(id) ? BigInt(id) : 0n));
          assert.deepEqual(await tx.usageOf(node, 7, some), bytes);
        });
      },
    ),
    { numRuns: 50 },
  );
});

async function showAll(tx: LedgerWrite, node: number, ids: readonly number[]): Promise<void> {
  await tx.setRaws(node, ids, ids.map(BigInt));
}

ledgerTest("a new generation and an unproven record look at the counters that matter alone", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger({
    read: (work) => store.read((tx) => work(narrow(tx as LedgerWrite))),
    write: (work) => store.write((tx) => work(narrow(tx))),
    close: () => store.close(),
  });
  await using writer = await createLedger(store).claim("node");
  await writer.record(readingHere(0, Object.fromEntries(names.map((name) => [name, 1n]))));
  const signed = { reason: "made anew", author: "panel" };
  assert.equal((await ledger.newGeneration({ user: "alice", ...signed })).length, 1);
  const deltas = new Map([[up("alice"), 5n]]);
  const { bytes } = await ledger.recordUnproven({ node: "node", source: "3x-ui", takenAt: new Date(), deltas });
  assert.equal(bytes, 5n);
});

/** A transaction in which nobody may ask for all there is of a node. */
function narrow(tx: LedgerWrite): LedgerWrite {
  return new Proxy(tx, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...values: unknown[]) => {
        if (key === "counters") assert.fail("all counters of the node were asked for");
        if (key === "raws") assert.notEqual(values[1], undefined, "all that its counters show was asked for");
        return value.apply(target, values);
      };
    },
  });
}
