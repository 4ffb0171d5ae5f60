import type { Direction, Scope } from "../names/stat-name.ts";

/** What usage can be split by. */
export type UsageKey = "node" | "subject" | "user" | "direction" | UsageBucket;

/** Lengths of time, by the calendar of a time zone. */
export type UsageBucket = "quarter" | "hour" | "day" | "week" | "month";

/** What usage is asked for. */
export interface UsageQuery {
  /** Beginning; rounded down to a quarter hour. @defaultValue the first booked one */
  readonly from?: Date | undefined;
  /** End, not included; rounded up to a quarter hour. @defaultValue the end of the last booked one */
  readonly to?: Date | undefined;
  /** What to split by; `user` is `subject` of the scope `user`. @defaultValue nothing: one row */
  readonly by?: readonly UsageKey[] | undefined;
  /** Whose counters; scopes are never summed together. @defaultValue "user" */
  readonly scope?: Scope | undefined;
  /** One user or tag alone. */
  readonly subject?: string | undefined;
  /** One node alone. */
  readonly node?: string | undefined;
  /** The zone whose hours, days, weeks (from Monday) and months buckets are. @defaultValue "UTC" */
  readonly timeZone?: string | undefined;
}

/** One line of an answer. */
export interface Usage {
  /** Which core, where split by node. */
  readonly node: string | undefined;
  /** Whose, where split by subject or user. */
  readonly subject: string | undefined;
  /** Which way, where split by direction. */
  readonly direction: Direction | undefined;
  /** When the bucket begins, where split by time. */
  readonly start: Date | undefined;
  /** Bytes from the client. */
  readonly uplink: bigint;
  /** Bytes to the client. */
  readonly downlink: bigint;
  /** Both. */
  readonly total: bigint;
}
