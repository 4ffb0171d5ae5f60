import { StatsError } from "../errors/stats-error.ts";
import type { Clock } from "./clock.ts";

/** The time there is after a stop: as long for last readings, then as long for recording them. */
export interface Ending {
  /** Aborted when the time for readings is over. */
  readonly signal: AbortSignal;
  /** How long one reading may take. */
  readonly timeoutMs: number;
  /** Resolves when all time is over. */
  readonly over: Promise<void>;
  /** Starts the clock; twice does no harm. */
  begin(): void;
  /** Stops the clock: all is done. */
  cancel(): void;
}

export function createEnding(timeoutMs: number, clock: Clock): Ending {
  const readings = new AbortController();
  const cancelled = new AbortController();
  const over = Promise.withResolvers<void>();
  let begun = false;

  async function countDown(): Promise<void> {
    await clock.sleep(timeoutMs, cancelled.signal);
    readings.abort(new StatsError("timeout", `there was no last reading within ${timeoutMs} ms`));
    await clock.sleep(timeoutMs, cancelled.signal);
  }

  return {
    signal: readings.signal,
    timeoutMs,
    over: over.promise,
    begin() {
      if (begun) return;
      begun = true;
      countDown().then(over.resolve, over.resolve);
    },
    cancel: () => cancelled.abort(),
  };
}
