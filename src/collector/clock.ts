import { sleep } from "../internal/sleep.ts";

/** Time and chance, so that tests can let a day pass in a second. */
export interface Clock {
  /** Milliseconds of a clock that never steps. */
  now(): number;
  /** Waits; when aborted, rejects with the signal's own reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

/** The machine's own. */
export const systemClock: Clock = { now: () => performance.now(), sleep, random: Math.random };
