/** Runs pieces of work, at most so many at once; of those that wait the longest waiting comes next. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @param most How many run at once. */
export function createTurns(most: number): Turns {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
