import type { DescMethod, MessageInitShape } from "@bufbuild/protobuf";
import { StatsService as V2RayService } from "../gen/v2ray/core/app/stats/command/command_pb.ts";
import { StatsService as XrayService } from "../gen/xray/app/stats/command/command_pb.ts";
import type { CoreProcess } from "./core-process.ts";
import type { DialectRules, EmbeddedRequest } from "./dialect.ts";
import { GrpcStatus, grpcCode } from "./grpc-status.ts";

/** A method of the cores' StatsService; the last three are Xray's alone. */
export type StatsMethod =
  | "GetStats"
  | "QueryStats"
  | "GetSysStats"
  | "GetStatsOnline"
  | "GetStatsOnlineIpList"
  | "GetAllOnlineUsers";

/** What a call meets. */
export interface ServiceState {
  readonly process: CoreProcess;
  readonly rules: DialectRules;
  /** Whether the configuration has a `stats` object. */
  readonly hasStats: boolean;
}

type Output<Method extends StatsMethod> = (typeof XrayService.method)[Uncapitalize<Method>]["output"];

/** The answer to each method; `undefined` where the core never gives one. */
export const handlers: {
  readonly [Method in StatsMethod]: (
    state: ServiceState,
    request: EmbeddedRequest,
  ) => MessageInitShape<Output<Method>> | undefined;
} = {
  GetStats({ process, rules, hasStats }, { name = "", reset = false }) {
    const value = hasStats ? process.get(name) : undefined;
    if (value === undefined) throw notFound(rules, name);
    if (reset) process.set(name, 0n);
    return { stat: { name, value } };
  },

  QueryStats({ process, rules, hasStats }, request) {
    const selector = rules.createSelector(request);
    if (!hasStats) {
      throw new GrpcStatus(grpcCode.unknown, `${rules.noStatsPrefix}QueryStats only works its own stats.Manager.`);
    }
    return selector === "never-answers" ? undefined : { stat: process.visit(selector, request.reset ?? false) };
  },

  GetSysStats: ({ process }) => process.runtimeFigures(),

  GetStatsOnline(state, { name = "" }) {
    return { stat: { name, value: BigInt(onlineMap(state, name).size) } };
  },

  GetStatsOnlineIpList(state, { name = "" }) {
    const ips = Array.from(onlineMap(state, name), ([address, since]) => [address, unixSeconds(since)]);
    return { name, ips: Object.fromEntries(ips) };
  },

  GetAllOnlineUsers({ process, hasStats }) {
    const maps = hasStats ? [...process.online] : [];
    return { users: maps.filter(([, addresses]) => addresses.size > 0).map(([name]) => name) };
  },
};

/** The services a core serves, by full name, with their methods by name. */
export function servicesOf(rules: DialectRules): ReadonlyMap<string, ReadonlyMap<string, DescMethod>> {
  if (!rules.hasOnlineMaps) return new Map([[V2RayService.typeName, byName(V2RayService.methods)]]);
  // Xray serves all its methods under both names. V2Ray's descriptions come last: they know all fields of a request.
  const methods = byName([...XrayService.methods, ...V2RayService.methods]);
  return new Map([
    [V2RayService.typeName, methods],
    [XrayService.typeName, methods],
  ]);
}

function byName(methods: readonly DescMethod[]): ReadonlyMap<string, DescMethod> {
  return new Map(methods.map((method) => [method.name, method]));
}

function onlineMap({ process, rules, hasStats }: ServiceState, name: string): ReadonlyMap<string, Date> {
  const addresses = hasStats ? process.online.get(name) : undefined;
  if (addresses === undefined) throw notFound(rules, name);
  return addresses;
}

function notFound(rules: DialectRules, name: string): GrpcStatus {
  return new GrpcStatus(rules.notFoundCode, `${rules.notFoundPrefix}${name} not found.`);
}

function unixSeconds(time: Date): bigint {
  return BigInt(Math.floor(time.getTime() / 1000));
}
