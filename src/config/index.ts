export type { ConfigIssue } from "../errors/config-error.ts";
export { ConfigError } from "../errors/config-error.ts";
export type { StatsErrorCode, StatsErrorOptions } from "../errors/stats-error.ts";
export { isStatsError, StatsError } from "../errors/stats-error.ts";
export type { Direction, Scope, TrafficNameText } from "../names/stat-name.ts";
export type {
  ApiEntrance,
  ApiInbound,
  ApiInboundSocket,
  ApiListen,
  ApiName,
  ApiPort,
  ApiSocket,
  ApiTls,
  MutualTls,
  OpenTls,
  SingBoxApiOptions,
  V2ray4ApiOptions,
  V2ray5ApiOptions,
  XrayApiOptions,
} from "./build/api-options.ts";
export type {
  BlocksOptions,
  CommonConfigOptions,
  ConfigOptions,
  Jsonv5BlocksOptions,
  Jsonv5ConfigOptions,
  RouteOptions,
  SingBoxBlocksOptions,
  SingBoxConfigOptions,
  StatsBlocksOptions,
  StatsConfigOptions,
  V2ray4BlocksOptions,
  V2ray4ConfigOptions,
  V2ray5BlocksOptions,
  V2ray5ConfigOptions,
  XrayBlocksOptions,
  XrayConfigOptions,
  XrayOwnOptions,
} from "./build/build-options.ts";
export type { StatsBlocksOf } from "./build/build-stats-blocks.ts";
export { buildStatsBlocks } from "./build/build-stats-blocks.ts";
export type { StatsConfigOf } from "./build/build-stats-config.ts";
export { buildStatsConfig } from "./build/build-stats-config.ts";
export type {
  ApiBlock,
  Jsonv5Commander,
  Jsonv5Inbound,
  Jsonv5Policy,
  Jsonv5PolicyLevel,
  Jsonv5PolicySystem,
  Jsonv5Router,
  Jsonv5Rule,
  Jsonv5Services,
  Jsonv5StatsBlocks,
  Jsonv5StatsConfig,
  Jsonv5SystemStats,
  Jsonv5UserStats,
  PolicyBlock,
  PolicyLevel,
  PolicySystem,
  RoutingBlock,
  RoutingRule,
  SingBoxExperimental,
  SingBoxInbound,
  SingBoxOutbound,
  SingBoxRoute,
  SingBoxStats,
  SingBoxStatsBlocks,
  SingBoxStatsConfig,
  SingBoxUser,
  SingBoxV2rayApi,
  StatsBlock,
  V2rayAccount,
  V2rayInbound,
  V2rayInboundSettings,
  V2rayOutbound,
  V2rayStatsBlocks,
  V2rayStatsConfig,
  V2rayUser,
} from "./build/config-blocks.ts";
export type {
  HttpInboundOptions,
  IdUser,
  InboundPlace,
  Leveled,
  PasswordUser,
  ServerTls,
  ServerTransport,
  Shadowsocks2022InboundOptions,
  Shadowsocks2022Method,
  ShadowsocksInboundOptions,
  ShadowsocksMethod,
  SingBoxInboundOptions,
  SocksInboundOptions,
  TrojanInboundOptions,
  V2rayInboundOptions,
  VlessInboundOptions,
  VmessInboundOptions,
  WebSocketOptions,
  XrayInboundOptions,
} from "./build/inbound-options.ts";
export type {
  BlackholeOutboundOptions,
  ClientTls,
  ClientTransport,
  CommonOutboundOptions,
  FreedomOutboundOptions,
  IdOutboundOptions,
  ModernOutboundOptions,
  OutboundName,
  ProxyAccount,
  ProxyOutboundOptions,
  RemotePlace,
  ShadowsocksOutboundOptions,
  TrojanOutboundOptions,
  V2rayOutboundOptions,
} from "./build/outbound-options.ts";
export type { PromisedCounter } from "./build/promised-counters.ts";
export { promisedCounters } from "./build/promised-counters.ts";
export type { CheckOptions } from "./check/check-stats-config.ts";
export { checkStatsConfig } from "./check/check-stats-config.ts";
export type { FileEdits, Finding, FindingLocation } from "./check/finding.ts";
export type { FixResult } from "./check/fix-stats-config.ts";
export { fixStatsConfig } from "./check/fix-stats-config.ts";
export type { FindingsFormat, FormatFindingsOptions } from "./check/format-findings.ts";
export { formatFindings } from "./check/format-findings.ts";
export type { Severity } from "./check/rule.ts";
export type { TextEdit } from "./edit/text-edit.ts";
export { applyEdits, invertEdits } from "./edit/text-edit.ts";
export type {
  EnableApiOptions,
  EnableNote,
  EnableOptions,
  EnableResult,
  EnableScope,
} from "./enable/enable-options.ts";
export { enableStats } from "./enable/enable-stats.ts";
export { expectedCounters, explainCounter } from "./explain/explain-counter.ts";
export type { CounterExplanation, CounterVerdict, ExpectedCounter, ExplanationStep } from "./explain/explanation.ts";
export type { ExplainOptions } from "./explain/model-of-input.ts";
export type { TargetGuess } from "./load/guess-target.ts";
export { guessConfigTarget } from "./load/guess-target.ts";
export type { ConfigFile, ConfigInput } from "./load/parse-config.ts";
export type { ConfigFormat } from "./syntax/node.ts";
export type { Position } from "./syntax/position.ts";
export type { ConfigTarget } from "./target.ts";
export { configTargets } from "./target.ts";
