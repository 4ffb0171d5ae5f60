export type { CallOptions } from "../client/deadline.ts";
export type { OnlineIp } from "../client/stats-client.ts";
export type { ConfigFile, ConfigInput } from "../config/load/parse-config.ts";
export type { ConfigTarget } from "../config/target.ts";
export type { StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export { isStatsError, StatsError } from "../errors/stats-error.ts";
export type { HttpHandler, RequestInfo } from "../http/handler.ts";
export { createNodeListener, type NodeListener } from "../http/node-listener.ts";
export type { ServedHandler, ServeHandlerOptions, ServeTlsOptions } from "../http/serve-handler.ts";
export type { TlsOptions } from "../internal/tls-options.ts";
export type * from "../ledger/index.ts";
export type { ManagerFallback } from "./client/generation-walk.ts";
export { ManagerClient } from "./client/manager-client.ts";
export type {
  ManagerBody,
  ManagerBodyChunk,
  ManagerBodyReader,
  ManagerFetch,
  ManagerRequestInit,
  ManagerResponse,
  ManagerResponseHeaders,
} from "./client/manager-fetch.ts";
export type {
  ManagerCallOptions,
  ManagerClientOptions,
  ManagerLogger,
  ManagerResetOptions,
  ManagerStaleOptions,
} from "./client/manager-options.ts";
export type { ManagerTlsOptions } from "./client/node-fetch.ts";
export type { LegacyInterfaceTraffic, LegacyKeyStats, LegacyListedStats } from "./legacy-stats.ts";
export { toLegacyStats } from "./legacy-stats.ts";
export type { ManagerErrorOptions, ManagerErrorReason } from "./manager-error.ts";
export { ManagerError } from "./manager-error.ts";
export type { ManagerApiKey } from "./server/access.ts";
export type { ManagerCore } from "./server/core-readings.ts";
export type { KeyFile } from "./server/follow-keys.ts";
export { followKeys } from "./server/follow-keys.ts";
export { parseKeysFile } from "./server/keys-file.ts";
export type { KeysOfConfigOptions } from "./server/keys-of-config.ts";
export { keysOfConfig } from "./server/keys-of-config.ts";
export type { ManagerHandlerOptions } from "./server/manager-handler.ts";
export { createManagerHandler } from "./server/manager-handler.ts";
export type { ManagerHost } from "./server/manager-host.ts";
export { createProcHost, unknownHost } from "./server/manager-host.ts";
export { startManagerServer } from "./server/manager-server.ts";
export type { ManagerKeys, ServedKey } from "./server/served-key.ts";
export type { KeyPorts } from "./server/socket-table.ts";
export type {
  DailyTraffic,
  HistoryCleanup,
  HistoryTraffic,
  KeyHistory,
  KeyMonthlyTraffic,
  KeyTrafficHistory,
  MonthlyTraffic,
  TrafficHistory,
} from "./traffic-history.ts";
export type {
  FailedTraffic,
  InterfaceTraffic,
  KeyConnection,
  KeyTraffic,
  KeyTrafficStats,
  ManagerAnswer,
  ManagerGeneration,
  ManagerKey,
  ManagerTime,
  ManagerTrafficAnswer,
  MeasuredTraffic,
  StaleMark,
  SystemSummary,
  TrafficReset,
  TrafficStats,
  TrafficStatus,
} from "./traffic-stats.ts";
