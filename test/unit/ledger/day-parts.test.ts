import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packParts, quartersHeld, quartersOfDay, sumParts, unpackParts } from "../../../src/ledger/day-parts.ts";

const quarter = fc.integer({ min: 0, max: quartersOfDay - 1 });
const edges = [0n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n, 2n ** 63n - 1n];
const bytes = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.constantFrom(...edges));
const parts = fc.uniqueArray(fc.tuple(quarter, bytes), { selector: ([at]) => at }).map((list) => new Map(list));

test("parts of a day are read as they were packed, whole or summed", () => {
  fc.assert(
    fc.property(parts, quarter, fc.integer({ min: 0, max: quartersOfDay }), (day, from, to) => {
      const packed = packParts(day);
      const sorted = [...day].sort(([a], [b]) => a - b);
      assert.deepEqual([...unpackParts(packed)], sorted);
      assert.deepEqual(
        quartersHeld(packed),
        sorted.map(([at]) => at),
      );
      const inside = sorted.filter(([at]) => at >= from && at < to);
      const sum = inside.reduce((total, [, each]) => total + each, 0n);
      const twice = { parts: Uint8Array.from([...packed, ...packed]), lengths: [packed.length, packed.length] };
      assert.deepEqual(sumParts(twice, from, to).map(BigInt), [sum, sum]);
    }),
    { numRuns: 500 },
  );
});

test("many large parts of a day are summed exactly", () => {
  const day = new Map(Array.from({ length: quartersOfDay }, (_, at) => [at, 2n ** 49n - 1n - BigInt(at)]));
  const sum = [...day.values()].reduce((total, each) => total + each, 0n);
  const parts = packParts(day);
  assert.deepEqual(sumParts({ parts, lengths: [parts.length] }, 0, quartersOfDay), [sum]);
});
