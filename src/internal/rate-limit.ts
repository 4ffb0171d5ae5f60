/** Options of {@link createRateLimit}. */
export interface RateLimitOptions {
  /** How many requests a key may make each second, in the long run. */
  readonly perSecond: number;
  /** How many it may make at once after a pause. */
  readonly burst: number;
  /**
   * How many keys to remember; the one not heard of for longest is forgotten first, and may then burst anew.
   *
   * @defaultValue 100_000
   */
  readonly maxKeys?: number | undefined;
  /** A clock that never goes back, in milliseconds. @defaultValue performance.now */
  readonly now?: (() => number) | undefined;
}

/** Keeps count of requests, in this process: several processes allow a key as many times as much. */
export interface RateLimit {
  /**
   * Counts a request of a key.
   *
   * @returns `allowed`; where it is not, nothing was counted and `retryAfterMs` says when it will be, else that is 0.
   */
  take(key: string): { readonly allowed: boolean; readonly retryAfterMs: number };
  /** How many keys are remembered. */
  readonly size: number;
}

/**
 * Makes a rate limit: each key has a bucket of `burst` tokens that fills with `perSecond`, a request takes one.
 *
 * @throws RangeError where a number is not positive, or `burst` or `maxKeys` below 1.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { perSecond, burst, maxKeys = 100_000, now = () => performance.now() } = options;
  if (!(perSecond > 0 && Number.isFinite(perSecond))) throw new RangeError(`perSecond must be positive: ${perSecond}`);
  if (!(burst >= 1 && Number.isFinite(burst))) throw new RangeError(`burst must be 1 or more: ${burst}`);
  if (!(maxKeys >= 1)) throw new RangeError(`maxKeys must be 1 or more: ${maxKeys}`);
  const intervalMs = 1000 / perSecond;
  // When each key's bucket is full again, in the order of their last use.
  const fullAt = new Map<string, number>();
  return {
    take(key) {
      const at = now();
      const full = Math.max(fullAt.get(key) ?? at, at);
      const missingMs = full - at - (burst - 1) * intervalMs;
      // Sums of fractions are not exact: less than a microsecond is nothing.
      const allowed = missingMs < 0.001;
      fullAt.delete(key);
      fullAt.set(key, allowed ? full + intervalMs : full);
      if (fullAt.size > maxKeys) fullAt.delete(fullAt.keys().next().value as string);
      return { allowed, retryAfterMs: allowed ? 0 : Math.ceil(missingMs) };
    },

    get size() {
      return fullAt.size;
    },
  };
}
