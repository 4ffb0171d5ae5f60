import { columnsFrom } from "../snapshot/counter-columns.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import { createSnapshot, type Snapshot } from "../snapshot/snapshot.ts";
import { evidenceJson, parseEvidence } from "../snapshot/snapshot-json.ts";
import type { MissingCounters } from "../snapshot/track-snapshots.ts";
import type { StoredCounter } from "./store.ts";

/** The last recorded reading of a node, as it can be compared with the next one. */
export interface BaseReading {
  readonly snapshot: Snapshot;
  readonly missing: MissingCounters;
}

/** Evidence as a store keeps it. */
export function writeEvidence(evidence: SnapshotEvidence): string {
  return JSON.stringify(evidenceJson(evidence));
}

/** Makes the base again of what a store kept. */
export function readBase(evidence: string, counters: readonly StoredCounter[]): BaseReading {
  const shown = counters.filter((counter) => counter.source === "core" && counter.raw !== undefined);
  const present = shown.filter((counter) => counter.missingSince === undefined);
  const missing = shown.filter((counter) => counter.missingSince !== undefined);
  return {
    snapshot: createSnapshot(
      columnsFrom(present.map(({ name, raw }) => ({ name, value: raw as bigint }))),
      parseEvidence(JSON.parse(evidence), "base"),
    ),
    missing: new Map(
      missing.map(({ name, raw, missingSince }) => [
        name,
        { value: raw as bigint, seen: new Date(missingSince as number) },
      ]),
    ),
  };
}
