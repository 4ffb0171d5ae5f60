import type { ClientUser } from "./case-traffic.ts";
import type { CoreKind } from "./real-cores.ts";

/** The configuration of a client core: SOCKS on `socksPort`, all of it to `outbound`. */
export function clientJson(kind: CoreKind, socksPort: number, outbound: object): object {
  if (kind === "sing-box") {
    const inbound = { type: "socks", listen: "127.0.0.1", listen_port: socksPort };
    return { log: { level: "warn" }, inbounds: [inbound], outbounds: [outbound] };
  }
  const inbound = { listen: "127.0.0.1", port: socksPort, protocol: "socks", settings: { auth: "noauth" } };
  return { log: { loglevel: "warning" }, inbounds: [inbound], outbounds: [outbound] };
}

/** The outbound that reaches a user's inbound. */
export function userOutbound(kind: CoreKind, user: ClientUser): object {
  const { protocol, port, ...secret } = user;
  if (kind === "sing-box") {
    const { id, ...rest } = { id: undefined, ...secret };
    const cipher = protocol === "vmess" ? { security: "auto" } : {};
    return { type: protocol, server: "127.0.0.1", server_port: port, ...(id && { uuid: id }), ...rest, ...cipher };
  }
  const server = { address: "127.0.0.1", port };
  if (protocol === "trojan" || protocol === "shadowsocks")
    return { protocol, settings: { servers: [{ ...server, ...secret }] } };
  const cipher = protocol === "vmess" ? { security: "auto" } : { encryption: "none" };
  return { protocol, settings: { vnext: [{ ...server, users: [{ ...secret, ...cipher }] }] } };
}
