import { randomUUID } from "node:crypto";
import type { StatsError } from "../errors/stats-error.ts";
import { currentReader } from "../internal/reading-clock.ts";
import type { Gap } from "../snapshot/delta.ts";
import { beganBeforeEnd } from "../snapshot/epoch.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { compareReadings } from "../snapshot/track-snapshots.ts";
import { type BaseReading, readBase, writeEvidence } from "./base-reading.ts";
import type { GapBody, LedgerGap } from "./gap.ts";
import { LedgerError } from "./ledger-error.ts";
import { quarterMs, quarterOf } from "./quarter.ts";
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
  readonly ids: Map<string, number>;
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
    const before = known;
    known = undefined;
    const { result, next } = await owned(async (tx, stored) => {
      const current = before?.revision === stored.revision ? before : await load(tx, stored);
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
    } finally {
      released = true;
    }
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
    ids: new Map(counters.filter(({ source }) => source === "core").map(({ name, id }) => [name, id])),
  };
}

interface Booking {
  readonly result: RecordResult;
  readonly next: Known;
}

async function book(
  tx: LedgerWrite,
  stored: StoredNode,
  { base, ids: knownIds }: Known,
  snapshot: Snapshot,
  options: RecordOptions & { readonly intervalMs: number },
): Promise<Booking> {
  const ids = new Map(knownIds);
  const revision = stored.revision + 1;
  const alive = { heartbeat: stored.heartbeat + 1 };
  const unbooked = async (state: RecordResult["state"], error: StatsError | undefined): Promise<Booking> => {
    await tx.changeNode(stored.id, alive);
    const result = { state, bytes: 0n, counters: 0, gaps: [], error };
    return { result, next: { revision: stored.revision, base, ids } };
  };
  if (base === undefined) return bookFirst(tx, stored, snapshot, ids);
  if (!options.acceptClock && clockStepped(base.snapshot.evidence, snapshot.evidence))
    return unbooked("clock", clockError(stored.name, snapshot));
  if (beganBeforeEnd(base.snapshot.evidence, snapshot.evidence))
    throw new LedgerError("stale-reading", "the reading was begun before the last recorded one was read", {
      advice: "Record readings in the order in which they were begun.",
    });
  const { delta, missing } = compareReadings(base.snapshot, base.missing, snapshot);
  if (missing === undefined) return unbooked("other-core", delta.error);

  const moved = delta.counters();
  await addNewCounters(tx, stored.id, ids, moved.map(({ name }) => name));
  const idOf = (name: string): number => ids.get(name) as number;
  const usage = inOrder(moved.map(({ name, bytes }) => [idOf(name), bytes]));
  await tx.addUsage(stored.id, revision, { quarter: quarterOf(snapshot.takenAt), ...usage });
  if (delta.restarted) await tx.forgetRaws(stored.id);
  // After a reset those that fell to nothing changed as well, though they moved by nothing.
  const shown = delta.restarted || delta.foreignReset ? snapshot.counters() : moved;
  const returned = [...base.missing.keys()].filter((name) => !missing.has(name) && snapshot.get(name) !== undefined);
  const raws = new Map(shown.filter(({ name }) => ids.has(name)).map(({ name, value }) => [idOf(name), value]));
  for (const name of returned) raws.set(idOf(name), snapshot.get(name) as bigint);
  const rawColumns = inOrder([...raws]);
  await tx.setRaws(stored.id, rawColumns.counters, rawColumns.bytes);
  const vanished = [...missing.keys()].filter((name) => !base.missing.has(name) && ids.has(name));
  await tx.setMissing(stored.id, vanished.map(idOf).sort(ascending), base.snapshot.takenAt.getTime());

  const gaps = delta.gaps.map((gap) => gapOf(stored.name, gap));
  const entries = gaps.map((gap) => gapEntry(stored.id, gap));
  const late = lateNote(stored.id, base.snapshot, snapshot, options.intervalMs);
  await tx.addEntries(revision, late === undefined ? entries : [...entries, late]);
  await tx.changeNode(stored.id, { ...alive, revision, base: writeEvidence(snapshot.evidence) });
  const bytes = moved.reduce((sum, each) => sum + each.bytes, 0n);
  const state = delta.restarted ? "restarted" : "ok";
  return {
    result: { state, bytes, counters: moved.length, gaps, error: undefined },
    next: { revision, base: { snapshot, missing }, ids },
  };
}

