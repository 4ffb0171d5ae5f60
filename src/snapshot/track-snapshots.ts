import { StatsError } from "../errors/stats-error.ts";
import { type ColumnChanges, compareColumns } from "./compare-columns.ts";
import type { Counter } from "./counter.ts";
import type { CounterColumns } from "./counter-columns.ts";
import { type CounterDelta, createDelta, createUnreachableDelta, type Delta, type Gap } from "./delta.ts";
import { beganBeforeEnd, elapsedMs, judgeEpoch, judgeSameCore } from "./epoch.ts";
import { type Snapshot, snapshotColumns } from "./snapshot.ts";

/** Follows one core through its readings. */
export interface SnapshotTracker {
  /** The last reading that was taken as this core's; the next delta starts there. */
  readonly last: Snapshot;
  /**
   * Says what moved since the last reading, and takes this one as the last. A reading from another core is not taken:
   * its delta has the error `other-core`, and the next reading of the right core is compared with the last good one.
   *
   * @throws RangeError as `diffSnapshots`.
   */
  next(snapshot: Snapshot): Delta;
}

/** Counters of this life of the core that the last reading does not hold, with what they showed, and when. */
export type MissingCounters = ReadonlyMap<string, { readonly value: bigint; readonly seen: Date }>;

/**
 * Follows one core through any number of readings. Unlike `diffSnapshots` on neighbours it remembers counters that
 * vanish for a while, so one that returns is not taken as new.
 *
 * @param first The reading to start from; its own bytes are in no delta.
 */
export function trackSnapshots(first: Snapshot): SnapshotTracker {
  let last = first;
  let missing: MissingCounters = new Map();
  return {
    get last() {
      return last;
    },
    next(snapshot) {
      const step = compareReadings(last, missing, snapshot);
      if (step.missing !== undefined) {
        last = snapshot;
        missing = step.missing;
      }
      return step.delta;
    },
  };
}

/**
 * Says what moved between two readings of one core: the difference of every counter, or all a counter shows where the
 * core restarted in between or somebody zeroed it. Never more than what flowed; `gaps` says where it may be less.
 *
 * One thing nobody can see: a foreign reset after which every counter outgrew its old value.
 *
 * @throws RangeError where `later` was begun before `earlier` was read to its end, as far as their clocks tell: those of
 * one process, or of one machine since it booted.
 */
export function diffSnapshots(earlier: Snapshot, later: Snapshot): Delta {
  return compareReadings(earlier, new Map(), later).delta;
}

/** What a later reading says after an earlier one. */
export interface ReadingStep {
  readonly delta: Delta;
  /** The counters to remember from here on; none where the reading is not this core's. */
  readonly missing: MissingCounters | undefined;
  /** What moved, by index into the later reading's table. */
  readonly moved: MovedColumns;
}

/** Counters that moved, by index, and by how many bytes each. */
export interface MovedColumns {
  readonly indices: readonly number[];
  readonly bytes: readonly bigint[];
}

/** Compares two readings of one core, the earlier one with counters that it had lost sight of. */
export function compareReadings(
  from: Snapshot,
  missing: MissingCounters,
  to: Snapshot,
  { sameCore = false }: { readonly sameCore?: boolean | undefined } = {},
): ReadingStep {
  const { evidence } = to;
  if (beganBeforeEnd(from.evidence, evidence)) {
    throw new RangeError("the later snapshot must have been begun after the earlier one was read");
  }
  const before = snapshotColumns(from);
  const after = snapshotColumns(to);
  const changes = compareColumns(before, after);
  const { verdict, restartPossible } = (sameCore ? judgeSameCore : judgeEpoch)(
    from.evidence,
    evidence,
    changes.fallen.length > 0,
  );
  const facts = { from, to, at: to.takenAt, elapsedMs: elapsedMs(from.evidence, evidence), error: undefined };
  const window = { from: from.takenAt, to: to.takenAt };
  switch (verdict) {
    case "other-core":
      return {
        delta: createUnreachableDelta(otherCore(from, to), from, to.takenAt),
        missing: undefined,
        moved: { indices: [], bytes: [] },
      };
    case "restarted": {
      const moved = inFull(after);
      const gaps = [restartGap(from, to)];
      return {
        delta: createDelta({ ...facts, state: "restarted", foreignReset: false, gaps }, () => listMoved(moved, after)),
        missing: new Map(),
        moved,
      };
    }
    case "same":
    case "foreign-reset": {
      const { moved, lostSince } = byDifference(changes, after, missing);
      const gaps: Gap[] = [];
      if (verdict === "foreign-reset") {
        const fallen = new Set(changes.fallen.map((index) => after.table.name(index)));
        gaps.push({
          cause: "foreign-reset",
          ...window,
          bound: lastShown(before, missing).filter(({ name }) => !fallen.has(name)),
        });
      }
      if (restartPossible) gaps.push({ cause: "uncertain-restart", ...window, bound: lastShown(before, missing) });
      if (lostSince) gaps.push({ cause: "counter-lost", from: lostSince, to: to.takenAt, bound: "unknown" });
      const state = { state: "ok", foreignReset: verdict === "foreign-reset", gaps } as const;
      return {
        delta: createDelta({ ...facts, ...state }, () => listMoved(moved, after)),
        missing: stillMissing(missing, changes, from, after),
        moved,
      };
    }
  }
}

