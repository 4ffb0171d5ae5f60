export type { CallOptions } from "../client/deadline.ts";
export type { Capabilities, Detection } from "../client/detect.ts";
export type { TlsOptions } from "../client/endpoint.ts";
export type { ResetSelection } from "../client/reset-counters.ts";
export type { OnlineIp, QueryOptions, StatsClient, StatsClientOptions } from "../client/stats-client.ts";
export type { WatchOptions } from "../client/watch.ts";
export type { ConfigFile, ConfigInput } from "../config/load/parse-config.ts";
export type { ConfigFormat } from "../config/syntax/node.ts";
export type { ConfigTarget } from "../config/target.ts";
export type { StatsError, StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export type { NamePattern } from "../names/match-name.ts";
export type { Direction, Scope } from "../names/stat-name.ts";
export type { Counter } from "../snapshot/counter.ts";
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
} from "../snapshot/delta.ts";
export type { CoreKind, Instant, SnapshotEvidence, SysStats } from "../snapshot/evidence.ts";
export type { Snapshot } from "../snapshot/snapshot.ts";
export type { CounterJson, SnapshotJson } from "../snapshot/snapshot-json.ts";
export type { SubjectTraffic } from "../snapshot/subject-traffic.ts";
export type { DiagnoseOptions } from "./diagnose.ts";
export { diagnose } from "./diagnose.ts";
export type { CheckId, CheckStatus, DetailValue, Diagnosis, DoctorCheck } from "./diagnosis.ts";
