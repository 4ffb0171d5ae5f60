import type { MutualTls } from "./api-options.ts";
import type { Jsonv5Inbound, Jsonv5Policy, Jsonv5Rule, Jsonv5StatsBlocks } from "./config-blocks.ts";
import type { BlocksPlan } from "./plan.ts";

/** Writes the parts that count for V2Ray 5 in jsonv5. */
export function jsonv5Blocks(plan: BlocksPlan): Jsonv5StatsBlocks {
  const { api, loopback } = plan;
  const rule: Jsonv5Rule[] = [{ inboundTag: [api.inboundTag], tag: api.tag }];
  if (loopback) rule.push({ geoip: [{ cidr: loopback.networks.map(cidr) }], tag: loopback.outbound });
  return {
    router: { ...(loopback && { domainStrategy: "IpOnDemand" }), rule },
    inbounds: [apiInbound(plan)],
    ...(loopback && { outbounds: [{ tag: loopback.outbound, protocol: "blackhole" }] }),
    services: { stats: {}, policy: policy(plan), commander: { tag: api.tag, name: ["stats"] } },
  };
}

function cidr(network: string): object {
  const [ipAddr = "", prefix = ipAddr.includes(":") ? 128 : 32] = network.split("/");
  return { ipAddr, prefix: Number(prefix) };
}

function policy({ scopes, levels }: BlocksPlan): Jsonv5Policy {
  const level = { stats: { userUplink: true, userDownlink: true } };
  return {
    ...(scopes.has("user") && { level: Object.fromEntries(levels.map((each) => [String(each), level])) }),
    system: {
      stats: {
        ...(scopes.has("inbound") && { inboundUplink: true, inboundDownlink: true }),
        ...(scopes.has("outbound") && { outboundUplink: true, outboundDownlink: true }),
      },
    },
  };
}

function apiInbound({ api }: BlocksPlan): Jsonv5Inbound {
  const { inboundTag: tag, place, tls } = api;
  const socket = "socket" in place;
  return {
    tag,
    ...(socket ? { listen: place.socket } : { listen: place.host, port: place.port }),
    protocol: "dokodemo-door",
    settings: { address: "127.0.0.1", networks: socket ? "tcp,unix" : "tcp" },
    ...(tls && { streamSettings: { security: "tls", securitySettings: tlsSettings(tls) } }),
  };
}

function tlsSettings({ certificateFile, keyFile, clientAuthorityFile }: MutualTls): object {
  const own = { certificateFile, keyFile };
  if (clientAuthorityFile === undefined) return { certificate: [own] };
  const authority = { usage: "AUTHORITY_VERIFY_CLIENT", certificateFile: clientAuthorityFile };
  return { verifyClientCertificate: true, certificate: [own, authority] };
}
