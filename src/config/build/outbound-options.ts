import type { Shadowsocks2022Method, ShadowsocksMethod, WebSocketOptions } from "./inbound-options.ts";

/** What an outbound is called. */
export interface OutboundName {
  /**
   * The name the outbound is counted under.
   *
   * @defaultValue `direct` for freedom, `block` for blackhole, else the protocol with `-out`; and a number where that is
   * taken
   */
  readonly tag?: string | undefined;
}

/** Connects to the target itself. */
export interface FreedomOutboundOptions extends OutboundName {
  /** Tells the outbounds apart. */
  readonly protocol: "freedom";
}

/** Drops what comes. */
export interface BlackholeOutboundOptions extends OutboundName {
  /** Tells the outbounds apart. */
  readonly protocol: "blackhole";
}

/** The server an outbound connects to. */
export interface RemotePlace extends OutboundName {
  /** The server's IP address or domain. */
  readonly host: string;
  /** The server's port. */
  readonly port: number;
}

/** TLS of a client. */
export interface ClientTls {
  /**
   * The name to ask for and to verify.
   *
   * @defaultValue the outbound's `host`
   */
  readonly serverName?: string | undefined;
  /** A PEM file with an authority to trust, which the core reads; without it the system's are trusted. */
  readonly authorityFile?: string | undefined;
}

/** How vmess, vless and trojan are carried: as the server's inbound says. */
export interface ClientTransport {
  /** Speaks TLS. */
  readonly tls?: ClientTls | undefined;
  /** Speaks WebSocket instead of plain TCP. */
  readonly webSocket?: WebSocketOptions | undefined;
}

/** A vmess or vless client. */
export interface IdOutboundOptions extends RemotePlace, ClientTransport {
  /** Tells the outbounds apart. */
  readonly protocol: "vmess" | "vless";
  /** The UUID of the user on the server. */
  readonly id: string;
}

/** A trojan client. */
export interface TrojanOutboundOptions extends RemotePlace, ClientTransport {
  /** Tells the outbounds apart. */
  readonly protocol: "trojan";
  /** The password of the user on the server. */
  readonly password: string;
}

/** A shadowsocks client. */
export interface ShadowsocksOutboundOptions<Method extends string> extends RemotePlace {
  /** Tells the outbounds apart. */
  readonly protocol: "shadowsocks";
  /** The cipher of the server. */
  readonly method: Method;
  /** The password of the user on the server; in shadowsocks 2022 `SERVERKEY:USERKEY`. */
  readonly password: string;
}

/** A user name with its password. */
export interface ProxyAccount {
  /** The name. */
  readonly username: string;
  /** The password. */
  readonly password: string;
}

/** A client of a SOCKS or HTTP proxy. */
export interface ProxyOutboundOptions extends RemotePlace {
  /** Tells the outbounds apart. */
  readonly protocol: "socks" | "http";
  /** What to log in with, where the proxy asks for it. */
  readonly account?: ProxyAccount | undefined;
}

/** Outbounds of every core, told apart by `protocol`. */
export type CommonOutboundOptions =
  | FreedomOutboundOptions
  | BlackholeOutboundOptions
  | IdOutboundOptions
  | TrojanOutboundOptions
  | ProxyOutboundOptions;

/** Outbounds of V2Ray 4 and 5, told apart by `protocol`. */
export type V2rayOutboundOptions = CommonOutboundOptions | ShadowsocksOutboundOptions<ShadowsocksMethod>;

/** Outbounds of Xray and sing-box, told apart by `protocol`. */
export type ModernOutboundOptions =
  | CommonOutboundOptions
  | ShadowsocksOutboundOptions<ShadowsocksMethod | Shadowsocks2022Method>;
