/** Options of {@link backoffMs}. */
export interface BackoffOptions {
  /** What the receiver asked for at least; see `parseRetryAfter`. */
  readonly retryAfterMs?: number | undefined;
  /** The pause after the first failure. @defaultValue 1000 */
  readonly firstMs?: number | undefined;
  /** The longest pause that is not asked for. @defaultValue 60_000 */
  readonly longestMs?: number | undefined;
  /** A number from 0 up to 1. @defaultValue Math.random */
  readonly random?: (() => number) | undefined;
}

/**
 * How long to wait after `failures` failures in a row, the first being 1: a pause that doubles, between half of it and
 * the whole by chance, so that senders which lost a hub together do not come back together; after the pause that the
 * receiver asked for, where it did.
 *
 * @throws RangeError where `failures` is not a whole number from 1.
 */
export function backoffMs(failures: number, options: BackoffOptions = {}): number {
  const { retryAfterMs = 0, firstMs = 1000, longestMs = 60_000, random = Math.random } = options;
  if (!Number.isInteger(failures) || failures < 1) throw new RangeError(`failures must be 1 or more: ${failures}`);
  const pauseMs = Math.min(firstMs * 2 ** (failures - 1), longestMs) * (0.5 + random() / 2);
  return Math.round(retryAfterMs > 0 ? retryAfterMs + Math.min(pauseMs, retryAfterMs / 2) : pauseMs);
}
