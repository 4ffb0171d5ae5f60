import { isStatsError } from "../errors/stats-error.ts";
import { sleep } from "../internal/sleep.ts";
import { assertTimerMs } from "../internal/timer-ms.ts";
import { createUnreachableDelta, type Delta } from "../snapshot/delta.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type SnapshotTracker, trackSnapshots } from "../snapshot/track-snapshots.ts";
import type { CallOptions } from "./deadline.ts";

/** Options of `StatsClient.watch`. `timeoutMs` is for each reading. */
export interface WatchOptions extends CallOptions {
  /**
   * Milliseconds from the start of one reading to the start of the next; one that takes longer delays the next.
   *
   * @defaultValue 1000
   */
  readonly intervalMs?: number | undefined;
}

/** Reads every interval until the client closes or the caller stops. */
export function watchCore(
  read: (signal: AbortSignal) => Promise<Snapshot>,
  closing: AbortSignal,
  options: WatchOptions,
): AsyncGenerator<Delta, void, undefined> {
  const { intervalMs = 1000, signal } = options;
  assertTimerMs({ intervalMs });
  return deltas(read, intervalMs, closing, !signal ? closing : AbortSignal.any([closing, signal]));
}

async function* deltas(
  read: (signal: AbortSignal) => Promise<Snapshot>,
  intervalMs: number,
  closing: AbortSignal,
  signal: AbortSignal,
): AsyncGenerator<Delta, void, undefined> {
  let tracker: SnapshotTracker | undefined;
  let due = performance.now();
  try {
    for (;;) {
      const delta = await nextDelta();
      if (delta !== undefined) yield delta;
      // After a late reading, or a slow consumer, a whole interval: none are made up for, and a short one would show
      // rates that were not.
      const now = performance.now();
      due = due + intervalMs > now ? due + intervalMs : now + intervalMs;
      await sleep(due - now, signal);
    }
  } catch (error) {
    if (!closing.aborted) throw error;
  }

  async function nextDelta(): Promise<Delta | undefined> {
    try {
      const snapshot = await read(signal);
      if (tracker !== undefined) return tracker.next(snapshot);
      tracker = trackSnapshots(snapshot);
      return undefined;
    } catch (error) {
      if (signal.aborted || !isStatsError(error)) throw error;
      return createUnreachableDelta(error, tracker?.last, new Date());
    }
  }
}
