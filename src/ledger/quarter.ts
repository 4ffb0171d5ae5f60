/** Milliseconds of a quarter hour, the ledger's unit of time: fine enough for every time zone there is. */
export const quarterMs: number = 15 * 60 * 1000;

/** The quarter hour of UTC, counted since 1970, that a time belongs to. */
export function quarterOf(at: Date): number {
  return Math.floor(at.getTime() / quarterMs);
}

/** When a quarter begins. */
export function quarterStart(quarter: number): Date {
  return new Date(quarter * quarterMs);
}
