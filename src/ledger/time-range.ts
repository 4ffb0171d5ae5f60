/** Refuses what is no range of times; an end may be open. @throws RangeError */
export function assertTimeRange(from: Date | undefined, to: Date | undefined): void {
  for (const time of [from, to]) if (time !== undefined) assertTime(time, "from and to must be times");
  if (from !== undefined && to !== undefined && from > to)
    throw new RangeError(`from, ${from.toISOString()}, must not be after to, ${to.toISOString()}`);
}

/** @throws RangeError with this message where it is no time. */
export function assertTime(time: Date, message: string): void {
  if (Number.isNaN(time.getTime())) throw new RangeError(message);
}
