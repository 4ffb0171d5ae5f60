import { randomUUID } from "node:crypto";
import type { StatsError } from "../errors/stats-error.ts";
import { currentReader } from "../internal/reading-clock.ts";
import type { CounterColumns } from "../snapshot/counter-columns.ts";
import type { Gap } from "../snapshot/delta.ts";
import { beganBeforeEnd } from "../snapshot/epoch.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import { type Snapshot, snapshotColumns } from "../snapshot/snapshot.ts";
import { compareReadings, type MovedColumns } from "../snapshot/track-snapshots.ts";
import { type BaseReading, readBase, writeEvidence } from "./base-reading.ts";
import { CounterIds } from "./counter-ids.ts";
import type { GapBody, LedgerGap } from "./gap.ts";
import { LedgerError } from "./ledger-error.ts";
import { isBookable, quarterMs, quarterOf } from "./quarter.ts";
import type { LedgerStore, LedgerWrite, StoredEntry, StoredNode } from "./store.ts";

/** What became of a reading. */
export interface RecordResult {
  /**
   * - `first`: the node was not known; its counters are the base from which is counted
   * - `ok`: what moved since the last reading is booked
   * - `restarted`: the core began anew; all its counters show is booked
   * - `other-core`: another core answered; nothing is booked, the base stays
   * - `clock`: the wall clock stepped; nothing is booked until it is right again, and nothing is lost by that
   */
  readonly state: "first" | "ok" | "restarted" | "other-core" | "clock";
  /** Bytes booked, of every counter. */
  readonly bytes: bigint;
  /** How many counters moved. */
  readonly counters: number;
  /** What was written into the gap book. */
  readonly gaps: readonly LedgerGap[];
  /** Why nothing is booked. */
  readonly error: StatsError | undefined;
}

/** Options of {@link Writer.record}. */
export interface RecordOptions {
  /** Books although the wall clock stepped: an operator's word. */
  readonly acceptClock?: boolean | undefined;
}

/** The right to record a node, held until it is released or another takes it over. */
export interface Writer extends AsyncDisposable {
  /** Which node. */
  readonly node: string;
  /**
   * Books what moved since the node's last reading: everything or nothing, once. A call that fails has booked all or
   * nothing, and the next reading books the rest either way.
   *
   * @throws {@link LedgerError} `claim-lost`, `stale-reading`, `not-recordable`, or what the database could not do.
   */
  record(snapshot: Snapshot, options?: RecordOptions): Promise<RecordResult>;
  /** A sign of life while there is nothing to record, so that no standby takes over. */
  heartbeat(): Promise<void>;
  /** Gives the claim back, so that another may take it at once. */
  release(): Promise<void>;
}

/** What a writer knows without asking: it holds only for the revision it was learned at. */
interface Known {
  readonly revision: number;
  readonly base: BaseReading | undefined;
  /** Ids of counters by name. */
  readonly ids: CounterIds;
}

export function createWriter(
  store: LedgerStore,
  node: string,
  claim: { readonly token: number; readonly wonAtMs: number; readonly intervalMs: number },
): Writer {
  let known: Known | undefined;
  let released = false;

  /** Works on our node in one transaction; refuses once another has taken it over. */
  async function owned<Result>(work: (tx: LedgerWrite, stored: StoredNode) => Promise<Result>): Promise<Result> {
    return store.write(async (tx) => {
      const stored = await tx.node(node);
      if (released || stored.token !== claim.token)
        throw new LedgerError("claim-lost", `${node} is recorded by another writer`, {
          advice: "Claim it again, and read anew: an old reading must not be recorded.",
        });
      return work(tx, stored);
    });
  }

  async function record(snapshot: Snapshot, options: RecordOptions = {}): Promise<RecordResult> {
    assertRecordable(snapshot.evidence, claim.wonAtMs);
    // What was learned in a transaction that failed is not so.
    let before = known;
    known = undefined;
    const { result, next } = await owned(async (tx, stored) => {
      const current = before?.revision === stored.revision ? before : await load(tx, stored);
      before = undefined;
      return book(tx, stored, current, snapshot, { ...options, intervalMs: claim.intervalMs });
    });
    known = next;
    return result;
  }

  const release = async (): Promise<void> => {
    if (released) return;
    try {
      await owned((tx, stored) => tx.changeNode(stored.id, { holder: undefined, heartbeat: stored.heartbeat + 1 }));
    } catch (error) {
      // Whoever took it over has it already.
      if (!(error instanceof LedgerError && error.reason === "claim-lost")) throw error;
    }
    released = true;
  };

  return {
    node,
    record,
    heartbeat: () => owned((tx, stored) => tx.changeNode(stored.id, { heartbeat: stored.heartbeat + 1 })),
    release,
    [Symbol.asyncDispose]: release,
  };
}

