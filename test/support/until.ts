import { setTimeout as wait } from "node:timers/promises";

/** Waits for a state that something else reaches in its own time. */
export async function until(reached: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await reached())) {
    if (performance.now() > end) throw new Error(`not reached within ${timeoutMs} ms: ${reached}`);
    await wait(5);
  }
}
