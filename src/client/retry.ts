import { isStatsError, type StatsErrorCode } from "../errors/stats-error.ts";
import { sleep } from "../internal/sleep.ts";
import type { Deadline } from "./deadline.ts";

const firstPauseMs = 50;
const longestPauseMs = 2000;

// `no-answer`: for some milliseconds V2Ray listens already, but leads what comes to its API nowhere.
const passingCodes: ReadonlySet<StatsErrorCode> = new Set(["connection-lost", "unreachable", "no-answer"]);

/**
 * Tries a read again where the connection broke, could not be made or led nowhere, after pauses that double and vary,
 * while the deadline allows and nobody is `closing`. Never for a reset: one whose answer was lost may have taken effect.
 */
export async function retryRead<Answer>(
  read: () => Promise<Answer>,
  retries: number,
  deadline: Deadline,
  closing: AbortSignal,
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const passing = isStatsError(error) && passingCodes.has(error.code);
      const pauseMs = Math.min(firstPauseMs * 2 ** attempt, longestPauseMs) * (0.5 + Math.random());
      if (!passing || attempt >= retries || pauseMs >= deadline.remainingMs()) throw error;
      const { signal } = deadline;
      await sleep(pauseMs, signal === undefined ? closing : AbortSignal.any([closing, signal]));
    }
  }
}
