export type { StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export { isStatsError, StatsError } from "../errors/stats-error.ts";
export type { Direction, Scope } from "../names/stat-name.ts";
export type { Counter } from "../snapshot/counter.ts";
export type { CoreKind, Instant, SnapshotEvidence, SysStats } from "../snapshot/evidence.ts";
export type { Snapshot } from "../snapshot/snapshot.ts";
export type { CounterJson, SnapshotJson } from "../snapshot/snapshot-json.ts";
export type { SubjectTraffic } from "../snapshot/subject-traffic.ts";
export type { GapQuery, GapSettlement, LedgerGap, LedgerGapCause } from "../usage/ledger-gap.ts";
export type {
  LateNote,
  SourceOverlap,
  UnprovenNote,
  UsageAnswer,
  UsageNotes,
  UsageTotals,
} from "../usage/usage-answer.ts";
export type { Usage, UsageBucket, UsageKey, UsageQuery } from "../usage/usage-query.ts";
export type { Adjustment, AdjustmentOfBytes } from "./adjust.ts";
export type { Alias } from "./alias.ts";
export type { ClaimOptions } from "./claim.ts";
export type { Signed } from "./corrections.ts";
export type { CounterOwner } from "./counter-owner.ts";
export type { Erasure } from "./erase.ts";
export type {
  AllowedChanges,
  ChangeCursor,
  ChangedEntry,
  ChangesOptions,
  CursorNode,
  HeldNode,
  LedgerChanges,
  LedgerHeld,
  LeftOut,
  MergeOptions,
  MergeRefusal,
  MergeResult,
  NodeChanges,
  NodeMerge,
  OpenSweep,
  ReplacedLedger,
  SeenRevision,
  SentChanges,
  SweepPart,
} from "./exchange/changes.ts";
export type { ChangesJson, NodeChangesJson, ParseChangesOptions, UsageColumnsJson } from "./exchange/changes-json.ts";
export { changesJson, parseChangesJson } from "./exchange/changes-json.ts";
export type { LedgersMerged, MergeLedgersOptions, RefusedNode } from "./exchange/merge-ledgers.ts";
export { mergeLedgers } from "./exchange/merge-ledgers.ts";
export type { LedgerMoved } from "./exchange/move-ledger.ts";
export { moveLedger } from "./exchange/move-ledger.ts";
export type { Reconciled } from "./exchange/reconcile.ts";
export type { Replaced, Replacement } from "./exchange/replace-ledger.ts";
export type {
  BegunGeneration,
  GenerationQuery,
  GenerationStart,
  GenerationWords,
  StartedGeneration,
} from "./generations.ts";
export type { Ledger } from "./ledger.ts";
export { openMemoryLedger } from "./ledger.ts";
export type { LedgerErrorReason } from "./ledger-error.ts";
export { LedgerError } from "./ledger-error.ts";
export type {
  AliasCorrection,
  BytesCorrection,
  CorrectionHead,
  CorrectionQuery,
  ErasureCorrection,
  GenerationCorrection,
  LedgerCorrection,
  OtherCorrection,
  ReopeningCorrection,
  RetractionCorrection,
  SettlementCorrection,
  StatementCorrection,
} from "./list-corrections.ts";
export type { LedgerNode } from "./list-nodes.ts";
export type { PackOptions } from "./pack.ts";
export type {
  Statement,
  StatementHead,
  StatementNode,
  StatementQuery,
  StatementRow,
} from "./read-statements.ts";
export type { UnprovenDelta, UnprovenRecord, UnprovenResult } from "./record-unproven.ts";
export type { Retraction } from "./retract.ts";
export type { Settlement } from "./settle.ts";
export type { PeriodToClose, Reopening } from "./statement.ts";
export type { NewCounter, Session, StoredCounter, StoredEntry, UsageColumns } from "./store.ts";
export type { RecordOptions, RecordResult, Writer } from "./writer.ts";
