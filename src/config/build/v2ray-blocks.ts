import type { MutualTls } from "./api-options.ts";
import type { PolicyBlock, PolicyLevel, RoutingRule, V2rayInbound, V2rayStatsBlocks } from "./config-blocks.ts";
import type { BlocksPlan } from "./plan.ts";
import { hostPort } from "./plan-api.ts";

/** Writes the parts that count for V2Ray 4, V2Ray 5 or Xray. */
export function v2rayBlocks(plan: BlocksPlan): V2rayStatsBlocks {
  const { api, loopback } = plan;
  const behindInbound = api.inboundTag !== "";
  const listen = "port" in api.place && !behindInbound ? { listen: hostPort(api.place) } : {};
  const rules: RoutingRule[] = [];
  if (behindInbound) rules.push({ type: "field", inboundTag: [api.inboundTag], outboundTag: api.tag });
  if (loopback) rules.push({ type: "field", ip: loopback.networks, outboundTag: loopback.outbound });
  return {
    stats: {},
    api: { tag: api.tag, ...listen, services: ["StatsService"] },
    policy: policy(plan),
    ...(behindInbound && { inbounds: [apiInbound(plan)] }),
    ...(loopback && { outbounds: [{ tag: loopback.outbound, protocol: "blackhole", settings: {} }] }),
    ...(rules.length > 0 && { routing: { ...(loopback && { domainStrategy: "IPOnDemand" }), rules } }),
  };
}

function policy({ scopes, levels, online }: BlocksPlan): PolicyBlock {
  const level: PolicyLevel = {
    ...(scopes.has("user") && { statsUserUplink: true, statsUserDownlink: true }),
    ...(online && { statsUserOnline: true }),
  };
  return {
    ...(Object.keys(level).length > 0 && { levels: Object.fromEntries(levels.map((each) => [String(each), level])) }),
    system: {
      ...(scopes.has("inbound") && { statsInboundUplink: true, statsInboundDownlink: true }),
      ...(scopes.has("outbound") && { statsOutboundUplink: true, statsOutboundDownlink: true }),
    },
  };
}

function apiInbound({ target, api }: BlocksPlan): V2rayInbound {
  const { inboundTag: tag, place, tls } = api;
  const socket = "socket" in place;
  return {
    tag,
    ...(socket ? { listen: place.socket } : { listen: place.host, port: place.port }),
    protocol: "dokodemo-door",
    settings: {
      address: "127.0.0.1",
      // Without a port Xray connects to itself where no rule fits, and panics on a socket.
      ...(target === "xray" && { port: 1 }),
      ...(socket && { network: "tcp,unix" }),
    },
    ...(tls && { streamSettings: { network: "tcp", security: "tls", tlsSettings: tlsSettings(tls) } }),
  };
}

function tlsSettings({ certificateFile, keyFile, clientAuthorityFile }: MutualTls): object {
  const own = { certificateFile, keyFile };
  if (clientAuthorityFile === undefined) return { certificates: [own] };
  const authority = { usage: "verifyclient", certificateFile: clientAuthorityFile };
  return { verifyClientCertificate: true, certificates: [own, authority] };
}
