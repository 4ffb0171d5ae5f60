import { setTimeout as wait } from "node:timers/promises";

/** Waits; when aborted, rejects with the signal's own reason. */
export async function sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted(); // Node rejects with a new AbortError and hides the reason in `cause`
    throw error;
  }
}
