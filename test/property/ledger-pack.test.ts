import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLedger } from "../../src/ledger/ledger.ts";
import { quarterStart } from "../../src/ledger/quarter.ts";
import { monthOf, packedRange } from "../../src/ledger/sum-range.ts";
import type { UsageAnswer } from "../../src/usage/usage-answer.ts";
import type { UsageBucket } from "../../src/usage/usage-query.ts";
import { addQuarters, type StoredQuarter } from "../support/ledger-answers.ts";
import { up } from "../support/ledger-session.ts";
import { ledgerKinds } from "../support/ledger-stores.ts";

test("few packed rows cover a range exactly", () => {
  // Around the ends of months of all lengths, a leap day among them.
  const start = fc.integer({ min: 0, max: 3 * 365 * 96 }).map((at) => Date.UTC(2023, 0) / 900_000 + at);
  const length = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100 * 96 }));
  const check = (from: number, size: number): void => {
    const to = from + size;
    const { wholes, parts } = packedRange(from, to);
    const covered = new Map<number, number>();
    const cover = (day: number, first: number, end: number, sign: number): void => {
      for (let at = day * 96 + first; at < day * 96 + end; at++) covered.set(at, (covered.get(at) ?? 0) + sign);
    };
    for (const { of, from: first, to: end, sign } of wholes) {
      if (of === "days") for (let day = first; day < end; day++) cover(day, 0, 96, sign);
      else {
        assert.equal(of, "months");
        const days = [Date.UTC(1970, first) / 86_400_000, Date.UTC(1970, end) / 86_400_000] as const;
        for (let day = days[0]; day < days[1]; day++) {
          assert.ok(monthOf(day) >= first && monthOf(day) < end);
          cover(day, 0, 96, sign);
        }
      }
    }
    for (const { day, from: first, to: end, sign } of parts) cover(day, first, end, sign);
    const once = [...covered].filter(([, times]) => times !== 0);
    assert.ok(once.every(([quarter, times]) => times === 1 && quarter >= from && quarter < to));
    assert.equal(once.length, size);
    assert.ok(parts.length <= 2);
  };
  fc.assert(fc.property(start, length, check), { numRuns: 300 });
});

const zones = [
  ...["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"],
  ...["Pacific/Chatham", "America/St_Johns", "America/Havana", "Atlantic/Azores", "Africa/Casablanca", "Pacific/Apia"],
];

/** Around the clock changes of both hemispheres, and of Ramadan. */
const middles = ["2024-03-10", "2024-03-31", "2024-04-07", "2024-10-06", "2024-11-03"];

interface Step {
  readonly rows: readonly StoredQuarter[];
  /** Then days before this many from the middle are packed. */
  readonly packBefore: number;
}

const history = fc.constantFrom(...middles).chain((date) => {
  const middle = Date.parse(date) / 900_000;
  const row = fc.record({
    node: fc.constantFrom("n", "m"),
    counter: fc.constantFrom(up("alice"), up("bob")),
    quarter: fc.oneof(
      fc.integer({ min: middle - 3 * 96, max: middle + 3 * 96 }),
      fc.integer({ min: middle - 45 * 96, max: middle + 45 * 96 }),
    ),
    bytes: fc.bigInt({ min: 1n, max: 2n ** 50n }),
    source: fc.constantFrom("core", "core", "core", "panel"),
  });
  const step = fc.record({
    rows: fc.array(row, { minLength: 1, maxLength: 15 }),
    packBefore: fc.integer({ min: -50, max: 50 }),
  });
  return fc.record({
    middle: fc.constant(middle),
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    zone: fc.constantFrom(...zones),
    bucket: fc.constantFrom<UsageBucket>("quarter", "hour", "day", "week", "month"),
  });
});

for (const { kind, place } of ledgerKinds) {
  test(`packing changes no answer, whatever comes late (${kind})`, async () => {
    const check = async ({
      middle,
      steps,
      zone,
      bucket,
    }: {
      readonly middle: number;
      readonly steps: readonly Step[];
      readonly zone: string;
      readonly bucket: UsageBucket;
    }): Promise<void> => {
      await using packed = place();
      await using plain = place();
      const [store, plainStore] = [await packed.openStore(), await plain.openStore()];
      const [ledger, expected] = [createLedger(store), createLedger(plainStore)];
      const days = bucket === "quarter" || bucket === "hour" ? 3 : 40;
      const ask = (of: typeof ledger): Promise<UsageAnswer> =>
        of.usage({
          by: [bucket, "node", "user", "source"],
          timeZone: zone,
          from: quarterStart(middle - days * 96 + 1),
          to: quarterStart(middle + days * 96 - 1),
        });
      for (const { rows, packBefore } of steps) {
        await addQuarters(store, rows);
        await addQuarters(plainStore, rows);
        const before = quarterStart(middle + packBefore * 96);
        await ledger.pack({ before });
        assert.deepEqual(await ask(ledger), await ask(expected));
        assert.equal(await ledger.pack({ before }), 0);
      }
      assert.deepEqual(await ask(ledger), await ask(expected));
      assert.equal((await ledger.totals()).total, (await expected.totals()).total);
    };
    await fc.assert(fc.asyncProperty(history, check), {
      numRuns: kind === "memory" ? 300 : kind === "sqlite" ? 40 : 5,
    });
  });
}
