/** The longest time that one of Node's timers holds; a longer one ends at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** @throws RangeError where one is not a time that a timer can hold. */
export function assertTimerMs(times: Readonly<Record<string, number>>): void {
  for (const [name, ms] of Object.entries(times))
    if (!(typeof ms === "number" && ms > 0 && ms <= longestTimerMs))
      throw new RangeError(`${name} must be above zero and ${longestTimerMs} ms at most, not ${ms}`);
}

/** A limit in milliseconds, as far as a timer can hold it. @throws RangeError where it is not above zero. */
export function timerMs(name: string, ms: number): number {
  if (!(typeof ms === "number" && ms > 0)) throw new RangeError(`${name} must be above zero, not ${ms}`);
  return Math.min(ms, longestTimerMs);
}
