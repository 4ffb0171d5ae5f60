import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CounterPlaces } from "../../../src/ledger/answer/counter-places.ts";

test("counters are found in any order, and those that are not there are not", () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 60 })).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(ids, fc.array(fc.integer({ min: 0, max: 61 })), (known, asked) => {
      const places = new CounterPlaces();
      for (const id of known) places.add(id, id * 2);
      for (const id of [...known, ...asked, ...known])
        assert.equal(places.get(id), known.includes(id) ? id * 2 : undefined);
    }),
  );
});
