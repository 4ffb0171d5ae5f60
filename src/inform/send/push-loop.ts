import type { StatsError } from "../../errors/stats-error.ts";
import { backoffMs } from "./backoff.ts";
import type { SenderClock } from "./sender-clock.ts";

/** What came of one push. */
export type PushResult = PushCurrent | PushDelayed | PushDenied;

/** The receiver has all there was. */
export interface PushCurrent {
  /** For `switch`. */
  readonly kind: "current";
}

/** It may be well soon: tried again after a pause that grows. */
export interface PushDelayed {
  /** `unavailable`: the receiver; `unreadable`: the ledger here. */
  readonly kind: "unavailable" | "unreadable";
  /** What failed. */
  readonly error: Error;
  /** How long the receiver asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Somebody has to do something about it: tried again after a long pause. */
export interface PushDenied {
  /** What stands in the way: our rights, the hub's address, its release, or a full place for bodies that were refused. */
  readonly kind: "denied" | "wrong-address" | "blocked";
  /** What failed, with advice. */
  readonly error: StatsError;
}

/** How often to push. */
export interface PushPace {
  readonly intervalMs: number;
  /** The pause where somebody has to do something about it. */
  readonly slowMs: number;
  /** How long the last push may take. */
  readonly lastPushMs: number;
  readonly clock: SenderClock;
}

/** Pushes until it is aborted, then once more. What a push throws ends it. */
export async function pushUntil(
  signal: AbortSignal,
  push: (signal: AbortSignal) => Promise<PushResult>,
  pace: PushPace,
): Promise<void> {
  if (signal.aborted) return;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const result = await push(signal);
      failures = result.kind === "current" ? 0 : failures + 1;
      await pace.clock.sleep(pauseMs(result, failures, pace), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  const last = AbortSignal.timeout(pace.lastPushMs);
  try {
    await push(last);
  } catch (error) {
    if (!last.aborted) throw error;
  }
}

function pauseMs(result: PushResult, failures: number, { intervalMs, slowMs, clock }: PushPace): number {
  const random = (): number => clock.random();
  // So that nodes which were started together do not push together for ever.
  if (result.kind === "current") return intervalMs * (0.9 + random() / 10);
  if (result.kind === "unavailable" || result.kind === "unreadable")
    return backoffMs(failures, { retryAfterMs: result.retryAfterMs, random });
  return backoffMs(1, { firstMs: slowMs, longestMs: slowMs, random });
}
