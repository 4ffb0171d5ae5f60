import assert from "node:assert/strict";
import { test } from "node:test";
import { assertTimerMs, longestTimerMs, timerMs } from "../../../src/internal/timer-ms.ts";

test("a time that no timer holds is refused by its name", () => {
  assertTimerMs({ intervalMs: 0.5, timeoutMs: longestTimerMs });
  for (const ms of [0, -1, longestTimerMs + 1, Number.POSITIVE_INFINITY, Number.NaN, "5" as unknown as number])
    assert.throws(() => assertTimerMs({ intervalMs: 1, timeoutMs: ms }), {
      name: "RangeError",
      message: `timeoutMs must be above zero and 2147483647 ms at most, not ${ms}`,
    });
});

test("a limit is as long as a timer holds", () => {
  assert.equal(timerMs("timeoutMs", 5), 5);
  assert.equal(timerMs("timeoutMs", Number.POSITIVE_INFINITY), longestTimerMs);
  for (const ms of [0, -1, Number.NaN, "5" as unknown as number])
    assert.throws(() => timerMs("maxAgeMs", ms), {
      name: "RangeError",
      message: `maxAgeMs must be above zero, not ${ms}`,
    });
});
