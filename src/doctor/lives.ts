import { type EpochVerdict, judgeEpoch, sysFits } from "../snapshot/epoch.ts";
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
  /** What the reading before its first one says to that: `undefined` for the first life of all. */
  readonly beganAs: EpochVerdict | undefined;
}

/** Sorts the readings of one address by the processes that gave them. */
export interface LifeBook {
  readonly lives: readonly Life[];
  /** How often a process answered again after another one had. */
  readonly returns: number;
  add(reading: Snapshot): void;
}

interface OpenLife extends Life {
  readonly tracker: SnapshotTracker;
  readings: number;
  foreignResets: number;
}

/** For readings that follow one another within seconds, of one process of ours. */
export function createLifeBook(): LifeBook {
  const lives: OpenLife[] = [];
  let current: OpenLife | undefined;
  let returns = 0;

  function open(reading: Snapshot): OpenLife {
    const tracker = trackSnapshots(reading);
    const before = current?.tracker.last.evidence;
    const life: OpenLife = {
      first: reading,
      get last() {
        return tracker.last;
      },
      readings: 0,
      foreignResets: 0,
      beganAs: before && verdictOf(before, reading.evidence),
      tracker,
    };
    lives.push(life);
    return life;
  }

  return {
    lives,
    get returns() {
      return returns;
    },
    add(reading) {
      const known = lives
        .filter(({ tracker }) => belongs(tracker.last.evidence, reading.evidence))
        .toSorted((a, b) => lag(a.last.evidence, reading.evidence) - lag(b.last.evidence, reading.evidence))[0];
      const life = known ?? open(reading);
      if (known !== undefined) {
        if (known !== current) returns++;
        if (known.tracker.next(reading).foreignReset) known.foreignResets++;
      }
      life.readings++;
      current = life;
    },
  };
}

/** What became of the process between two readings that are not of one life. */
function verdictOf(before: SnapshotEvidence, after: SnapshotEvidence): EpochVerdict {
  const { verdict, restartPossible } = judgeEpoch(before, after, false);
  if (verdict === "same") return restartPossible ? "restarted" : "other-core";
  return verdict;
}

// Uptimes are whole seconds, each up to one too small.
const slackSeconds = 2;

function belongs(before: SnapshotEvidence, after: SnapshotEvidence): boolean {
  return (
    before.kind === after.kind &&
    sysFits(before.sysAfter, after.sysBefore) &&
    lag(before, after) <= slackSeconds + (after.ended.monotonicMs - after.started.monotonicMs) / 1000
  );
}

/** By how many seconds the uptime is off what it should be by our clock. */
function lag(before: SnapshotEvidence, after: SnapshotEvidence): number {
  const elapsed = (after.started.monotonicMs - before.ended.monotonicMs) / 1000;
  return Math.abs(after.sysBefore.uptimeSeconds - before.sysAfter.uptimeSeconds - elapsed);
}
