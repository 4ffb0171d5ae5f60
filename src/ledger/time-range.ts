/** Refuses what is no range of times; an end may be open. @throws RangeError */
export function assertTimeRange(from: Date | undefined, to: Date | undefined): void {
  for (const time of [from, to])
    if (time !== undefined && Number.isNaN(time.getTime())) throw new RangeError("from and to must be times");
  if (from !== undefined && to !== undefined && from > to)
    throw new RangeError(`from, ${from.toISOString()}, must not be after to, ${to.toISOString()}`);
}
