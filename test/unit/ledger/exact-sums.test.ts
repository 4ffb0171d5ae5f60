import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ExactSums, exactBytes } from "../../../src/ledger/exact-sums.ts";

const places = 3;
const edges = [0n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n];
const bytes = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.constantFrom(...edges));
const moved = fc.tuple(fc.nat({ max: places - 1 }), bytes, fc.boolean());

test("sums are exact whatever is added and taken away, as numbers or as bigints", () => {
  fc.assert(
    fc.property(fc.array(moved, { maxLength: 30 }), (list) => {
      const sums = new ExactSums(places);
      const expected = Array<bigint>(places).fill(0n);
      for (const [at, each, away] of list) {
        const signed = away ? -each : each;
        sums.add(at, each < 2n ** 53n ? Number(signed) : signed);
        expected[at] = (expected[at] as bigint) + signed;
      }
      assert.deepEqual(
        expected.map((_, at) => sums.get(at)),
        expected,
      );
    }),
  );
});

test("bytes of JSON are exact, as numbers or as texts", () => {
  assert.deepEqual(exactBytes(JSON.parse('[5, "9007199254740993"]')), [5, 9_007_199_254_740_993n]);
});
