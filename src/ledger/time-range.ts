/** Refuses what is no range of times; an end may be open. @throws TypeError or RangeError */
export function assertTimeRange(from: Date | undefined, to: Date | undefined): void {
  for (const time of [from, to]) if (time !== undefined) assertTime(time, "from and to must be valid Dates");
  if (from !== undefined && to !== undefined && from > to)
    throw new RangeError(`from, ${from.toISOString()}, must not be after to, ${to.toISOString()}`);
}

/** @throws TypeError with this message where it is no Date, RangeError where it is an invalid one. */
export function assertTime(time: Date, message: string): void {
  if (!(time instanceof Date)) throw new TypeError(message);
  if (Number.isNaN(time.getTime())) throw new RangeError(message);
}
