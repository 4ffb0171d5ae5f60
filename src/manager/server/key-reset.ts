import type { Ledger } from "../../ledger/ledger.ts";
import { isoTime } from "./body-values.ts";
import type { LedgerTotals } from "./ledger-totals.ts";
import { Problem } from "./problem.ts";
import type { ServedKey } from "./served-key.ts";

/** Who resets, and why; both stay in the ledger. */
export interface ResetWords {
  readonly author: string;
  readonly reason: string;
}

/** What a reset needs. */
export interface KeyResetOptions {
  readonly ledger: Ledger;
  readonly node: string;
  readonly totals: LedgerTotals;
  readonly takeReading: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly timeoutMs: number;
}

/** Lets keys begin anew in the ledger, one after the other. The core's counters stay as they are. */
export class KeyReset {
  readonly #options: KeyResetOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: KeyResetOptions) {
    this.#options = options;
  }

  /** Resets a key. @throws Problem 503 where no reading could be taken before, and nothing was done. */
  async reset(key: ServedKey, words: ResetWords): Promise<object> {
    const turn = this.#last.then(() => this.#reset(key, words));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #reset(key: ServedKey, words: ResetWords): Promise<object> {
    const { ledger, node, totals, takeReading, timeoutMs } = this.#options;
    const about = { key_id: key.id, key_uuid: key.uuids[0] ?? null, uuid: key.uuids[0] ?? null };
    try {
      await takeReading?.(AbortSignal.timeout(timeoutMs));
    } catch (error) {
      const detail =
        "Nothing was reset: what the core shows now could not be booked before, the log says why. Try again.";
      throw new Problem(503, detail, {}, error);
    }
    totals.drop();
    const { uplink, downlink } = await totals.of(key);
    const started = await ledger.newGeneration({ ...key.counter, node, ...words });
    totals.drop();
    return {
      status: "success",
      message: "Traffic stats reset successfully",
      ...about,
      previous_upload: uplink,
      previous_download: downlink,
      previous_total: uplink + downlink,
      generation: started[0]?.generation ?? null,
      exact: takeReading !== undefined,
      timestamp: isoTime(new Date()),
    };
  }
}
