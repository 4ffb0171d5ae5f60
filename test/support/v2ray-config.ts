import type { ApiOptions, CoreConfig, Side } from "./configs.ts";
import type { CoreKind } from "./real-cores.ts";

/** A configuration of V2Ray 4, V2Ray 5 (its ordinary JSON) or Xray. */
export function v2rayConfig(kind: CoreKind, apiPort: number, side: Side, options: ApiOptions): CoreConfig {
  const { api = "port", routed = true, stats = true, services = ["StatsService"] } = options;
  if (api === "listen" && kind !== "xray") throw new TypeError(`${kind} has no api.listen`);
  const listen = `127.0.0.1:${apiPort}`;
  const unix = typeof api === "object" && "unix" in api ? api.unix : undefined;
  const tls = typeof api === "object" && "tls" in api ? api.tls : undefined;
  const apiRule = { type: "field", inboundTag: ["api-in"], outboundTag: "api" };
  const userRules = (side.side === "server" ? side.routes : []).map(({ user, outbound }) => {
    return { type: "field", user: [user], outboundTag: outbound };
  });
  const flags = { statsUserUplink: true, statsUserDownlink: true };
  const json = {
    log: { loglevel: "warning" },
    ...(stats && { stats: {} }),
    api: { tag: "api", services, ...(api === "listen" && { listen }) },
    policy: {
      levels: { 0: kind === "xray" ? { ...flags, statsUserOnline: true } : flags },
      system: {
        statsInboundUplink: true,
        statsInboundDownlink: true,
        statsOutboundUplink: true,
        statsOutboundDownlink: true,
      },
    },
    inbounds: [inbound(side), ...(api === "listen" ? [] : [apiInbound(apiPort, unix, tls)])],
    outbounds: outbounds(side),
    routing: { domainStrategy: "AsIs", rules: [...(routed && api !== "listen" ? [apiRule] : []), ...userRules] },
  };
  return {
    json,
    apiAddress: unix === undefined ? `${tls ? "https://" : ""}${listen}` : `unix:${unix}`,
    listens: [side.port, unix ?? apiPort],
  };
}

function inbound(side: Side): object {
  const place = { listen: "127.0.0.1", port: side.port };
  if (side.side === "client") {
    return { tag: "socks-in", ...place, protocol: "socks", settings: { auth: "noauth", udp: false } };
  }
  const clients = side.users.map(({ id, email }) => ({ id, email, level: 0 }));
  return { tag: "vmess-in", ...place, protocol: "vmess", settings: { clients } };
}

function apiInbound(
  port: number,
  unix: string | undefined,
  tls: { readonly certificateFile: string; readonly keyFile: string } | undefined,
): object {
  // With port 0 Xray would connect to itself without end where no rule leads to the API, and panic on a Unix socket.
  const settings = { address: "127.0.0.1", port: 1, ...(unix !== undefined && { network: "tcp,unix" }) };
  return {
    tag: "api-in",
    ...(unix === undefined ? { listen: "127.0.0.1", port } : { listen: unix }),
    protocol: "dokodemo-door",
    settings,
    ...(tls && { streamSettings: { network: "tcp", security: "tls", tlsSettings: { certificates: [tls] } } }),
  };
}

function outbounds(side: Side): object[] {
  if (side.side === "server") {
    return ["direct", ...side.extraOutbounds].map((tag) => ({ tag, protocol: "freedom", settings: {} }));
  }
  const users = [{ id: side.id, security: "auto" }];
  const vnext = [{ address: "127.0.0.1", port: side.serverPort, users }];
  const { sendThrough } = side;
  return [{ tag: "vmess-out", protocol: "vmess", settings: { vnext }, ...(sendThrough && { sendThrough }) }];
}
