export type { StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export { isStatsError, StatsError } from "../errors/stats-error.ts";
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
