import type { StatsError } from "../errors/stats-error.ts";
import type { CounterColumns } from "../snapshot/counter-columns.ts";
import { beganBeforeEnd, sameOrigin } from "../snapshot/epoch.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import { type Snapshot, snapshotColumns } from "../snapshot/snapshot.ts";
import { compareReadings } from "../snapshot/track-snapshots.ts";
import { ascendingPlaces } from "./ascending-places.ts";
import { type BaseReading, readBase, writeEvidence } from "./base-reading.ts";
import type { CounterIds } from "./counter-ids.ts";
import { forgetErased } from "./erase.ts";
import { firstGeneration } from "./erased-names.ts";
import { type GapBetween, gapEntry, gapOf, lateEntry, lateNote } from "./gap.ts";
import { LedgerError } from "./ledger-error.ts";
import { isBookable, quarterMs, quarterOf } from "./quarter.ts";
import type { LedgerWrite, StoredNode } from "./store.ts";
import type { Known, RecordOptions, RecordResult } from "./writer.ts";

interface Booking {
  readonly result: RecordResult;
  readonly next: Known;
}

interface BookOptions extends RecordOptions {
  readonly intervalMs: number;
}

/** Books a reading in a transaction that holds the node. */
export async function bookReading(
  tx: LedgerWrite,
  stored: StoredNode,
  known: Known,
  snapshot: Snapshot,
  options: BookOptions,
): Promise<Booking> {
  const { base, ids } = known;
  const unbooked = async (state: RecordResult["state"], error: StatsError | undefined): Promise<Booking> => {
    await tx.changeNode(stored.id, { heartbeat: stored.heartbeat + 1 });
    return { result: { state, bytes: 0n, counters: 0, gaps: [], error }, next: known };
  };
  if (!isBookable(quarterOf(snapshot.takenAt)))
    return unbooked("clock", clockError(stored.name, snapshot, "a ledger goes from 1970 to 2089"));
  // What a copy of this ledger has seen, the other one may have booked.
  const restored = base === undefined ? await lostBase(tx, stored) : undefined;
  if (options.bookExisting && (base !== undefined || restored !== undefined))
    throw new LedgerError("known", `${stored.name} is in the ledger already`, {
      advice: "What its counters show is booked only where the node is new.",
    });
  if (base === undefined)
    return options.bookExisting
      ? bookExisting(tx, stored, snapshot, ids)
      : bookFirst(tx, stored, restored, snapshot, ids);
  if (!options.acceptClock && clockStepped(base.snapshot.evidence, snapshot.evidence))
    return unbooked("clock", clockError(stored.name, snapshot, "other clocks deny that"));
  if (beganBeforeEnd(base.snapshot.evidence, snapshot.evidence))
    throw new LedgerError("stale-reading", "the reading was begun before the last recorded one was read", {
      advice: "Record readings in the order in which they were begun.",
    });
  if (!options.sameCore && !sameOrigin(base.snapshot.evidence, snapshot.evidence))
    return setNewBase(tx, stored, snapshot, ids, {
      state: "new-base",
      gap: { cause: "other-core", from: base.snapshot.takenAt, to: snapshot.takenAt, bound: snapshot.counters() },
    });
  const { delta, missing, moved } = compareReadings(base.snapshot, base.missing, snapshot, options);
  if (missing === undefined) return unbooked("other-core", delta.error);

  const columns = snapshotColumns(snapshot);
  await addNewCounters(tx, stored.id, ids, columns, moved.indices);
  const booked = placeRows(ids, columns, moved.indices);
  const bytes = booked.pick(moved.bytes);
  const gaps = delta.gaps.map((gap) => gapOf(stored.name, gap));
  const entries = gaps.map((gap) => gapEntry(stored.id, snapshot.takenAt, gap));
  const late = lateNote(stored.id, base.snapshot, snapshot, options.intervalMs);
  if (late !== undefined && bytes.length > 0) entries.push(late);
  // Where nothing moved there is nothing that other ledgers want to know.
  const revision = stored.revision + (bytes.length > 0 || entries.length > 0 ? 1 : 0);
  await tx.addUsage(stored.id, revision, { quarter: quarterOf(snapshot.takenAt), counters: booked.counters, bytes });
  if (delta.restarted) await tx.forgetRaws(stored.id, "all");
  // After a reset those that fell to nothing changed as well, though they moved by nothing.
  const shown = delta.foreignReset ? presentIndices(columns) : moved.indices;
  const returned = [...base.missing.keys()]
    .filter((name) => !missing.has(name))
    .flatMap((name) => columns.table.find(name) ?? []);
  if (returned.length === 0 && shown === moved.indices)
    await tx.setRaws(stored.id, booked.counters, booked.pick(valuesOf(columns, shown)));
  else await setRaws(tx, stored.id, ids, columns, [...new Set([...shown, ...returned])]);
  if (delta.restarted) await forgetErased(tx, stored.id, ids);
  const vanished = [...missing.keys()].filter((name) => !base.missing.has(name)).flatMap((name) => ids.get(name) ?? []);
  await tx.setMissing(
    stored.id,
    vanished.sort((a, b) => a - b),
    base.snapshot.takenAt.getTime(),
  );

  if (entries.length > 0) await tx.addEntries(revision, entries);
  await tx.changeNode(stored.id, {
    revision,
    heartbeat: stored.heartbeat + 1,
    base: writeEvidence(snapshot.evidence),
  });
  const state = delta.restarted ? "restarted" : "ok";
  return {
    result: { state, bytes: sum(bytes), counters: bytes.length, gaps, error: undefined },
    next: { revision, base: { snapshot, missing }, ids },
  };
}

