import type { LedgerGap } from "./ledger-gap.ts";
import type { Usage } from "./usage-query.ts";

/** Usage, and what to know about it. */
export interface UsageAnswer {
  /** Rows with bytes in them; none where nothing was booked. */
  readonly rows: readonly Usage[];
  /** What touches the time and the nodes that were asked for. */
  readonly notes: UsageNotes;
}

/** One row with everything in it, and what to know about it. */
export interface UsageTotals extends Usage {
  /** What touches the time and the nodes that were asked for. */
  readonly notes: UsageNotes;
}

/** Why usage may be incomplete, at another time or without proof. */
export interface UsageNotes {
  /** Windows whose traffic may not be booked; those that somebody settled are not among them. */
  readonly gaps: readonly LedgerGap[];
  /** Windows whose bytes were booked at their end. */
  readonly late: readonly LateNote[];
  /** What of the answer nobody can prove. */
  readonly unproven: readonly UnprovenNote[];
  /** What is not in the answer, because a better source says what flowed at the same time. */
  readonly overlaps: readonly SourceOverlap[];
}

/** Between two readings lay more than a poll: when in between the bytes flowed, nobody knows. */
export interface LateNote {
  /** Which core. */
  readonly node: string;
  /** Its beginning. */
  readonly from: Date;
  /** Its end, in whose quarter hour the bytes are. */
  readonly to: Date;
}

/** Bytes of the answer that come from a system that cannot prove them. */
export interface UnprovenNote {
  /** Which core. */
  readonly node: string;
  /** Who says so, such as `3x-ui`. */
  readonly source: string;
  /** How many they are. */
  readonly bytes: bigint;
}

/** Bytes that two sources told of, and that count once. */
export interface SourceOverlap {
  /** Which core. */
  readonly node: string;
  /** Whose bytes were left out. */
  readonly source: string;
  /** Beginning of the first quarter hour of which something was left out. */
  readonly from: Date;
  /** End of the last one. */
  readonly to: Date;
  /** How many bytes were left out. */
  readonly bytes: bigint;
}
