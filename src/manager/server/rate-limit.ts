import { Problem } from "./problem.ts";

/** More callers than these are not told apart any longer than they ask. */
const mostCallers = 10_000;

/** Lets each caller ask so often, with a minute's worth at once. */
export class RateLimit {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #callers = new Map<string, { tokens: number; atMs: number }>();

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    if (!(perMinute >= 1)) throw new RangeError(`requestsPerMinute must be from 1 on, not ${perMinute}`);
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** Counts a request. @throws Problem 429 where it is one too many. */
  take(caller: string): void {
    const nowMs = this.#now();
    const before = this.#callers.get(caller) ?? { tokens: this.#perMinute, atMs: nowMs };
    const perMs = this.#perMinute / 60_000;
    const tokens = Math.min(this.#perMinute, before.tokens + (nowMs - before.atMs) * perMs);
    this.#callers.delete(caller);
    this.#callers.set(caller, { tokens: Math.max(0, tokens - 1), atMs: nowMs });
    for (const oldest of this.#callers.keys()) {
      if (this.#callers.size <= mostCallers) break;
      this.#callers.delete(oldest);
    }
    if (tokens >= 1) return;
    // A request that is refused takes nothing.
    this.#callers.set(caller, { tokens, atMs: nowMs });
    throw new Problem(429, `Rate limit exceeded: ${this.#perMinute} per 1 minute`, {
      "Retry-After": `${Math.ceil((1 - tokens) / perMs / 1000)}`,
    });
  }
}
