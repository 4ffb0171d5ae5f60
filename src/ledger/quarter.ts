/** Milliseconds of a quarter hour, the ledger's unit of time: fine enough for every time zone there is. */
export const quarterMs: number = 15 * 60 * 1000;

/** Milliseconds of a day of UTC. */
export const dayMs: number = 96 * quarterMs;

/** The quarter hour of UTC, counted since 1970, that a time belongs to. */
export function quarterOf(at: Date): number {
  return Math.floor(at.getTime() / quarterMs);
}

/** When a quarter begins. */
export function quarterStart(quarter: number): Date {
  return new Date(quarter * quarterMs);
}

/** Whether a quarter can be booked: from 1970 to 2089, so that it makes one exact number together with a counter. */
export function isBookable(quarter: number): boolean {
  return quarter >= 0 && quarter < 2 ** 22;
}
