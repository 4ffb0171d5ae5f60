import { columnsFrom } from "../snapshot/counter-columns.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import { createSnapshot, type Snapshot } from "../snapshot/snapshot.ts";
import { evidenceJson, parseEvidence } from "../snapshot/snapshot-json.ts";
import type { MissingCounters } from "../snapshot/track-snapshots.ts";
import type { LedgerRead, StoredCounter } from "./store.ts";

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
export async function readBase(
  tx: LedgerRead,
  node: number,
  evidence: string,
  counters: readonly StoredCounter[],
): Promise<BaseReading> {
  const names = new Map(counters.map(({ id, name }) => [id, name]));
  const present: { readonly name: string; readonly value: bigint }[] = [];
  const missing = new Map<string, { readonly value: bigint; readonly seen: Date }>();
  for (const { counter, value, missingSince } of await tx.raws(node)) {
    const name = names.get(counter) as string;
    if (missingSince === undefined) present.push({ name, value });
    else missing.set(name, { value, seen: new Date(missingSince) });
  }
  return { snapshot: createSnapshot(columnsFrom(present), parseEvidence(JSON.parse(evidence), "base")), missing };
}
