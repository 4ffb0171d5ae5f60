/** Where usage comes from: `core` is proven by a core's own counters, other names are systems that cannot prove. */
export type UsageSource = "core" | (string & {});

/** What a ledger keeps: the bytes of a counter in a quarter hour. It only grows, so of two copies the greater is right. */
export interface UsageRow {
  /** Which ledger booked it. */
  readonly ledger: string;
  /** The core, as its operator calls it. */
  readonly node: string;
  /** What it was learned from. */
  readonly source: UsageSource;
  /** The counter's whole name. */
  readonly counter: string;
  /** Rises when a name is given to somebody else, or starts anew; from 0. */
  readonly generation: number;
  /** Quarter hours of UTC since 1970. */
  readonly quarter: number;
  /** Bytes, all of this quarter so far. */
  readonly bytes: bigint;
}
