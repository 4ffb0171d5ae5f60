/** Options of {@link parseRetryAfter}. */
export interface RetryAfterOptions {
  /** Our time, for answers that name a date. */
  readonly now: Date;
  /** The longest wait to believe. @defaultValue 604_800_000, a week */
  readonly longestMs?: number | undefined;
}

// The form that HTTP asks for; Date.parse alone takes much else for a date.
const httpDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * Understands `Retry-After`: whole seconds or a date.
 *
 * @returns Milliseconds to wait, 0 for a date that is over; undefined where it says nothing.
 */
export function parseRetryAfter(text: string | null | undefined, options: RetryAfterOptions): number | undefined {
  const { now, longestMs = 604_800_000 } = options;
  const value = (text ?? "").trim();
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, longestMs);
  const at = httpDate.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(at - now.getTime(), 0), longestMs);
}
