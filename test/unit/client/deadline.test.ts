import assert from "node:assert/strict";
import { test } from "node:test";
import { startDeadline } from "../../../src/client/deadline.ts";

test("startDeadline counts down from the call's own limit, or else the client's", (t) => {
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const { signal } = new AbortController();
  const own = startDeadline({ timeoutMs: 500, signal }, 10_000);
  const general = startDeadline({}, 10_000);
  assert.deepEqual([own.timeoutMs, own.remainingMs(), own.signal], [500, 500, signal]);
  assert.deepEqual([general.timeoutMs, general.remainingMs(), general.signal], [10_000, 10_000, undefined]);
  now = 1400;
  assert.equal(own.remainingMs(), 100);
  now = 99_000;
  assert.equal(own.remainingMs(), 1);
  assert.equal(own.timeoutMs, 500);
});

test("startDeadline refuses a limit that is not above zero, and holds others to what a timer can", () => {
  for (const timeoutMs of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY]) {
    assert.throws(() => startDeadline({ timeoutMs }, 10_000), RangeError);
  }
  assert.equal(startDeadline({ timeoutMs: Number.POSITIVE_INFINITY }, 1).timeoutMs, 2 ** 31 - 1);
  assert.equal(startDeadline({ timeoutMs: 0.5 }, 1).timeoutMs, 0.5);
});

test("startDeadline of an aborted signal throws its reason; of a wrong limit, the RangeError first", () => {
  const reason = { why: "closing" };
  const signal = AbortSignal.abort(reason);
  assert.throws(
    () => startDeadline({ signal }, 10_000),
    (error) => error === reason,
  );
  assert.throws(() => startDeadline({ signal, timeoutMs: 0 }, 10_000), RangeError);
});

test("startDeadline refuses what is no object", () => {
  for (const options of ["user", 5, null]) assert.throws(() => startDeadline(options as never, 1000), TypeError);
});
