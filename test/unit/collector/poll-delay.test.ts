import assert from "node:assert/strict";
import { test } from "node:test";
import { pollDelay } from "../../../src/collector/poll-delay.ts";

const pace = { intervalMs: 1000, jitter: 0, maxBackoffMs: 30_000 };

test("pauses double with each failure up to the longest", () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 7, 5000].map((failures) => pollDelay(pace, failures, 0));
  assert.deepEqual(delays, [1000, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("a failing node is never polled more often than a good one", () => {
  assert.equal(pollDelay({ ...pace, intervalMs: 60_000 }, 9, 0), 60_000);
});

test("chance shortens a pause by the jitter at most", () => {
  assert.equal(pollDelay({ ...pace, jitter: 0.1 }, 0, 0.5), 950);
  assert.equal(pollDelay({ ...pace, jitter: 0.1 }, 9, 1), 27_000);
});
