import type { StatsClient } from "../client/stats-client.ts";
import { isStatsError, type StatsError } from "../errors/stats-error.ts";
import { sleep } from "../internal/sleep.ts";
import { createLifeBook, type LifeBook } from "./lives.ts";

/** Runs work with a client of a connection of its own, and closes it. */
export type WithClient = <Result>(work: (core: StatsClient) => Promise<Result>) => Promise<Result>;

/** A core, watched for a while. */
export interface Observation {
  readonly book: LifeBook;
  readonly failures: readonly StatsError[];
  readonly tries: number;
}

// With as many connections two processes that share a port both answer, but once in a thousand times.
const readings = 12;

/**
 * Reads a core again and again, each time by another connection: where two processes share a port, the kernel chooses
 * between them for each connection.
 */
export async function observe(
  withClient: WithClient,
  watchMs: number,
  signal: AbortSignal | undefined,
): Promise<Observation> {
  const book = createLifeBook();
  const failures: StatsError[] = [];
  const start = performance.now();
  for (let index = 0; index < readings; index++) {
    await sleep(Math.max(0, start + (index * watchMs) / (readings - 1) - performance.now()), signal);
    try {
      book.add(await withClient((core) => core.snapshot({ signal })));
    } catch (error) {
      if (!isStatsError(error)) throw error;
      failures.push(error);
    }
  }
  return { book, failures, tries: readings };
}
