/** How often a node is polled. */
export interface PollPace {
  /** Milliseconds from the beginning of one poll to the next. */
  readonly intervalMs: number;
  /** The part of it, from 0 to 1, by which chance may shorten it: nodes that began together drift apart. */
  readonly jitter: number;
  /** The longest pause of a node that fails again and again. */
  readonly maxBackoffMs: number;
}

/** Milliseconds from the beginning of a poll to the next, after so many failures in a row. */
export function pollDelay({ intervalMs, jitter, maxBackoffMs }: PollPace, failures: number, chance: number): number {
  const backoff = intervalMs * 2 ** Math.max(0, failures - 1);
  return Math.min(backoff, Math.max(intervalMs, maxBackoffMs)) * (1 - jitter * chance);
}
