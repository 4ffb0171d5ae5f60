import type { Ledger } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger-error.ts";
import type { RecordResult, Writer } from "../ledger/writer.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** A ledger for a collector, whose writer takes readings from beside it too. */
export interface LentWriter {
  /** What the collector is given. */
  readonly ledger: Ledger;
  /**
   * Books a reading by the collector's own claim, so that the collector does not lose it.
   *
   * @param read Reads the core; asked again where the collector was reading at the same time.
   * @returns Whether it is booked; not where the claim is another's.
   */
  record(read: () => Promise<Snapshot>): Promise<boolean>;
}

const nothingMoved: RecordResult = { state: "ok", bytes: 0n, counters: 0, gaps: [], error: undefined };

/** Lends the writer that a collector of one node has claimed last. */
export function lendWriter(ledger: Ledger): LentWriter {
  let writer: Writer | undefined;
  /** When the last reading from beside was at its end, by the monotonic clock. */
  let lentUntilMs = 0;
  return {
    ledger: {
      ...ledger,
      async claim(node, options) {
        const won = await ledger.claim(node, options);
        writer = won;
        return {
          ...won,
          async record(snapshot, words) {
            try {
              return await won.record(snapshot, words);
            } catch (error) {
              // What it shows is in one that was read beside it.
              if (reasonOf(error) === "stale-reading" && snapshot.evidence.started.monotonicMs < lentUntilMs)
                return nothingMoved;
              throw error;
            }
          },
        };
      },
    },
    async record(read) {
      while (writer !== undefined) {
        const snapshot = await read();
        lentUntilMs = snapshot.evidence.ended.monotonicMs;
        try {
          const { error } = await writer.record(snapshot);
          if (error !== undefined) throw error;
          return true;
        } catch (error) {
          const reason = reasonOf(error);
          if (reason === "claim-lost") return false;
          if (reason !== "stale-reading") throw error;
        }
      }
      return false;
    },
  };
}

function reasonOf(error: unknown): LedgerError["reason"] | undefined {
  return error instanceof LedgerError ? error.reason : undefined;
}
