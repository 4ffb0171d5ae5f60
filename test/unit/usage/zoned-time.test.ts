import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketBounds } from "../../../src/usage/buckets.ts";
import type { UsageBucket } from "../../../src/usage/usage-query.ts";
import { formatBucketStart, parseZonedTime } from "../../../src/usage/zoned-time.ts";

test("a date begins and a time is read in the zone, unless it has one of its own", () => {
  for (const [text, zone, instant] of [
    ["2026-03-29", "UTC", "2026-03-29T00:00:00.000Z"],
    ["2026-03-29", "Asia/Kolkata", "2026-03-28T18:30:00.000Z"],
    ["2026-03-29T01:30", "Asia/Kathmandu", "2026-03-28T19:45:00.000Z"],
    ["2026-03-29 01:30:15.5", "UTC", "2026-03-29T01:30:15.500Z"],
    ["2026-03-29T01:30Z", "Asia/Kolkata", "2026-03-29T01:30:00.000Z"],
    ["2026-03-29t01:30+05:45", "UTC", "2026-03-28T19:45:00.000Z"],
    ["2026-03-29T01:30:00-0300", "UTC", "2026-03-29T04:30:00.000Z"],
    // A time that the clock skips, and one that it shows twice.
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    // This day begins at one o'clock.
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
  ] as const) {
    assert.equal(parseZonedTime(text, zone).toISOString(), instant, `${text} ${zone}`);
  }
});

test("what is no time is refused", () => {
  for (const text of [
    "",
    "yesterday",
    "2026",
    "2026-02-30",
    "2026-13-01",
    "1767225600",
    "2026-01-01T25:00",
    "10:00",
    "2026-03-29T01:30[Asia/Tokyo]",
  ]) {
    assert.throws(() => parseZonedTime(text, "UTC"), { name: "RangeError", message: /^not a time: / }, text);
  }
});

test("buckets are named by the calendar of the zone", () => {
  const named = (bucket: UsageBucket, zone: string, at: string): string => {
    const [start] = bucketBounds(bucket, zone, new Date(at), new Date(at));
    return formatBucketStart(bucket, start as Date, zone);
  };
  assert.equal(named("month", "Asia/Kolkata", "2026-03-31T19:00Z"), "2026-04");
  assert.equal(named("week", "Asia/Kolkata", "2026-03-31T19:00Z"), "2026-03-30");
  assert.equal(named("day", "America/Sao_Paulo", "2018-11-04T12:00Z"), "2018-11-04");
  assert.equal(named("hour", "Asia/Kolkata", "2026-03-31T19:10Z"), "2026-04-01T00:00+05:30");
  assert.equal(named("quarter", "UTC", "2026-03-31T19:10Z"), "2026-03-31T19:00+00:00");
  // An hour that the clock shows twice has two names.
  assert.equal(named("hour", "Europe/Berlin", "2026-10-25T00:10Z"), "2026-10-25T02:00+02:00");
  assert.equal(named("hour", "Europe/Berlin", "2026-10-25T01:10Z"), "2026-10-25T02:00+01:00");
});

test("an hour ends where the clock is set in its middle, wherever the question begins", () => {
  for (const [zone, from, hours] of [
    ["Pacific/Chatham", "2018-09-29T13:15Z", ["02:00+12:45", "03:45+13:45", "04:00+13:45"]],
    ["Pacific/Chatham", "2026-04-04T13:15Z", ["03:00+13:45", "02:45+12:45", "03:00+12:45", "04:00+12:45"]],
    ["Australia/Lord_Howe", "2026-04-04T14:00Z", ["01:00+11:00", "01:30+10:30", "02:00+10:30"]],
    ["Australia/Lord_Howe", "2026-10-03T14:30Z", ["01:00+10:30", "02:30+11:00", "03:00+11:00"]],
    ["Antarctica/Troll", "2026-03-29T00:00Z", ["00:00+00:00", "03:00+02:00", "04:00+02:00"]],
    ["Europe/Berlin", "2026-10-25T00:00Z", ["02:00+02:00", "02:00+01:00", "03:00+01:00"]],
  ] as const) {
    const begin = new Date(from);
    const bounds = bucketBounds("hour", zone, begin, new Date(begin.getTime() + 3 * 3_600_000));
    const named = bounds.map((start) => formatBucketStart("hour", start, zone).slice(11));
    assert.deepEqual(named.slice(0, hours.length), hours, zone);
    for (const [at, start] of bounds.slice(0, -1).entries()) {
      const last = new Date((bounds[at + 1] as Date).getTime() - 1);
      assert.deepEqual(bucketBounds("hour", zone, last, last)[0], start, `${zone} ${last.toISOString()}`);
    }
  }
});
