import type { Ledger } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger-error.ts";
import type { Writer } from "../ledger/writer.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** A ledger for a collector, whose writer takes readings from beside it too. */
export interface LentWriter {
  /** What the collector is given. */
  readonly ledger: Ledger;
  /**
   * Books a reading by the collector's own claim, so that the collector does not lose it.
   *
   * @returns Whether the reading, or one that began later, is booked; not where the claim is another's.
   */
  record(read: () => Promise<Snapshot>): Promise<boolean>;
}

/** Lends the writer that a collector of one node has claimed last. */
export function lendWriter(ledger: Ledger): LentWriter {
  let writer: Writer | undefined;
  return {
    ledger: {
      ...ledger,
      async claim(node, options) {
        writer = await ledger.claim(node, options);
        return writer;
      },
    },
    async record(read) {
      if (writer === undefined) return false;
      const reading = await read();
      try {
        const { error } = await writer.record(reading);
        if (error !== undefined) throw error;
        return true;
      } catch (error) {
        const reason = error instanceof LedgerError ? error.reason : undefined;
        if (reason === "claim-lost") return false;
        // Meanwhile the collector itself has recorded one that began after it was asked for.
        if (reason === "stale-reading") return true;
        throw error;
      }
    },
  };
}
