import { timerMs } from "../internal/timer-ms.ts";

/** The time a whole operation may take, over all its calls and tries, and the caller's wish to stop it. */
export interface Deadline {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Milliseconds left; at least 1, so that a call that comes too late still ends by the same way. */
  remainingMs(): number;
}

/** Options of every call. */
export interface CallOptions {
  /** Stops the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the whole operation may take, retries included.
   *
   * @defaultValue the client's `timeoutMs`, 10_000 where that is not set
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * Starts the clock of an operation.
 *
 * @throws RangeError where `timeoutMs` is not above zero, TypeError where the options are none.
 */
export function startDeadline(options: CallOptions, defaultTimeoutMs: number): Deadline {
  // A text here would read everything where a pattern was meant.
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { signal, timeoutMs } = options;
  const limit = timerMs("timeoutMs", timeoutMs ?? defaultTimeoutMs);
  signal?.throwIfAborted();
  const end = performance.now() + limit;
  return { signal, timeoutMs: limit, remainingMs: () => Math.max(1, end - performance.now()) };
}
