import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { askedOf, formatTotalsCursor, parseTotalsCursor } from "../../../src/inform/receive/totals-cursor.ts";

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test("a cursor is read as it was written", () => {
  const revisions = fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 2 ** 40 }), number), { selector: ([node]) => node })
    .map((pairs) => new Map(pairs.sort(([a], [b]) => a - b)));
  fc.assert(
    fc.property(fc.string(), number, revisions, (question, fullAt, nodes) => {
      const cursor = { asked: askedOf([question]), fullAt, revisions: nodes };
      assert.deepEqual(parseTotalsCursor(formatTotalsCursor(cursor)), cursor);
    }),
  );
});

test("what is no cursor is none, and never throws", () => {
  for (const text of ["", "abc", "a b", "é".repeat(20), "A".repeat(11)])
    assert.equal(parseTotalsCursor(text), undefined);
  // Its last number has no end.
  assert.equal(parseTotalsCursor(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80]).toString("base64url")), undefined);
  fc.assert(fc.property(fc.base64String(), (text) => void parseTotalsCursor(text)));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      parseTotalsCursor(Buffer.from(bytes).toString("base64url"));
    }),
  );
});

test("a cursor of a thousand nodes fits into an address", () => {
  const revisions = new Map(Array.from({ length: 1000 }, (_, at) => [at + 1, 1_000_000 + at]));
  assert.ok(formatTotalsCursor({ asked: askedOf([]), fullAt: 2e9, revisions }).length < 6000);
});
