import type { Ledger } from "../ledger/ledger.ts";
import type { Clock } from "./clock.ts";
import type { Troubles } from "./troubles.ts";

const everyMs = 3_600_000;
/** Also a collector that never lives for an hour packs. */
const firstMs = 60_000;

/** Packs past days now and then, until it is aborted; what fails is tried again the next time. */
export async function keepPacked(ledger: Ledger, clock: Clock, troubles: Troubles, signal: AbortSignal): Promise<void> {
  for (let pauseMs = firstMs; ; pauseMs = everyMs) {
    await clock.sleep(pauseMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await ledger.pack({ signal });
      troubles.well("pack");
    } catch (error) {
      if (!signal.aborted) troubles.failed("pack", error);
    }
  }
}
