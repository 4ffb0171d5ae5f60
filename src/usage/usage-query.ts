import type { Direction, Scope } from "../names/stat-name.ts";

/** What usage can be split by. */
export type UsageKey = "node" | "subject" | "user" | "generation" | "source" | "direction" | UsageBucket;

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
  /** One user or tag alone, or these; a user by any name that is an alias of the same, see `names`. */
  readonly subject?: string | readonly string[] | undefined;
  /** One node alone, by any name that is an alias of the same. Corrections of no node are left out. */
  readonly node?: string | undefined;
  /**
   * `current`: of every counter only its newest generation on each node, which is what was used since
   * they began anew. Corrections have no generation and are always in.
   *
   * @defaultValue "all"
   */
  readonly generation?: "all" | "current" | undefined;
  /**
   * By which names users are told apart and answered: those that aliases show them by, or those that their counters
   * were recorded under, each for itself. @defaultValue "shown"
   */
  readonly names?: "shown" | "recorded" | undefined;
  /**
   * What was known at this time: corrections, aliases, settlements, retractions, gaps and late notes that were written
   * later are left out. Readings are never taken back. @defaultValue all
   */
  readonly asOf?: Date | undefined;
  /** The zone whose hours, days, weeks (from Monday) and months buckets are. @defaultValue "UTC" */
  readonly timeZone?: string | undefined;
  /**
   * Inbounds and outbounds that carry the API's own traffic: they are in no sum over subjects, only in rows of their
   * own. @defaultValue ["api"]
   */
  readonly apiTags?: readonly string[] | undefined;
}

/** One line of an answer. */
export interface Usage {
  /** Which core, where split by node; of corrections of no node `undefined`. */
  readonly node: string | undefined;
  /** Whose, where split by subject or user. */
  readonly subject: string | undefined;
  /** Which user or tag of this name, counted from 0, where split by generation; of corrections `undefined`. */
  readonly generation: number | undefined;
  /** Who told of it, where split by source: `core` is proven; of corrections `undefined`. */
  readonly source: string | undefined;
  /** Which way, where split by direction. */
  readonly direction: Direction | undefined;
  /** When the bucket begins, where split by time. */
  readonly start: Date | undefined;
  /** Bytes from the client; below zero where more was refunded. */
  readonly uplink: bigint;
  /** Bytes to the client; below zero where more was refunded. */
  readonly downlink: bigint;
  /** Both. */
  readonly total: bigint;
}