function assertRecordable({ origin, readerId, started }: SnapshotEvidence, wonAtMs: number): void {
  if (origin !== "core" || readerId !== currentReader().readerId)
    throw new LedgerError("not-recordable", "only what this process read from a core can be recorded", {
      advice: "Pass what StatsClient.snapshot() gives.",
    });
  if (started.monotonicMs < wonAtMs)
    throw new LedgerError("stale-reading", "the reading was begun before the claim was won", {
      advice: "Read anew: what was booked meanwhile would be booked twice.",
    });
}

async function load(tx: LedgerWrite, stored: StoredNode): Promise<Known> {
  const counters = await tx.counters(stored.id);
  return {
    revision: stored.revision,
    base: stored.base === undefined ? undefined : readBase(stored.base, counters),
    ids: new CounterIds(counters.filter(({ source }) => source === "core").map(({ name, id }) => [name, id])),
  };
}

interface Booking {
  readonly result: RecordResult;
  readonly next: Known;
}

async function book(
  tx: LedgerWrite,
  stored: StoredNode,
  { base, ids }: Known,
  snapshot: Snapshot,
  options: RecordOptions & { readonly intervalMs: number },
): Promise<Booking> {
  const revision = stored.revision + 1;
  const alive = { heartbeat: stored.heartbeat + 1 };
  const unbooked = async (state: RecordResult["state"], error: StatsError | undefined): Promise<Booking> => {
    await tx.changeNode(stored.id, alive);
    const result = { state, bytes: 0n, counters: 0, gaps: [], error };
    return { result, next: { revision: stored.revision, base, ids } };
  };
  if (!isBookable(quarterOf(snapshot.takenAt)))
    return unbooked("clock", clockError(stored.name, snapshot, "a ledger goes from 1970 to 2089"));
  if (base === undefined) return bookFirst(tx, stored, snapshot, ids);
  if (!options.acceptClock && clockStepped(base.snapshot.evidence, snapshot.evidence))
    return unbooked("clock", clockError(stored.name, snapshot, "other clocks deny that"));
  if (beganBeforeEnd(base.snapshot.evidence, snapshot.evidence))
    throw new LedgerError("stale-reading", "the reading was begun before the last recorded one was read", {
      advice: "Record readings in the order in which they were begun.",
    });
  const { delta, missing, moved } = compareReadings(base.snapshot, base.missing, snapshot);
  if (missing === undefined) return unbooked("other-core", delta.error);

  const columns = snapshotColumns(snapshot);
  const { counters, bytes } = await usageRows(tx, stored.id, ids, columns, moved);
  await tx.addUsage(revision, { quarter: quarterOf(snapshot.takenAt), counters, bytes });
  if (delta.restarted) await tx.forgetRaws(stored.id);
  // After a reset those that fell to nothing changed as well, though they moved by nothing.
  const shown = delta.foreignReset ? presentIndices(columns) : moved.indices;
  const returned = [...base.missing.keys()]
    .filter((name) => !missing.has(name))
    .flatMap((name) => columns.table.find(name) ?? []);
  const raws = rawRows(ids, columns, returned.length === 0 ? shown : [...new Set([...shown, ...returned])]);
  await tx.setRaws(stored.id, raws.counters, raws.bytes);
  const vanished = [...missing.keys()].filter((name) => !base.missing.has(name)).flatMap((name) => ids.get(name) ?? []);
  await tx.setMissing(
    stored.id,
    vanished.sort((a, b) => a - b),
    base.snapshot.takenAt.getTime(),
  );

  const gaps = delta.gaps.map((gap) => gapOf(stored.name, gap));
  const entries = gaps.map((gap) => gapEntry(stored.id, gap));
  const late = lateNote(stored.id, base.snapshot, snapshot, options.intervalMs);
  await tx.addEntries(revision, late === undefined ? entries : [...entries, late]);
  await tx.changeNode(stored.id, { ...alive, revision, base: writeEvidence(snapshot.evidence) });
  const state = delta.restarted ? "restarted" : "ok";
  return {
    result: { state, bytes: sum(bytes), counters: bytes.length, gaps, error: undefined },
    next: { revision, base: { snapshot, missing }, ids },
  };
}

