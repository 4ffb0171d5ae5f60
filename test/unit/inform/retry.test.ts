import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRetryAfter } from "../../../src/http/retry-after.ts";
import { backoffMs } from "../../../src/inform/send/backoff.ts";
import { classifyStatus } from "../../../src/inform/send/classify-status.ts";

const now = new Date("2026-06-01T12:00:00Z");

test("Retry-After in seconds and as a date, capped", () => {
  const cases: readonly (readonly [string | null | undefined, number | undefined])[] = [
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7000],
    ["3601", 3_601_000],
    ["9".repeat(400), 604_800_000],
    ["Mon, 01 Jun 2026 12:00:30 GMT", 30_000],
    ["Mon, 01 Jun 2026 11:00:00 GMT", 0],
    ["Tue, 01 Jun 2027 12:00:00 GMT", 604_800_000],
    [null, undefined],
    [undefined, undefined],
    ["", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["2027", 2_027_000],
    ["2026-06-01T12:00:30Z", undefined],
    ["Mon, 99 Jun 2026 12:00:30 GMT", undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseRetryAfter(text, { now }), expected, String(text));
  assert.equal(parseRetryAfter("120", { now, longestMs: 5000 }), 5000);
});

test("pauses double to a limit, and vary within their upper half", () => {
  const pauses = (random: () => number) => [1, 2, 3, 7, 2000].map((failures) => backoffMs(failures, { random }));
  assert.deepEqual(
    pauses(() => 0),
    [500, 1000, 2000, 30_000, 30_000],
  );
  assert.deepEqual(
    pauses(() => 1 - 2 ** -53),
    [1000, 2000, 4000, 60_000, 60_000],
  );
  assert.equal(backoffMs(2, { firstMs: 10, longestMs: 15, random: () => 0 }), 8);
  for (const failures of [0, -1, 1.5, Number.NaN]) assert.throws(() => backoffMs(failures), RangeError);
});

test("never before the receiver's time, and not long after it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_600_000 }), fc.integer({ min: 1, max: 50 }), (retryAfterMs, failures) => {
      const pauseMs = backoffMs(failures, { retryAfterMs });
      assert.ok(pauseMs >= retryAfterMs && pauseMs <= retryAfterMs * 1.5 + 1);
    }),
  );
  assert.equal(backoffMs(1, { retryAfterMs: 0, random: () => 0 }), 500);
});

test("what a status means for the body", () => {
  const kinds = {
    accepted: [200, 201, 202, 204, 299],
    refused: [400, 413, 415, 422],
    authentication: [401, 403, 407],
    "wrong-address": [300, 301, 302, 303, 304, 307, 308, 404, 405, 410, 421],
    retry: [402, 406, 408, 409, 418, 423, 425, 429, 451, 500, 501, 502, 503, 504, 507, 599, 999],
  };
  for (const [kind, statuses] of Object.entries(kinds)) {
    for (const status of statuses) assert.equal(classifyStatus(status), kind, String(status));
  }
});
