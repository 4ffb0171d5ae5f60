import assert from "node:assert/strict";
import { createLedger, type Ledger } from "../../../src/ledger/ledger.ts";
import { type FaultPoint, type FaultyStore, faultyStore, InjectedFault } from "../../support/ledger-faults.ts";
import { readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";
import { bookQuarters } from "../../support/ledger-usage.ts";
import type { ReadingOptions } from "../snapshot/reading.ts";

const [a, b, c] = ["alice", "bob", "carol"].map(up) as [string, string, string];

/** Everything that can happen to counters, one reading each. */
const script: readonly (readonly [at: number, counters: Record<string, bigint>, options?: ReadingOptions])[] = [
  [0, { [a]: 10n, [b]: 20n }],
  [10, { [a]: 15n, [b]: 20n, [c]: 1n }],
  [1000, { [a]: 16n, [c]: 2n }],
  [1010, { [a]: 17n, [b]: 21n, [c]: 2n }],
  [1020, { [a]: 3n, [b]: 0n, [c]: 5n }],
  [1030, { [b]: 6n, [c]: 5n }],
  [1040, { [a]: 1n, [b]: 6n, [c]: 5n }],
  [1060, { [a]: 8n, [b]: 1n }, { up: 5, allocated: 5n }],
  [1070, { [a]: 9n, [b]: 2n, [c]: 3n }, { up: 15, allocated: 6n }],
];

interface Kept {
  readonly usage: unknown;
  readonly gaps: readonly string[];
}

async function kept(ledger: Ledger, node: string): Promise<Kept> {
  const gaps = await ledger.gaps({ node });
  const { rows: usage } = await ledger.usage({ node, by: ["quarter", "user"] });
  return { usage, gaps: gaps.map(({ cause, from, to }) => `${cause} ${from?.toISOString()} ${to.toISOString()}`) };
}

/**
 * Records the script for a node. At one reading the store fails, and the core is read once more, a moment later.
 *
 * @returns Whether the store failed, and what the ledger holds in the end.
 */
async function run(
  faulty: FaultyStore,
  node: string,
  failing?: { readonly reading: number; readonly point: FaultPoint },
): Promise<{ readonly failed: boolean; readonly end: Kept }> {
  const ledger = createLedger(faulty.store);
  await using writer = await ledger.claim(node);
  let failed = false;
  for (const [index, [at, counters, options]] of script.entries()) {
    if (index !== failing?.reading) {
      await writer.record(readingHere(at, counters, options));
      continue;
    }
    const before = await kept(ledger, node);
    faulty.arm(failing.point);
    const outcome = await writer.record(readingHere(at, counters, options)).catch((error: unknown) => error);
    const { committed } = faulty;
    failed = faulty.failed;
    faulty.arm(undefined);
    if (!failed) continue;
    assert.ok(outcome instanceof InjectedFault, String(outcome));
    if (!committed) assert.deepEqual(await kept(ledger, node), before, "a failed reading leaves nothing behind");
    const again = await writer.record(readingHere(at + 0.1, counters, options));
    if (committed) assert.deepEqual([again.bytes, again.gaps], [0n, []], "what was booked is not booked again");
  }
  return { failed, end: await kept(ledger, node) };
}

const causes = ({ gaps }: Kept): string[] => gaps.map((gap) => gap.split(" ")[0] as string);

ledgerTest("a reading may fail at each step of the store, and the next one books the rest", async (place) => {
  const faulty = faultyStore(await place.openStore());
  const { end: expected } = await run(faulty, "undisturbed");
  assert.deepEqual(causes(expected).sort(), ["core-restart", "counter-lost", "first-sight", "foreign-reset"]);
  let runs = 0;
  for (const reading of script.keys()) {
    for (const after of [false, true]) {
      for (let step = 0; ; step++) {
        const { failed, end } = await run(faulty, `node ${runs++}`, { reading, point: { step, after } });
        assert.deepEqual(end.usage, expected.usage, `reading ${reading} failing at step ${step}, after: ${after}`);
        assert.deepEqual(causes(end), causes(expected));
        if (!failed) break;
      }
    }
  }
  assert.ok(runs > 100, String(runs));
});

ledgerTest(
  "a claim, a sign of life and a release may fail at each step of the store, and be tried again",
  async (place) => {
    const faulty = faultyStore(await place.openStore());
    const ledger = createLedger(faulty.store);
    /** Lets a call fail at each of its steps, and gives what it gave in the end. */
    const stubborn = async <Result>(after: boolean, call: () => Promise<Result>): Promise<Result> => {
      for (let step = 0; ; step++) {
        faulty.arm({ step, after });
        const outcome = await call().catch((error: unknown) => error);
        const { failed } = faulty;
        faulty.arm(undefined);
        if (!failed) return outcome as Result;
        assert.ok(outcome instanceof InjectedFault, String(outcome));
      }
    };
    for (const after of [false, true]) {
      const node = `node ${after}`;
      // Whose claim was won unheard is a living process: this one.
      const writer = await stubborn(after, () => ledger.claim(node, { whenHeld: "take" }));
      await stubborn(after, () => writer.heartbeat());
      await writer.record(readingHere(0, {}));
      await stubborn(after, () => writer.release());
      await (await ledger.claim(node, { whenHeld: "fail" })).release();
    }
  },
);

ledgerTest(
  "packing may fail at each step of the store; answers stay, and the next call packs the rest",
  async (place) => {
    const faulty = faultyStore(await place.openStore());
    const ledger = createLedger(faulty.store);
    const day = 20_000 * 96;
    const quarters = [day, day + 1, day + 95, day + 96];
    let failures = 0;
    for (const after of [false, true]) {
      const rows = [a, b].flatMap((counter, index) =>
        quarters.map((quarter, at) => ({
          node: `packed ${after}`,
          counter,
          quarter,
          bytes: 10n ** BigInt(index * 4 + at),
        })),
      );
      await bookQuarters(faulty.store, rows);
      const before = await ledger.usage({ by: ["quarter", "user"] });
      for (let step = 0; ; step++) {
        faulty.arm({ step, after });
        const outcome = await ledger.pack().catch((error: unknown) => error);
        const { failed } = faulty;
        faulty.arm(undefined);
        assert.deepEqual(await ledger.usage({ by: ["quarter", "user"] }), before, `step ${step}, after: ${after}`);
        if (!failed) break;
        assert.ok(outcome instanceof InjectedFault, String(outcome));
        failures++;
      }
      assert.equal(await ledger.pack(), 0);
    }
    assert.ok(failures > 20, String(failures));
  },
);
