import { isIPv4 } from "node:net";
import { type ConfigTarget, isAtLeast, measuredVersions, parseVersion } from "../target.ts";
import type { MutualTls } from "./api-options.ts";
import type { StatsBlocksOptions, StatsConfigOptions, XrayOwnOptions } from "./build-options.ts";
import type { ApiPlan, PortPlace } from "./plan.ts";

/** Any target's options of the API. */
interface AnyApi {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly socket?: string | undefined;
  readonly tag?: string | undefined;
  readonly inboundTag?: string | undefined;
  readonly way?: "listen" | "inbound" | undefined;
  readonly tls?: MutualTls | undefined;
}

/**
 * Decides how the API is reached.
 *
 * @throws RangeError where anyone could reach it, or the core's version cannot do it.
 */
export function planApi(options: StatsConfigOptions | StatsBlocksOptions): ApiPlan {
  const { host = "127.0.0.1", port, socket, tag = "api", inboundTag = "api", tls, way }: AnyApi = options.api;
  if (!isLoopback(host) && tls === undefined) {
    const { target } = options;
    const advice = advices.get(target) ?? "keep 127.0.0.1, or add tls, or use a socket";
    throw new RangeError(`api.host ${host} lets anyone who reaches it read and reset the counters; ${advice}`);
  }
  const place = socket === undefined ? { host, port: port as number } : { socket };
  if (options.target === "sing-box") return { tag: "", inboundTag: "", place, tls };
  const listens = options.target === "xray" && socket === undefined && way !== "inbound" && canListen(options, way);
  return { tag, inboundTag: listens ? "" : inboundTag, place, tls };
}

const advices = new Map<ConfigTarget, string>([
  ["xray", 'keep 127.0.0.1, or take way "inbound" with tls or a socket'],
  ["sing-box", "keep 127.0.0.1, and reach it through an SSH tunnel"],
]);

/** Whether Xray is new enough to listen for its API itself. */
function canListen({ version = measuredVersions.xray }: XrayOwnOptions, way: "listen" | undefined): boolean {
  const can = isAtLeast(parseVersion(version), "1.8.12");
  if (can || way === undefined) return can;
  throw new RangeError(`api.way "listen" needs Xray 1.8.12 or newer, not ${version}; leave it out`);
}

/**
 * Whether who is online is to be kept.
 *
 * @throws RangeError where the version of Xray cannot do it.
 */
export function keepsOnline(options: StatsConfigOptions | StatsBlocksOptions): boolean {
  if (options.target !== "xray" || options.online !== true) return false;
  const { version = measuredVersions.xray } = options;
  if (isAtLeast(parseVersion(version), "24.11.5")) return true;
  throw new RangeError(`online needs Xray 24.11.5 or newer, not ${version}; leave it out`);
}

/** Whether an IP address is of this machine alone. */
export function isLoopback(host: string): boolean {
  return isIPv4(host) ? host.startsWith("127.") : /^[0:]+1$/.test(host);
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort({ host, port }: PortPlace): string {
  return isIPv4(host) ? `${host}:${port}` : `[${host}]:${port}`;
}
