import type { SnapshotEvidence, SysStats } from "./evidence.ts";

/**
 * What happened to a core between two readings.
 *
 * - `same`: one life of the core, counters went on
 * - `restarted`: a new process, counters started at zero
 * - `foreign-reset`: the same process, but somebody zeroed counters
 * - `other-core`: a different core answers there now
 */
export type EpochVerdict = "same" | "restarted" | "foreign-reset" | "other-core";

/** A verdict, and whether a restart in between cannot be ruled out all the same. */
export interface EpochJudgement {
  readonly verdict: EpochVerdict;
  readonly restartPossible: boolean;
}

/** True where a figure that only grows while a process lives is smaller than before. */
export function sysFell(before: SysStats, after: SysStats): boolean {
  return (
    after.totalAllocBytes < before.totalAllocBytes ||
    after.mallocs < before.mallocs ||
    after.gcCycles < before.gcCycles ||
    after.pauseTotalNs < before.pauseTotalNs
  );
}

/** True where both figures can be of one process, read one after the other. */
export function sysFits(before: SysStats, after: SysStats): boolean {
  return !sysFell(before, after) && after.uptimeSeconds >= before.uptimeSeconds;
}

// Uptimes are whole seconds, each up to one too small; one more for clocks that are slewed.
const slackSeconds = 2;

/**
 * The restart rule. Uptime alone is no proof: wall clocks step, machines sleep (their uptime then stands still), and a
 * fast restart leaves the other figures almost equal. So every clock is asked, and what cannot be told is called so.
 */
export function judgeEpoch(a: SnapshotEvidence, b: SnapshotEvidence, counterFell: boolean): EpochJudgement {
  if (!sameOrigin(a, b)) return judged("other-core");
  return judgeOrigin(a, b, counterFell);
}

/** The same for readings that somebody vouches to be of one node: the life of its core may be another one, at most. */
export function judgeSameCore(a: SnapshotEvidence, b: SnapshotEvidence, counterFell: boolean): EpochJudgement {
  const judgement = judgeOrigin(a, b, counterFell);
  if (judgement.verdict !== "other-core") return judgement;
  if (sysFell(a.sysAfter, b.sysBefore)) return judged("restarted");
  return judged(counterFell ? "foreign-reset" : "same");
}

/** Whether both were read at one address from one kind of core, as far as that is known. */
export function sameOrigin(a: SnapshotEvidence, b: SnapshotEvidence): boolean {
  const sameKind = a.kind === b.kind || a.kind === "unknown" || b.kind === "unknown";
  return sameKind && address(a.endpoint) === address(b.endpoint);
}

function address(endpoint: string): string {
  return endpoint.toLowerCase().replace(/^localhost(?=:)/, "127.0.0.1");
}

function judgeOrigin(a: SnapshotEvidence, b: SnapshotEvidence, counterFell: boolean): EpochJudgement {
  const uptime = b.sysBefore.uptimeSeconds;
  const elapsed = elapsedSeconds(a, b);
  const slack = slackSeconds + readSeconds(a) + readSeconds(b);
  const early = elapsed.map((seconds) => a.sysAfter.uptimeSeconds + seconds - uptime); // by each clock, > 0: short of it
  if (early.every((seconds) => seconds < -slack)) return judged("other-core");
  // Where a counter fell, the most trustworthy clock alone may rule a restart out.
  const onTime = (counterFell ? early.slice(0, 1) : early).some((seconds) => Math.abs(seconds) <= slack);
  const restartFits = uptime <= (elapsed[0] as number) + slack;
  if (sysFell(a.sysAfter, b.sysBefore)) return judged(restartFits ? "restarted" : "other-core");
  const restartPossible = !onTime && restartFits;
  return { verdict: counterFell ? "foreign-reset" : "same", restartPossible };
}

function judged(verdict: EpochVerdict): EpochJudgement {
  return { verdict, restartPossible: false };
}

/** By each usable clock, the most trustworthy first: since boot (sleep included, never stepped), then the wall. */
function elapsedSeconds(a: SnapshotEvidence, b: SnapshotEvidence): number[] {
  const wall = (b.started.at.getTime() - a.ended.at.getTime()) / 1000;
  if (a.bootId === undefined || a.bootId !== b.bootId) return [wall];
  return [(b.started.sinceBootMs - a.ended.sinceBootMs) / 1000, wall];
}

function readSeconds(evidence: SnapshotEvidence): number {
  return Math.max(0, evidence.ended.sinceBootMs - evidence.started.sinceBootMs) / 1000;
}

// The clock since boot has steps of a hundredth of a second.
const bootStepMs = 10;

/** Whether b was begun before a was read to its end, by clocks that never step; false where there is none for both. */
export function beganBeforeEnd(a: SnapshotEvidence, b: SnapshotEvidence): boolean {
  if (a.readerId === b.readerId) return b.started.monotonicMs < a.ended.monotonicMs;
  const sameBoot = a.bootId !== undefined && a.bootId === b.bootId;
  return sameBoot && b.started.sinceBootMs < a.ended.sinceBootMs - bootStepMs;
}

/** Milliseconds from the end of one reading to the end of another, sleep of the machine included; never negative. */
export function elapsedMs(a: SnapshotEvidence, b: SnapshotEvidence): number {
  const sinceBoot = (elapsedSeconds(a, b)[0] as number) * 1000 + readSeconds(b) * 1000;
  const monotonic = b.ended.monotonicMs - a.ended.monotonicMs;
  // The finer clock, where the machine did not sleep.
  const finer = a.readerId === b.readerId && Math.abs(sinceBoot - monotonic) < 1000;
  return Math.max(0, finer ? monotonic : sinceBoot);
}