/** A node that was not known: what its counters show may be of any time, so it is the base and nothing is booked. */
async function bookFirst(
  tx: LedgerWrite,
  stored: StoredNode,
  snapshot: Snapshot,
  ids: Map<string, number>,
): Promise<Booking> {
  const revision = stored.revision + 1;
  const shown = snapshot.counters().filter(({ value }) => value > 0n);
  await addNewCounters(tx, stored.id, ids, shown.map(({ name }) => name));
  const raws = inOrder(shown.map(({ name, value }) => [ids.get(name) as number, value]));
  await tx.setRaws(stored.id, raws.counters, raws.bytes);
  const gap: LedgerGap = {
    id: randomUUID(),
    node: stored.name,
    cause: "first-sight",
    from: undefined,
    to: snapshot.takenAt,
    bound: new Map(shown.map(({ name, value }) => [name, value])),
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
  ids: Map<string, number>,
  names: readonly string[],
): Promise<void> {
  const fresh = names.filter((name) => !ids.has(name));
  if (fresh.length === 0) return;
  const added = await tx.addCounters(
    node,
    fresh.map((name) => ({ source: "core", name, generation: 0 })),
  );
  fresh.forEach((name, index) => ids.set(name, added[index] as number));
}

/** Stores write rows in the order of their keys several times as fast. */
function inOrder(rows: readonly (readonly [id: number, bytes: bigint])[]): { counters: number[]; bytes: bigint[] } {
  const sorted = rows.toSorted(([a], [b]) => a - b);
  return { counters: sorted.map(([id]) => id), bytes: sorted.map(([, bytes]) => bytes) };
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Whether the wall clock and a clock that never steps disagree by more than a quarter hour. */
function clockStepped(a: SnapshotEvidence, b: SnapshotEvidence): boolean {
  if (a.bootId === undefined || a.bootId !== b.bootId) return false;
  const wall = b.ended.at.getTime() - a.ended.at.getTime();
  return Math.abs(wall - (b.ended.sinceBootMs - a.ended.sinceBootMs)) > quarterMs;
}

function clockError(node: string, { takenAt }: Snapshot): LedgerError {
  return new LedgerError("clock", `${node}: the wall clock shows ${takenAt.toISOString()}, which other clocks deny`, {
    advice: "Set the clock right; nothing is lost meanwhile. If it is right now, record once with acceptClock.",
  });
}

function gapOf(node: string, { cause, from, to, bound }: Gap): LedgerGap {
  return {
    id: randomUUID(),
    node,
    cause,
    from,
    to,
    bound: bound === "unknown" ? bound : new Map(bound.map(({ name, value }) => [name, value])),
  };
}

/** Stores have no open beginnings: this one is before all others. */
const openBeginning = -1;

function gapEntry(node: number, { id, cause, from, to, bound }: LedgerGap): StoredEntry {
  const body: GapBody = {
    cause,
    from: from?.getTime() ?? null,
    bound: bound === "unknown" ? bound : Array.from(bound, ([name, bytes]) => [name, bytes.toString()]),
  };
  return { id, node, kind: "gap", from: from?.getTime() ?? openBeginning, to: to.getTime(), body: JSON.stringify(body) };
}

/** Bytes of an interval go to the quarter of its end: where that is longer than a poll, answers say so. */
function lateNote(node: number, from: Snapshot, to: Snapshot, intervalMs: number): StoredEntry | undefined {
  const start = from.takenAt.getTime();
  const end = to.takenAt.getTime();
  if (quarterOf(from.takenAt) === quarterOf(to.takenAt) || end - start <= 2 * intervalMs) return undefined;
  return { id: randomUUID(), node, kind: "late", from: start, to: end, body: "{}" };
}
