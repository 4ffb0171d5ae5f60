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

// Of as many connections two processes that share a port both get some, but once in two thousand times.
const readings = 12;
// Each may take as long as a client waits.
const enoughFailures = 3;

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
  let tries = 0;
  while (tries < readings && failures.length < enoughFailures) {
    await sleep(Math.max(0, start + (tries * watchMs) / (readings - 1) - performance.now()), signal);
    try {
      book.add(await withClient((core) => core.snapshot({ signal })));
    } catch (error) {
      if (!isStatsError(error)) throw error;
      failures.push(error);
    }
    tries++;
  }
  return { book, failures, tries };
}
