import { Temporal } from "temporal-polyfill";
import type { UsageBucket } from "./usage-query.ts";

// Temporal itself passes over parts of a text that it has no use for.
const form = /^\d{4}-\d\d-\d\d(?<time>[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * The instant of a date (`2026-03-29`: its beginning), a time of the zone (`2026-03-29T01:30`) or a time with a zone of
 * its own (`2026-03-29T01:30Z`, `2026-03-29T01:30+05:30`).
 *
 * @throws RangeError where it is none.
 */
export function parseZonedTime(text: string, timeZone: string): Date {
  const parts = form.exec(text)?.groups;
  try {
    if (parts !== undefined) return new Date(instantOf(text, parts, timeZone).epochMilliseconds);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // no such day or hour
  }
  throw new RangeError(`not a time: ${JSON.stringify(text)}; write 2026-03-29, 2026-03-29T01:30 or 2026-03-29T01:30Z`);
}

function instantOf(
  text: string,
  { time, zone }: Readonly<Record<string, string | undefined>>,
  timeZone: string,
): { readonly epochMilliseconds: number } {
  if (zone !== undefined) return Temporal.Instant.from(text);
  if (time !== undefined) return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone);
  // There are zones in which some days begin at one o'clock.
  return Temporal.PlainDate.from(text).toZonedDateTime(timeZone);
}

/** A bucket by the zone's calendar: `2026-03`, `2026-03-29` (of a week its Monday), `2026-03-29T01:30+05:30`. */
export function formatBucketStart(bucket: UsageBucket, start: Date, timeZone: string): string {
  const time = Temporal.Instant.fromEpochMilliseconds(start.getTime()).toZonedDateTimeISO(timeZone);
  switch (bucket) {
    case "quarter":
    case "hour":
      return time.toString({ timeZoneName: "never", smallestUnit: "minute" });
    case "day":
    case "week":
      return time.toPlainDate().toString();
    case "month":
      return time.toPlainDate().toPlainYearMonth().toString();
  }
}

/** A time on the zone's clock: `2026-03-29T01:30:05.250+05:30`. */
export function formatZonedTime(at: Date, timeZone: string): string {
  const time = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  return time.toString({ timeZoneName: "never", smallestUnit: "millisecond" });
}
