export type { CallOptions } from "../client/deadline.ts";
export type * from "../ledger/index.ts";
export type { CollectOptions } from "./collect.ts";
export { collect } from "./collect.ts";
export type { CollectedNode, SnapshotSource } from "./collected-node.ts";
export type {
  CollectorEvent,
  CollectorTroubleEvent,
  NodeGapEvent,
  NodeGenerationEvent,
  NodeRestartEvent,
  NodeState,
  NodeStateEvent,
} from "./collector-event.ts";
export type { DrainOptions, DrainResult } from "./drain.ts";
export { drain } from "./drain.ts";
export type { MadeAnew } from "./generation-keeper.ts";
export type { SnapshotSink } from "./recording-target.ts";
