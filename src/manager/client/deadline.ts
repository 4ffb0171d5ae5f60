/**
 * Runs a piece of work until it ends, its time is up, or somebody aborts; in the last two cases it rejects with
 * `timedOut()` or the signal's own reason, even where the work pays no heed to the signal it was given.
 */
export async function runWithDeadline<Result>(
  timeoutMs: number,
  signals: readonly (AbortSignal | undefined)[],
  timedOut: () => Error,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const callers = signals.filter((signal) => signal !== undefined);
  for (const signal of callers) signal.throwIfAborted();
  const ending = new AbortController();
  const ended = new Promise<never>((_resolve, reject) => {
    ending.signal.addEventListener("abort", () => reject(ending.signal.reason), { once: true });
  });
  const listeners = callers.map((signal) => [signal, () => ending.abort(signal.reason)] as const);
  for (const [signal, listener] of listeners) signal.addEventListener("abort", listener, { once: true });
  const timer = setTimeout(() => ending.abort(timedOut()), timeoutMs);
  try {
    return await Promise.race([ended, work(ending.signal)]);
  } finally {
    clearTimeout(timer);
    for (const [signal, listener] of listeners) signal.removeEventListener("abort", listener);
  }
}
