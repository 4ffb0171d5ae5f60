import { sysFits } from "../snapshot/epoch.ts";
import type { SnapshotEvidence } from "../snapshot/evidence.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type SnapshotTracker, trackSnapshots } from "../snapshot/track-snapshots.ts";

/** One process, as far as its readings tell. */
export interface Life {
  readonly first: Snapshot;
  readonly last: Snapshot;
  readonly readings: number;
  /** How often somebody else zeroed counters of it. */
  readonly foreignResets: number;
  /** How it took over from the one before; `undefined` for the first of all. */
  readonly beganAs: "restarted" | "other-core" | undefined;
}

/** Sorts the readings of one address by the processes that gave them. */
export interface LifeBook {
  readonly lives: readonly Life[];
  /** How often a process answered again after another one had, or what it counts fell and was back at the next reading. */
  readonly returns: number;
  add(reading: Snapshot): void;
}

interface OpenLife extends Life {
  readonly tracker: SnapshotTracker;
  readings: number;
  foreignResets: number;
  /** The reading before the last one, where counters fell in between. */
  beforeFall: Snapshot | undefined;
}

/** For readings that follow one another within seconds, of one process of ours. */
export function createLifeBook(): LifeBook {
  const lives: OpenLife[] = [];
  let current: OpenLife | undefined;
  let returns = 0;

  function open(reading: Snapshot): OpenLife {
    const tracker = trackSnapshots(reading);
    const life: OpenLife = {
      first: reading,
      get last() {
        return tracker.last;
      },
      readings: 1,
      foreignResets: 0,
      beganAs: current && takeOver(current.last.evidence, reading.evidence),
      tracker,
      beforeFall: undefined,
    };
    lives.push(life);
    return life;
  }

  function goOn(life: OpenLife, reading: Snapshot): void {
    const { last, beforeFall } = life;
    // Nothing outgrows in a moment what somebody zeroed: the reading with less was another process' own.
    const isBack =
      beforeFall !== undefined && fallenOf(beforeFall, last).every((name) => isAtLeast(reading, name, beforeFall));
    if (isBack || life !== current) returns++;
    life.beforeFall = fallenOf(last, reading).length > 0 ? last : undefined;
    life.readings++;
    if (life.tracker.next(reading).foreignReset) life.foreignResets++;
  }

  return {
    lives,
    get returns() {
      return returns;
    },
    add(reading) {
      const possible = lives.filter(({ last }) => belongs(last, reading));
      const quiet = possible.filter(({ last }) => fallenOf(last, reading).length === 0);
      const life = nearest(quiet, reading) ?? nearest(possible, reading);
      if (life === undefined) current = open(reading);
      else {
        goOn(life, reading);
        current = life;
      }
    },
  };
}

// Uptimes are whole seconds, each up to one too small.
const slackSeconds = 2;

/** Whether one process can have given both: its figures and its names only grow, and its uptime goes with our clock. */
function belongs(last: Snapshot, reading: Snapshot): boolean {
  const [before, after] = [last.evidence, reading.evidence];
  return (
    before.kind === after.kind &&
    sysFits(before.sysAfter, after.sysBefore) &&
    lag(before, after) <= slackSeconds + readSeconds(after) &&
    last.counters().every(({ name }) => reading.get(name) !== undefined)
  );
}

/** The counters that show less than before. */
function fallenOf(before: Snapshot, after: Snapshot): string[] {
  return before.counters().flatMap(({ name, value }) => ((after.get(name) ?? 0n) < value ? name : []));
}

function isAtLeast(reading: Snapshot, name: string, other: Snapshot): boolean {
  return (reading.get(name) ?? 0n) >= (other.get(name) ?? 0n);
}

/** The life whose process did least since: each reading makes it allocate a little. */
function nearest(lives: readonly OpenLife[], { evidence }: Snapshot): OpenLife | undefined {
  const workSince = ({ last }: OpenLife): number =>
    Number(evidence.sysBefore.totalAllocBytes - last.evidence.sysAfter.totalAllocBytes);
  return lives.toSorted((a, b) => workSince(a) - workSince(b))[0];
}

/** A process younger than the time since the one before was seen may be its successor. */
function takeOver(before: SnapshotEvidence, after: SnapshotEvidence): "restarted" | "other-core" {
  const elapsed = secondsBetween(before, after) + slackSeconds + readSeconds(after);
  return before.kind === after.kind && after.sysBefore.uptimeSeconds <= elapsed ? "restarted" : "other-core";
}

/** By how many seconds the uptime is off what it should be by our clock. */
function lag(before: SnapshotEvidence, after: SnapshotEvidence): number {
  const uptime = after.sysBefore.uptimeSeconds - before.sysAfter.uptimeSeconds;
  return Math.abs(uptime - secondsBetween(before, after));
}

function secondsBetween(before: SnapshotEvidence, after: SnapshotEvidence): number {
  return (after.started.monotonicMs - before.ended.monotonicMs) / 1000;
}

function readSeconds({ started, ended }: SnapshotEvidence): number {
  return (ended.monotonicMs - started.monotonicMs) / 1000;
}