/** A node that was not known: what its counters show may be of any time, so it is the base and nothing is booked. */
async function bookFirst(
  tx: LedgerWrite,
  stored: StoredNode,
  restored: BaseReading | undefined,
  snapshot: Snapshot,
  ids: CounterIds,
): Promise<Booking> {
  if (restored === undefined)
    return setNewBase(tx, stored, snapshot, ids, {
      state: "first",
      gap: { cause: "first-sight", from: undefined, to: snapshot.takenAt, bound: snapshot.counters() },
    });
  const { delta, missing } = compareReadings(restored.snapshot, restored.missing, snapshot);
  // What moved since the copy was made, as far as that can be told: another ledger may have booked it.
  const bound =
    missing === undefined ? snapshot.counters() : delta.counters().map(({ name, bytes }) => ({ name, value: bytes }));
  return setNewBase(tx, stored, snapshot, ids, {
    state: "new-base",
    gap: { cause: "ledger-restored", from: restored.snapshot.takenAt, to: snapshot.takenAt, bound },
  });
}

/** The base of the node under the id that this ledger had before it turned out to be a copy. */
async function lostBase(tx: LedgerWrite, { name }: StoredNode): Promise<BaseReading | undefined> {
  const before = (await tx.nodes()).filter((node) => node.name === name && node.state === "sealed").at(-1);
  if (before?.base === undefined) return undefined;
  return readBase(tx, before.id, before.base, await tx.counters(before.id));
}

async function setNewBase(
  tx: LedgerWrite,
  stored: StoredNode,
  snapshot: Snapshot,
  ids: CounterIds,
  { state, gap: between }: { readonly state: "first" | "new-base"; readonly gap: GapBetween },
): Promise<Booking> {
  const revision = stored.revision + 1;
  const columns = snapshotColumns(snapshot);
  await tx.forgetRaws(stored.id, "all");
  const shown = presentIndices(columns).filter((index) => columns.values[index] !== 0n);
  await addNewCounters(tx, stored.id, ids, columns, shown);
  await setRaws(tx, stored.id, ids, columns, shown);
  await forgetErased(tx, stored.id, ids);
  const bound = between.bound === "unknown" ? between.bound : between.bound.filter(({ value }) => value > 0n);
  const gap = gapOf(stored.name, { ...between, bound });
  await tx.addEntries(revision, [gapEntry(stored.id, snapshot.takenAt, gap)]);
  await tx.changeNode(stored.id, {
    revision,
    heartbeat: stored.heartbeat + 1,
    base: writeEvidence(snapshot.evidence),
  });
  return {
    result: { state, bytes: 0n, counters: 0, gaps: [gap], error: undefined },
    next: { revision, base: { snapshot, missing: new Map() }, ids },
  };
}

