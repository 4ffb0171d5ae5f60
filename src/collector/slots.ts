import type { Clock } from "./clock.ts";

/** How many readings may begin at once. */
export interface Slots {
  /**
   * Runs work when it is its turn. Work that takes longer than its share of time gives its slot to the next and goes
   * on without one: what hangs slows nobody.
   */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

/** Makes slots that are given in the order in which they were asked for. */
export function createSlots(count: number, shareMs: number, clock: Clock): Slots {
  const waiting = new Set<() => void>();
  let free = count;

  function giveBack(): void {
    free++;
    const [next] = waiting;
    if (next === undefined) return;
    waiting.delete(next);
    free--;
    next();
  }

  async function turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.delete(start);
        reject(signal.reason);
      };
      waiting.add(start);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  return {
    async run(work, signal) {
      await turn(signal);
      const ended = new AbortController();
      const given = clock.sleep(shareMs, ended.signal).then(giveBack, giveBack);
      try {
        return await work();
      } finally {
        ended.abort();
        await given;
      }
    },
  };
}
