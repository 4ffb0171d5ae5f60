export type { CallOptions } from "./client/deadline.ts";
export type { Capabilities, Detection } from "./client/detect.ts";
export type { ResetSelection } from "./client/reset-counters.ts";
export { ResetError } from "./client/reset-counters.ts";
export type { OnlineIp, QueryOptions, StatsClientOptions } from "./client/stats-client.ts";
export { StatsClient } from "./client/stats-client.ts";
export type { WatchOptions } from "./client/watch.ts";
export type { RpcErrorOptions } from "./errors/rpc-error.ts";
export { RpcError } from "./errors/rpc-error.ts";
export type { StatsErrorCode, StatsErrorOptions } from "./errors/stats-error.ts";
export { isStatsError, StatsError } from "./errors/stats-error.ts";
export type { TlsOptions } from "./internal/tls-options.ts";
export type { FormattedStatName } from "./names/format-stat-name.ts";
export { formatStatName } from "./names/format-stat-name.ts";
export type { NamePattern } from "./names/match-name.ts";
export { createNameMatcher } from "./names/match-name.ts";
export type { ParsedStatName } from "./names/parse-stat-name.ts";
export { parseStatName } from "./names/parse-stat-name.ts";
export type {
  Direction,
  OnlineName,
  OtherName,
  Scope,
  StatName,
  TrafficName,
  TrafficNameText,
} from "./names/stat-name.ts";
export type { Counter } from "./snapshot/counter.ts";
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
} from "./snapshot/delta.ts";
export type { CoreKind, Instant, SnapshotEvidence, SysStats } from "./snapshot/evidence.ts";
export type { RateSmoother, RateSmootherOptions, SubjectRate } from "./snapshot/rates.ts";
export { createRateSmoother, deltaRates } from "./snapshot/rates.ts";
export { Snapshot } from "./snapshot/snapshot.ts";
export type { CounterJson, SnapshotJson } from "./snapshot/snapshot-json.ts";
export type { SubjectTraffic } from "./snapshot/subject-traffic.ts";
export type { SnapshotTracker } from "./snapshot/track-snapshots.ts";
export { diffSnapshots, trackSnapshots } from "./snapshot/track-snapshots.ts";
