import type { ClaimOptions } from "../ledger/claim.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RecordOptions, RecordResult, Writer } from "../ledger/writer.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** Where readings go in place of a ledger. */
export interface SnapshotSink {
  /**
   * Takes a reading. The node is read again when this resolves; where it rejects, the reading is given once more,
   * together with later ones: the first and the last of each life of the core, in their order.
   */
  record(node: string, snapshot: Snapshot): Promise<unknown>;
}

/** Writes the readings of one node. */
export interface Recorder extends Pick<Writer, "heartbeat" | "release"> {
  /** @returns What became of it, where that is known. */
  record(snapshot: Snapshot, options: RecordOptions): Promise<RecordResult | undefined>;
}

/** Gives out recorders: a ledger, or a sink, which nobody need claim. */
export interface RecordingTarget {
  claim(node: string, options: ClaimOptions): Promise<Recorder>;
}

/** What readings are written to. */
export function recordingTarget(ledger: Ledger | undefined, sink: SnapshotSink | undefined): RecordingTarget {
  if (ledger !== undefined && sink === undefined) return ledger;
  if (sink === undefined || ledger !== undefined) throw new TypeError("readings need a ledger or a sink, one of both");
  return {
    claim: async (node) => ({
      async record(snapshot) {
        await sink.record(node, snapshot);
        return undefined;
      },
      async heartbeat() {},
      async release() {},
    }),
  };
}
