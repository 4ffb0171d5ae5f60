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

/** Whether a time, in ms since 1970, is in a range; an end may be open, the last one is not included. */
export function inTimeRange(
  at: number,
  { from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined },
): boolean {
  return (from === undefined || at >= from.getTime()) && (to === undefined || at < to.getTime());
}
