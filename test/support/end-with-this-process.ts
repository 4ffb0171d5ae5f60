const running = new Set<() => void>();
let watching = false;

/**
 * Calls something when this process ends, unless that is ended by SIGKILL: no core outlives it.
 *
 * @returns What takes it back.
 */
export function endWithThisProcess(cleanUp: () => void): () => void {
  running.add(cleanUp);
  watch();
  return () => running.delete(cleanUp);
}

function watch(): void {
  if (watching) return;
  watching = true;
  const cleanUpAll = (): void => {
    for (const each of running) each();
  };
  process.once("exit", cleanUpAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      cleanUpAll();
      process.kill(process.pid, signal);
    });
  }
}
