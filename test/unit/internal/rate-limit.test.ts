import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRateLimit } from "../../../src/internal/rate-limit.ts";

test("a burst, then as many as the rate gives, and the wait it names is enough and no more", () => {
  let clock = 0;
  const limit = createRateLimit({ perSecond: 2, burst: 3, now: () => clock });
  for (let each = 0; each < 3; each++) assert.deepEqual(limit.take("a"), { allowed: true, retryAfterMs: 0 });
  assert.deepEqual(limit.take("a"), { allowed: false, retryAfterMs: 500 });
  assert.equal(limit.take("b").allowed, true, "each key has its own");
  clock = 499;
  assert.deepEqual(limit.take("a"), { allowed: false, retryAfterMs: 1 });
  clock = 500;
  assert.equal(limit.take("a").allowed, true);
  assert.equal(limit.take("a").allowed, false);
  clock = 1e9;
  assert.deepEqual(
    Array.from({ length: 4 }, () => limit.take("a").allowed),
    [true, true, true, false],
  );
});

test("a burst is whole at any time and rate, also where a token takes a fraction of a millisecond", () => {
  for (const perSecond of [1 / 60, 5 / 60, 0.7, 7, 600])
    for (const burst of [1, 7, 10, 600])
      for (const now of [0, 12_345.678_901, 2 ** 33 + 0.1]) {
        const limit = createRateLimit({ perSecond, burst, now: () => now });
        const allowed = Array.from({ length: burst + 1 }, () => limit.take("a").allowed);
        assert.equal(allowed.filter(Boolean).length, burst, `${perSecond} ${burst} ${now}`);
      }
});

test("never more than burst and rate allow, over any stretch", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3000 })), fc.integer({ min: 1, max: 5 }), (steps, burst) => {
      let clock = 0;
      const limit = createRateLimit({ perSecond: 1, burst, now: () => clock });
      const taken: number[] = [];
      for (const step of steps) {
        clock += step;
        if (limit.take("a").allowed) taken.push(clock);
      }
      for (const [from, start] of taken.entries()) {
        for (const [to, end] of taken.entries()) {
          if (to >= from) assert.ok(to - from + 1 <= burst + (end - start) / 1000 + 1e-6);
        }
      }
    }),
  );
});

test("keys are bounded: the one not heard of for longest is forgotten", () => {
  const limit = createRateLimit({ perSecond: 1, burst: 1, maxKeys: 3, now: () => 0 });
  for (const key of ["a", "b", "c", "a", "d"]) limit.take(key);
  assert.equal(limit.size, 3);
  assert.equal(limit.take("a").allowed, false);
  assert.equal(limit.take("b").allowed, true, "forgotten");
  for (let each = 0; each < 1000; each++) limit.take(`key ${each}`);
  assert.equal(limit.size, 3);
});

test("numbers that make no limit are refused", () => {
  for (const perSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createRateLimit({ perSecond, burst: 1 }), RangeError);
  }
  for (const burst of [0, 0.5, Number.NaN]) assert.throws(() => createRateLimit({ perSecond: 1, burst }), RangeError);
  assert.throws(() => createRateLimit({ perSecond: 1, burst: 1, maxKeys: 0 }), RangeError);
});