/** A node that was not known, and an operator who says that all of it counts. */
async function bookExisting(
  tx: LedgerWrite,
  stored: StoredNode,
  snapshot: Snapshot,
  ids: CounterIds,
): Promise<Booking> {
  const revision = stored.revision + 1;
  const columns = snapshotColumns(snapshot);
  const indices = presentIndices(columns).filter((index) => columns.values[index] !== 0n);
  await addNewCounters(tx, stored.id, ids, columns, indices);
  const { counters, pick } = placeRows(ids, columns, indices);
  const bytes = pick(valuesOf(columns, indices));
  await tx.addUsage(stored.id, revision, { quarter: quarterOf(snapshot.takenAt), counters, bytes });
  await tx.setRaws(stored.id, counters, bytes);
  const end = snapshot.takenAt.getTime();
  const start = end - snapshot.evidence.sysAfter.uptimeSeconds * 1000;
  await tx.addEntries(revision, [lateEntry(stored.id, start, end)]);
  await tx.changeNode(stored.id, {
    revision,
    heartbeat: stored.heartbeat + 1,
    base: writeEvidence(snapshot.evidence),
  });
  return {
    result: { state: "first", bytes: sum(bytes), counters: bytes.length, gaps: [], error: undefined },
    next: { revision, base: { snapshot, missing: new Map() }, ids },
  };
}

async function addNewCounters(
  tx: LedgerWrite,
  node: number,
  ids: CounterIds,
  columns: CounterColumns,
  indices: readonly number[],
): Promise<void> {
  const known = ids.idsOf(columns, indices);
  const fresh = indices.filter((index) => known[index] === 0).map((index) => columns.table.name(index));
  if (fresh.length === 0) return;
  const added = await tx.addCounters(
    node,
    fresh.map((name) => ({ source: "core", name, generation: firstGeneration(ids.erased, name) })),
  );
  for (const [index, name] of fresh.entries()) ids.set(name, added[index] as number);
}

/** Rows in the order of their ids: stores write them several times as fast. */
interface PlacedRows {
  readonly counters: readonly number[];
  /** Brings what stands in the order of the indices into that of the ids. */
  readonly pick: (values: readonly bigint[]) => readonly bigint[];
}

/** The rows of counters that the ledger knows. */
function placeRows(ids: CounterIds, columns: CounterColumns, indices: readonly number[]): PlacedRows {
  const known = ids.idsOf(columns, indices);
  const counters = indices.map((index) => known[index] as number);
  if (counters.every((counter, at) => counter > (at === 0 ? 0 : (counters[at - 1] as number))))
    return { counters, pick: (values) => values };
  const order = ascendingPlaces(counters);
  return {
    counters: Array.from(order, (at) => counters[at] as number),
    pick: (values) => Array.from(order, (at) => values[at] as bigint),
  };
}

/** Keeps what counters show, of those that the ledger knows. */
async function setRaws(
  tx: LedgerWrite,
  node: number,
  ids: CounterIds,
  columns: CounterColumns,
  indices: readonly number[],
): Promise<void> {
  const { counters, pick } = placeRows(ids, columns, indices);
  await tx.setRaws(node, counters, pick(valuesOf(columns, indices)));
}

function valuesOf({ values }: CounterColumns, indices: readonly number[]): bigint[] {
  return indices.map((index) => values[index] as bigint);
}

function presentIndices(columns: CounterColumns): number[] {
  const indices: number[] = [];
  for (let index = 0; index < columns.present.length; index++) if (columns.has(index)) indices.push(index);
  return indices;
}

function sum(bytes: readonly bigint[]): bigint {
  let large = 0n;
  let small = 0; // exact, and without a new bigint for each step
  for (const each of bytes) {
    const number = Number(each);
    if (small + number <= Number.MAX_SAFE_INTEGER) small += number;
    else large += each;
  }
  return large + BigInt(small);
}

/** Whether the wall clock and a clock that never steps disagree by more than a quarter hour. */
function clockStepped(a: SnapshotEvidence, b: SnapshotEvidence): boolean {
  if (a.bootId === undefined || a.bootId !== b.bootId) return false;
  const wall = b.ended.at.getTime() - a.ended.at.getTime();
  return Math.abs(wall - (b.ended.sinceBootMs - a.ended.sinceBootMs)) > quarterMs;
}

function clockError(node: string, { takenAt }: Snapshot, why: string): LedgerError {
  return new LedgerError("clock", `${node}: the wall clock shows ${takenAt.toISOString()}, ${why}`, {
    advice:
      "Set the clock right; nothing is lost meanwhile. If it is right now, record once with acceptClock, as drain --accept-clock does.",
  });
}
