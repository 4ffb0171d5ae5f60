export type { CallOptions } from "../client/deadline.ts";
export type { StatsError, StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export type { ClaimOptions } from "../ledger/claim.ts";
export type { LedgerGap, LedgerGapCause } from "../ledger/gap.ts";
export type { GapQuery, Ledger } from "../ledger/ledger.ts";
export type { RecordOptions, RecordResult, Writer } from "../ledger/writer.ts";
export type { Direction, Scope } from "../names/stat-name.ts";
export type { Counter } from "../snapshot/counter.ts";
export type { CoreKind, Instant, SnapshotEvidence, SysStats } from "../snapshot/evidence.ts";
export type { Snapshot } from "../snapshot/snapshot.ts";
export type { CounterJson, SnapshotJson } from "../snapshot/snapshot-json.ts";
export type { SubjectTraffic } from "../snapshot/subject-traffic.ts";
export type { Usage, UsageBucket, UsageKey, UsageQuery } from "../usage/usage-query.ts";
export type { CollectOptions } from "./collect.ts";
export { collect } from "./collect.ts";
export type { CollectedNode, SnapshotSource } from "./collected-node.ts";
export type {
  CollectorEvent,
  NodeGapEvent,
  NodeRestartEvent,
  NodeState,
  NodeStateEvent,
} from "./collector-event.ts";
export type { DrainOptions, DrainResult } from "./drain.ts";
export { drain } from "./drain.ts";
export type { SnapshotSink } from "./recording-target.ts";
