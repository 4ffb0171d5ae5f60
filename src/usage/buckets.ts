import { Temporal } from "temporal-polyfill";
import type { UsageBucket, UsageKey } from "./usage-query.ts";

/** Lengths of time, the shortest first. */
export const usageBuckets: readonly UsageBucket[] = ["quarter", "hour", "day", "week", "month"];

/** The length of time that is among keys; `undefined` where there is none. */
export function bucketIn(by: readonly UsageKey[]): UsageBucket | undefined {
  return usageBuckets.find((bucket) => by.includes(bucket));
}

/** A time zone by its IANA name. @throws RangeError where there is none of that name. */
export function assertTimeZone(timeZone: string): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
  } catch (cause) {
    throw new RangeError(`there is no time zone ${JSON.stringify(timeZone)}; one is Europe/Berlin`, { cause });
  }
}

/**
 * Beginnings of all buckets that touch `from` to `to` (not included), and the end of the last: n buckets, n + 1 times.
 * A day of a clock change has 23 or 25 hours; where the clock is set in the middle of an hour, one ends and one begins.
 */
export function bucketBounds(bucket: UsageBucket, timeZone: string, from: Date, to: Date): Date[] {
  let start = startOf(bucket, Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO(timeZone));
  const bounds = [new Date(start.epochMilliseconds)];
  while (start.epochMilliseconds < to.getTime()) {
    start = next(bucket, start);
    bounds.push(new Date(start.epochMilliseconds));
  }
  return bounds;
}

function startOf(bucket: UsageBucket, time: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  switch (bucket) {
    case "quarter":
      return time.round({ smallestUnit: "minute", roundingIncrement: 15, roundingMode: "floor" });
    case "hour":
      return startOfHour(time);
    case "day":
      return time.startOfDay();
    case "week":
      return time.subtract({ days: time.dayOfWeek - 1 }).startOfDay();
    case "month":
      return time.with({ day: 1 }).startOfDay();
  }
}

function next(bucket: UsageBucket, start: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  switch (bucket) {
    // By elapsed time: an hour that the clock shows twice is two buckets.
    case "quarter":
      return start.add({ minutes: 15 });
    case "hour":
      return endOfHour(start);
    case "day":
      return start.add({ days: 1 }).startOfDay();
    case "week":
      return start.add({ days: 7 }).startOfDay();
    case "month":
      return start.add({ months: 1 }).startOfDay();
  }
}

function startOfHour(time: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  const full = time.subtract({ milliseconds: pastHourMs(time) });
  // Where the clock was set in between, the hour begins with that.
  return changeBetween(full, time) ?? full;
}

function endOfHour(time: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  const full = time.add({ milliseconds: 3_600_000 - pastHourMs(time) });
  return changeBetween(time, full) ?? full;
}

function pastHourMs({ minute, second, millisecond }: Temporal.ZonedDateTime): number {
  return (minute * 60 + second) * 1000 + millisecond;
}

/** When the clock was set after one time, and by another within an hour. */
function changeBetween(a: Temporal.ZonedDateTime, b: Temporal.ZonedDateTime): Temporal.ZonedDateTime | undefined {
  return a.offsetNanoseconds === b.offsetNanoseconds ? undefined : (a.getTimeZoneTransition("next") ?? undefined);
}
