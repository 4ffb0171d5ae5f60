import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ascendingPlaces } from "../../../src/ledger/ascending-places.ts";

test("places come in the order of their ids, without zeros", () => {
  const largest = 2 ** 31 - 1;
  const id = fc.oneof(fc.constant(0), fc.nat(largest), fc.constant(largest));
  fc.assert(
    fc.property(fc.array(id), (ids) => {
      const expected = ids
        .map((each, at) => [each, at] as const)
        .filter(([each]) => each !== 0)
        .sort(([a, atA], [b, atB]) => a - b || atA - atB);
      assert.deepEqual(
        [...ascendingPlaces(ids)],
        expected.map(([, at]) => at),
      );
    }),
  );
});

test("so many that a number cannot hold id and place are in order as well", () => {
  const count = 2 ** 22 + 1;
  const ids = Array.from({ length: count }, (_, at) => 2 ** 31 - 1 - at);
  const order = ascendingPlaces(ids);
  assert.equal(order.length, count);
  assert.ok(order.every((place, at) => place === count - 1 - at));
});
