import type { Scope } from "../../names/stat-name.ts";
import type { StatsBlocksOptions, StatsConfigOptions } from "./build-options.ts";
import { checkNames, checkPorts, checkUsers } from "./check-plan.ts";
import { freeTag, withTags } from "./free-tag.ts";
import { listenHost } from "./listen-host.ts";
import { blocksShape, configShape } from "./option-shapes.ts";
import type { ApiPlan, BlocksPlan, ConfigPlan, PlannedInbound, PlannedOutbound } from "./plan.ts";
import { isLoopback, keepsOnline, planApi } from "./plan-api.ts";

const allScopes: readonly Scope[] = ["inbound", "outbound", "user"];
// Linux connects to itself where it is asked for the address zero.
const ownNetworks = ["0.0.0.0/8", "127.0.0.0/8", "::/128", "::1/128"];

/**
 * Decides all that the options of a whole configuration leave open.
 *
 * @throws TypeError or RangeError where they are wrong.
 */
export function planConfig(options: StatsConfigOptions): ConfigPlan {
  configShape(options, "");
  const { target, routes = [], scopes = allScopes } = options;
  const api = planApi(options);
  const inbounds: readonly PlannedInbound[] = withTags(options.inbounds, "-in", api.inboundTag);
  const asked = options.outbounds ?? [{ protocol: "freedom" }];
  let outbounds: readonly PlannedOutbound[] = withTags(asked, "-out", api.tag);
  checkNames({ api, inbounds, outbounds, routes });
  checkPorts(api, inbounds);
  checkUsers(target, inbounds);

  const { blockLoopback = leadsStrangersToApi(inbounds, outbounds, api) } = options;
  if (blockLoopback && target !== "sing-box" && !outbounds.some(isBlackhole))
    outbounds = withTags([...outbounds, { protocol: "blackhole" }], "-out", api.tag);
  const users = inbounds.flatMap(({ users = [] }) => users.map(({ email }) => email));
  const counts = (scope: Scope, names: readonly string[]) => (scopes.includes(scope) ? [...new Set(names)] : []);
  return {
    target,
    api,
    inbounds,
    outbounds,
    routes,
    scopes: new Set(scopes),
    levels: levelsOf(inbounds),
    online: keepsOnline(options),
    counted: {
      inbounds: counts("inbound", inbounds.map(tagOf)),
      outbounds: counts("outbound", outbounds.map(tagOf)),
      users: counts("user", users),
    },
    loopback: blockLoopback ? loopback(api, outbounds.find(isBlackhole)?.tag ?? "") : undefined,
  };
}

/**
 * Decides all that the options of blocks leave open.
 *
 * @throws TypeError or RangeError where they are wrong.
 */
export function planBlocks(options: StatsBlocksOptions): BlocksPlan {
  blocksShape(options, "");
  const api = planApi(options);
  const { target, blockLoopback = false } = options;
  const common = {
    target,
    api,
    loopback: blockLoopback ? loopback(api, freeTag("block", new Set([api.tag]))) : undefined,
  };
  if (options.target === "sing-box") {
    const { inbounds, outbounds, users } = options;
    return { ...common, scopes: new Set(), levels: [], online: false, counted: { inbounds, outbounds, users } };
  }
  const { levels = [0], scopes = allScopes } = options;
  const counted = { inbounds: [], outbounds: [], users: [] };
  return { ...common, scopes: new Set(scopes), levels, online: keepsOnline(options), counted };
}

/** Whether others than this machine's users could have themselves connected to the API. */
function leadsStrangersToApi(
  inbounds: readonly PlannedInbound[],
  outbounds: readonly PlannedOutbound[],
  { place }: ApiPlan,
): boolean {
  const letsStrangersIn = inbounds.some((inbound) => {
    // Behind what listens on loopback there may be a reverse proxy, but hardly with these two.
    const isLocal = inbound.protocol === "socks" || inbound.protocol === "http";
    return !isLocal || !isLoopback(listenHost(inbound) ?? "");
  });
  return letsStrangersIn && "port" in place && outbounds.some(({ protocol }) => protocol === "freedom");
}

function loopback({ place }: ApiPlan, outbound: string): NonNullable<BlocksPlan["loopback"]> {
  const networks = "port" in place && !isLoopback(place.host) ? [...ownNetworks, place.host] : ownNetworks;
  return { networks, outbound };
}

function isBlackhole({ protocol }: PlannedOutbound): boolean {
  return protocol === "blackhole";
}

function tagOf({ tag }: { readonly tag: string }): string {
  return tag;
}

function levelsOf(inbounds: readonly PlannedInbound[]): readonly number[] {
  const levels = inbounds.flatMap((inbound) => {
    if (inbound.protocol === "socks" || inbound.protocol === "http") return inbound.users ? [inbound.level ?? 0] : [];
    return inbound.users.map(({ level = 0 }) => level);
  });
  return [...new Set(levels)].sort((a, b) => a - b);
}