function listMoved({ indices, bytes }: MovedColumns, { table, values }: CounterColumns): CounterDelta[] {
  return indices.map((index, at) => {
    return { name: table.name(index), bytes: bytes[at] as bigint, value: values[index] as bigint };
  });
}

function inFull(columns: CounterColumns): MovedColumns {
  const indices: number[] = [];
  const bytes: bigint[] = [];
  for (let index = 0; index < columns.present.length; index++) {
    const value = columns.values[index] as bigint;
    if (!columns.has(index) || value === 0n) continue;
    indices.push(index);
    bytes.push(value);
  }
  return { indices, bytes };
}

function byDifference(
  { changed, by, fallen, appeared }: ColumnChanges,
  { table, values }: CounterColumns,
  missing: MissingCounters,
): { moved: MovedColumns; lostSince: Date | undefined } {
  if (fallen.length === 0 && appeared.length === 0)
    return { moved: { indices: changed, bytes: by }, lostSince: undefined };
  const indices: number[] = [];
  const bytes: bigint[] = [];
  let lostSince: Date | undefined;
  const move = (index: number, amount: bigint): void => {
    if (amount === 0n) return;
    indices.push(index);
    bytes.push(amount);
  };
  for (const [at, index] of changed.entries()) move(index, by[at] as bigint);
  for (const index of appeared) {
    const value = values[index] as bigint;
    const before = missing.size === 0 ? undefined : missing.get(table.name(index));
    const lost = before !== undefined && value < before.value;
    if (lost && (lostSince === undefined || before.seen < lostSince)) lostSince = before.seen;
    move(index, lost ? value : value - (before?.value ?? 0n));
  }
  return { moved: { indices, bytes }, lostSince };
}

/** What each counter of this life of the core showed last. */
function lastShown(before: CounterColumns, missing: MissingCounters): Counter[] {
  return [...before.toArray(), ...Array.from(missing, ([name, { value }]) => ({ name, value }))];
}

function stillMissing(
  missing: MissingCounters,
  { appeared, vanished }: ColumnChanges,
  from: Snapshot,
  after: CounterColumns,
): MissingCounters {
  if (vanished.length === 0 && (appeared.length === 0 || missing.size === 0)) return missing;
  const before = snapshotColumns(from);
  const names = new Map(missing);
  for (const index of appeared) names.delete(after.table.name(index));
  for (const index of vanished) {
    names.set(before.table.name(index), { value: before.values[index] as bigint, seen: from.takenAt });
  }
  return names;
}

function restartGap(from: Snapshot, to: Snapshot): Gap {
  const { kind, started, sysBefore } = to.evidence;
  const newStart = started.at.getTime() - sysBefore.uptimeSeconds * 1000;
  return {
    cause: "core-restart",
    from: kind === "xray" ? undefined : from.takenAt,
    to: new Date(Math.max(newStart, from.takenAt.getTime())),
    bound: "unknown",
  };
}

function otherCore(from: Snapshot, to: Snapshot): StatsError {
  const { endpoint, kind, sysBefore } = to.evidence;
  const was = `${from.evidence.kind} up ${from.evidence.sysAfter.uptimeSeconds} s`;
  return new StatsError(
    "other-core",
    `another core answers at ${endpoint}: ${kind} up ${sysBefore.uptimeSeconds} s, where ${was} was read at ${from.takenAt.toISOString()}`,
    { advice: "Check that one process alone listens there; start anew from a fresh snapshot if the change is meant." },
  );
}
