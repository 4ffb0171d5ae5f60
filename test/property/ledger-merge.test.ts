import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LedgerChanges } from "../../src/ledger/exchange/changes.ts";
import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../src/ledger/memory/memory-store.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import { bytesIn, push, QuarterWriter, revisionsIn } from "../support/ledger-exchange.ts";
import { ledgerKinds } from "../support/ledger-stores.ts";

const day = 20_000;

/** Ledgers by number: 0 and 1 send to 3, which sends to 4; 2 sends to 4. Only 0 to 2 record. */
const ways = [
  [0, 3],
  [1, 3],
  [3, 4],
  [2, 4],
] as const;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("traffic" as const),
      ledger: fc.nat(2),
      node: fc.nat(1),
      counter: fc.nat(2),
      quarter: fc.nat(2),
      day: fc.nat(1),
      bytes: fc.integer({ min: 1, max: 1000 }),
    }),
  },
  fc.record({ kind: fc.constant("pack" as const), ledger: fc.nat(4), days: fc.integer({ min: 1, max: 2 }) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("push" as const),
      way: fc.nat(ways.length - 1),
      limit: fc.integer({ min: 1, max: 6 }),
      /** Which message is lost, and which answer. */
      loses: fc.option(fc.nat(4)),
      unheard: fc.option(fc.nat(4)),
      careless: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("late" as const), message: fc.nat(), to: fc.nat() }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Fleet {
  readonly stores: readonly LedgerStore[];
  readonly ledgers: readonly Ledger[];
}

async function play({ stores, ledgers }: Fleet, steps: readonly Step[]): Promise<void> {
  const writers = stores.map((store) => new QuarterWriter(store));
  const truth = new Map<string, bigint>();
  const sent: { readonly to: number; readonly changes: LedgerChanges }[] = [];
  for (const each of steps) {
    if (each.kind === "traffic") {
      const node = `node-${each.ledger}-${each.node}`;
      const quarter = (day + each.day) * 96 + each.quarter;
      const bytes = BigInt(each.bytes);
      await writers[each.ledger]?.book(node, `c${each.counter}`, quarter, bytes);
      const key = `${node} c${each.counter} ${quarter}`;
      truth.set(key, (truth.get(key) ?? 0n) + bytes);
    } else if (each.kind === "pack") {
      await ledgers[each.ledger]?.pack({ before: new Date((day + each.days) * 86_400_000) });
    } else if (each.kind === "push") {
      const [from, to] = ways[each.way] as (typeof ways)[number];
      let arrived = 0;
      let answered = 0;
      const weather = {
        arrives: () => arrived++ !== each.loses,
        answered: () => answered++ !== each.unheard,
        careless: each.careless,
      };
      const done = await push(ledgers[from] as Ledger, ledgers[to] as Ledger, { limit: each.limit, weather });
      sent.push(...done.sent.map((changes) => ({ to, changes })));
    } else if (sent.length > 0) {
      const { to, changes } = sent[each.message % sent.length] as (typeof sent)[number];
      await ledgers[to]?.merge(changes);
    }
  }
  for (const [from, to] of ways) {
    const { done, results } = await push(ledgers[from] as Ledger, ledgers[to] as Ledger, { limit: 3 });
    assert.ok(done);
    for (const node of results.flatMap((result) => result.nodes)) assert.equal(node.refused, undefined);
  }
  const expected = new Map([...truth].sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.deepEqual(await bytesIn(stores[4] as LedgerStore), expected);
  const before = await revisionsIn(stores[4] as LedgerStore);
  for (const { to, changes } of sent) await ledgers[to]?.merge(changes);
  for (const [from, to] of ways) await push(ledgers[from] as Ledger, ledgers[to] as Ledger);
  assert.deepEqual(await bytesIn(stores[4] as LedgerStore), expected);
  assert.deepEqual(await revisionsIn(stores[4] as LedgerStore), before, "what is not new makes no revision");
}

test("every byte arrives once through loss, repetition, shuffling, packing and a hub in between (memory)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const stores = Array.from({ length: 5 }, () => openMemoryStore());
      await play({ stores, ledgers: stores.map(createLedger) }, steps);
    }),
    { numRuns: 300 },
  );
});

for (const { kind, place } of ledgerKinds.filter(({ kind }) => kind !== "memory"))
  test(`every byte arrives once through loss, repetition, shuffling, packing and a hub in between (${kind})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        const places = Array.from({ length: 5 }, place);
        const stores = await Promise.all(places.map((each) => each.openStore()));
        await play({ stores, ledgers: stores.map(createLedger) }, steps);
        for (const each of places) await each[Symbol.asyncDispose]();
      }),
      { numRuns: kind === "sqlite" ? 15 : 6 },
    );
  });
