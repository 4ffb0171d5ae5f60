export type { StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export { isStatsError, StatsError } from "../errors/stats-error.ts";
export type { Scope } from "../names/stat-name.ts";
export type { Counter } from "./counter.ts";
export type {
  CounterDelta,
  CounterDeltaJson,
  Delta,
  DeltaJson,
  DeltaState,
  ErrorJson,
  Gap,
  GapCause,
  GapJson,
} from "./delta.ts";
export type { CoreKind, Instant, SnapshotEvidence, SysStats } from "./evidence.ts";
export type { RateSmoother, RateSmootherOptions, SubjectRate } from "./rates.ts";
export { createRateSmoother, deltaRates } from "./rates.ts";
export { Snapshot } from "./snapshot.ts";
export type { CounterJson, SnapshotJson } from "./snapshot-json.ts";
export type { SubjectTraffic } from "./subject-traffic.ts";
export type { SnapshotTracker } from "./track-snapshots.ts";
export { diffSnapshots, trackSnapshots } from "./track-snapshots.ts";
