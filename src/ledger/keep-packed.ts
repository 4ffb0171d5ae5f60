import { sleep } from "../internal/sleep.ts";
import type { Ledger } from "./ledger.ts";

/** Options of {@link keepPacked}. */
export interface KeepPackedOptions {
  /** Ends it, between two steps of packing. */
  readonly signal: AbortSignal;
  /** Is told when all was packed. */
  readonly onPacked?: (() => void) | undefined;
  /** Is told what failed; it is tried again the next time. */
  readonly onFailed: (error: unknown) => void;
  /** How long to wait before the first time. @defaultValue a minute: also who never lives for an hour packs */
  readonly firstMs?: number | undefined;
  /** Waits; when aborted, rejects. @defaultValue the machine's own */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

const everyMs = 3_600_000;

/** Packs past days now and then, until it is aborted. Several may do so beside each other. */
export async function keepPacked(ledger: Pick<Ledger, "pack">, options: KeepPackedOptions): Promise<void> {
  const { signal, onPacked = () => {}, onFailed, firstMs = 60_000, sleep: pause = sleep } = options;
  for (let pauseMs = firstMs; ; pauseMs = everyMs) {
    await pause(pauseMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await ledger.pack({ signal });
      onPacked();
    } catch (error) {
      if (!signal.aborted) onFailed(error);
    }
  }
}
