export type { EmbeddedCall } from "./answer-call.ts";
export type { EmbeddedInbound, InboundOptions } from "./counted-relay.ts";
export type { Dialect, EmbeddedRequest } from "./dialect.ts";
export type { EmbeddedCore, EmbeddedCoreOptions, RestartOptions } from "./embedded-core.ts";
export { startEmbeddedCore } from "./embedded-core.ts";
export type { Fault } from "./fault.ts";
export type { Disconnection } from "./listener.ts";
export type { StatsMethod } from "./stats-service.ts";