/** A node that was not known: what its counters show may be of any time, so it is the base and nothing is booked. */
async function bookFirst(tx: LedgerWrite, stored: StoredNode, snapshot: Snapshot, ids: CounterIds): Promise<Booking> {
  const revision = stored.revision + 1;
  const columns = snapshotColumns(snapshot);
  const shown = presentIndices(columns).filter((index) => columns.values[index] !== 0n);
  await addNewCounters(tx, stored.id, ids, columns, shown);
  const raws = rawRows(ids, columns, shown);
  await tx.setRaws(stored.id, raws.counters, raws.bytes);
  const gap: LedgerGap = {
    id: randomUUID(),
    node: stored.name,
    cause: "first-sight",
    from: undefined,
    to: snapshot.takenAt,
    bound: new Map(shown.map((index) => [columns.table.name(index), columns.values[index] as bigint])),
  };
  await tx.addEntries(revision, [gapEntry(stored.id, gap)]);
  await tx.changeNode(stored.id, {
    revision,
    heartbeat: stored.heartbeat + 1,
    base: writeEvidence(snapshot.evidence),
  });
  return {
    result: { state: "first", bytes: 0n, counters: 0, gaps: [gap], error: undefined },
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
    fresh.map((name) => ({ source: "core", name, generation: 0 })),
  );
  for (const [index, name] of fresh.entries()) ids.set(name, added[index] as number);
}

interface Rows {
  readonly counters: number[];
  readonly bytes: bigint[];
}

async function usageRows(
  tx: LedgerWrite,
  node: number,
  ids: CounterIds,
  columns: CounterColumns,
  { indices, bytes }: MovedColumns,
): Promise<Rows> {
  await addNewCounters(tx, node, ids, columns, indices);
  const known = ids.idsOf(columns, indices);
  return inOrder({ counters: indices.map((index) => known[index] as number), bytes: [...bytes] });
}

/** What counters show, of those the ledger knows. */
function rawRows(ids: CounterIds, columns: CounterColumns, indices: readonly number[]): Rows {
  const known = ids.idsOf(columns, indices);
  const rows: Rows = { counters: [], bytes: [] };
  for (const index of indices) {
    if (known[index] === 0) continue;
    rows.counters.push(known[index] as number);
    rows.bytes.push(columns.values[index] as bigint);
  }
  return inOrder(rows);
}

/** Stores write rows in the order of their keys several times as fast. */
function inOrder(rows: Rows): Rows {
  const { counters, bytes } = rows;
  if (counters.every((counter, at) => at === 0 || (counters[at - 1] as number) < counter)) return rows;
  const order = Uint32Array.from(counters.keys()).sort((a, b) => (counters[a] as number) - (counters[b] as number));
  return {
    counters: Array.from(order, (at) => counters[at] as number),
    bytes: Array.from(order, (at) => bytes[at] as bigint),
  };
}

function presentIndices(columns: CounterColumns): number[] {
  const indices: number[] = [];
  for (let index = 0; index < columns.present.length; index++) if (columns.has(index)) indices.push(index);
  return indices;
}

function sum(bytes: readonly bigint[]): bigint {
  return bytes.reduce((total, each) => total + each, 0n);
}

/** Whether the wall clock and a clock that never steps disagree by more than a quarter hour. */
function clockStepped(a: SnapshotEvidence, b: SnapshotEvidence): boolean {
  if (a.bootId === undefined || a.bootId !== b.bootId) return false;
  const wall = b.ended.at.getTime() - a.ended.at.getTime();
  return Math.abs(wall - (b.ended.sinceBootMs - a.ended.sinceBootMs)) > quarterMs;
}

function clockError(node: string, { takenAt }: Snapshot, why: string): LedgerError {
  return new LedgerError("clock", `${node}: the wall clock shows ${takenAt.toISOString()}, ${why}`, {
    advice: "Set the clock right; nothing is lost meanwhile. If it is right now, record once with acceptClock.",
  });
}

function gapOf(node: string, { cause, from, to, bound }: Gap): LedgerGap {
  // A clock that was set back in between shows the end before the beginning: nobody knows which time was right.
  const setBack = from !== undefined && from > to;
  return {
    id: randomUUID(),
    node,
    cause,
    from: setBack ? to : from,
    to: setBack ? from : to,
    bound: bound === "unknown" ? bound : new Map(bound.map(({ name, value }) => [name, value])),
  };
}

/** Stores have no open beginnings: this one is before all others. */
const openBeginning = -8.64e15;

function gapEntry(node: number, { id, cause, from, to, bound }: LedgerGap): StoredEntry {
  const body: GapBody = {
    cause,
    from: from?.getTime() ?? null,
    bound: bound === "unknown" ? bound : Array.from(bound, ([name, bytes]) => [name, bytes.toString()]),
  };
  return {
    id,
    node,
    kind: "gap",
    from: from?.getTime() ?? openBeginning,
    to: to.getTime(),
    body: JSON.stringify(body),
  };
}

/** Bytes of an interval go to the quarter of its end: where that is longer than a poll, answers say so. */
function lateNote(node: number, from: Snapshot, to: Snapshot, intervalMs: number): StoredEntry | undefined {
  const start = from.takenAt.getTime();
  const end = to.takenAt.getTime();
  if (quarterOf(from.takenAt) === quarterOf(to.takenAt) || end - start <= 2 * intervalMs) return undefined;
  return { id: randomUUID(), node, kind: "late", from: start, to: end, body: "{}" };
}
