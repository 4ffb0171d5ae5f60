import { sleep } from "../../internal/sleep.ts";

/** Time and chance, so that tests can let days pass. */
export interface SenderClock {
  /** The wall clock. */
  now(): Date;
  /** Waits; when aborted, rejects with the signal's own reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

/** The machine's own. */
export const systemClock: SenderClock = { now: () => new Date(), sleep, random: Math.random };
