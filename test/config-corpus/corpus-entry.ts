import type { ConfigTarget } from "../../src/config/target.ts";
import type { ClientUser } from "../support/case-traffic.ts";

/** A configuration of the corpus. */
export interface CorpusEntry {
  readonly target: ConfigTarget;
  /** The file in the target's folder, or a folder of it that is a configuration directory. */
  readonly name: string;
  /** Why the core is not started with it; such an entry is only read by the core's own check. */
  readonly notStarted?: string | undefined;
  /** How traffic gets through; absent where it only starts. */
  readonly traffic?: readonly CorpusTraffic[] | undefined;
  /** Inbounds of the far side, in the language of the core: what the outbounds connect to. */
  readonly peers?: readonly object[] | undefined;
  /** Whose counters are above zero after the traffic, as `user alice`, `inbound vmess-in`. */
  readonly moves: readonly string[];
  /** Whose counters exist, at zero. The API's own inbound is in neither list. */
  readonly idle: readonly string[];
  /** Findings of the check that no edit can take away, as they are about something else than statistics. */
  readonly leaves?: readonly string[] | undefined;
}

/** One transfer, through an inbound on one of the ports 20001 to 20009. */
export type CorpusTraffic =
  | { readonly via: "socks" | "http"; readonly port: number; readonly user?: string; readonly password?: string }
  | { readonly user: ClientUser }
  | { readonly outbound: object };

/** Through a SOCKS inbound. */
export function socks(port: number, user?: string, password?: string): CorpusTraffic {
  return { via: "socks", port, ...(user !== undefined && { user }), ...(password !== undefined && { password }) };
}

/** Through an HTTP inbound. */
export function http(port: number, user?: string, password?: string): CorpusTraffic {
  return { ...socks(port, user, password), via: "http" } as CorpusTraffic;
}

/** As a user of a plain vmess inbound. */
export function vmess(port: number, id: string): CorpusTraffic {
  return { user: { port, protocol: "vmess", id } };
}

/** As a user of a plain vless inbound. */
export function vless(port: number, id: string): CorpusTraffic {
  return { user: { port, protocol: "vless", id } };
}

/** As a user of a plain trojan inbound. */
export function trojan(port: number, password: string): CorpusTraffic {
  return { user: { port, protocol: "trojan", password } };
}

/** As a user of a shadowsocks inbound. */
export function shadowsocks(port: number, method: string, password: string): CorpusTraffic {
  return { user: { port, protocol: "shadowsocks", method, password } };
}

/** As a user of V2Ray's or Xray's vmess, vless or trojan with a transport. */
export function over(streamSettings: object, user: ClientUser, more: object = {}): CorpusTraffic {
  const { protocol, port } = user;
  const server = { address: "127.0.0.1", port };
  if (user.protocol === "trojan") {
    const servers = [{ ...server, password: user.password }];
    return { outbound: { protocol, settings: { servers }, streamSettings } };
  }
  if (user.protocol === "shadowsocks") throw new TypeError("shadowsocks is only used plain here");
  const users = [{ id: user.id, ...(user.protocol === "vless" && { encryption: "none" }), ...more }];
  return { outbound: { protocol, settings: { vnext: [{ ...server, users }] }, streamSettings } };
}

/** What a client of V2Ray or Xray needs to trust the certificate of the corpus. */
export const tlsSettings: object = {
  serverName: "core.test",
  certificates: [{ usage: "verify", certificateFile: "/case/ca.pem" }],
};

/** A vmess inbound for the far side of V2Ray or Xray. */
export function vmessPeer(port: number, id: string): object {
  return { listen: "127.0.0.1", port, protocol: "vmess", settings: { clients: [{ id }] } };
}

/** A trojan inbound for the far side of V2Ray or Xray. */
export function trojanPeer(port: number, password: string): object {
  return { listen: "127.0.0.1", port, protocol: "trojan", settings: { clients: [{ password }] } };
}
