/** A user of vmess or vless. */
export interface IdUser {
  /** The name the user is counted under. */
  readonly email: string;
  /** A UUID. */
  readonly id: string;
}

/** A user of trojan, shadowsocks, socks or http. */
export interface PasswordUser {
  /** The name the user is counted under; to socks and http it is the user name, too. */
  readonly email: string;
  /** The password; in shadowsocks 2022 the user's key, base64 of 16 or 32 bytes as the method says. */
  readonly password: string;
}

/** V2Ray and Xray have levels of users; a builder covers each of them in `policy.levels`. */
export interface Leveled {
  /**
   * The level of the user, or of all users of a socks or http inbound: 0 to 4294967295, for trojan and shadowsocks 0 to
   * 255.
   *
   * @defaultValue 0
   */
  readonly level?: number | undefined;
}

/** Where an inbound listens, and what it is called. */
export interface InboundPlace {
  /**
   * The name the inbound is counted under.
   *
   * @defaultValue the protocol with `-in`, and a number where that is taken
   */
  readonly tag?: string | undefined;
  /**
   * The IP address to listen on.
   *
   * @defaultValue all addresses; `127.0.0.1` for socks and http, which do not hide what they carry
   */
  readonly host?: string | undefined;
  /** The port to listen on. */
  readonly port: number;
}

/** TLS of a server. */
export interface ServerTls {
  /** The certificate chain, a PEM file that the core reads. */
  readonly certificateFile: string;
  /** The certificate's key, a PEM file that the core reads. */
  readonly keyFile: string;
}

/** WebSocket as the transport. */
export interface WebSocketOptions {
  /**
   * The path of the request, the same on both sides.
   *
   * @defaultValue "/"
   */
  readonly path?: string | undefined;
}

/** How vmess, vless and trojan are carried. */
export interface ServerTransport {
  /** Speaks TLS; without it a reverse proxy in front should, for vless and trojan hide nothing themselves. */
  readonly tls?: ServerTls | undefined;
  /** Speaks WebSocket instead of plain TCP. */
  readonly webSocket?: WebSocketOptions | undefined;
}

/** A vmess inbound. */
export interface VmessInboundOptions<User extends IdUser> extends InboundPlace, ServerTransport {
  /** Tells the inbounds apart. */
  readonly protocol: "vmess";
  /** Who may come in, one or more. */
  readonly users: readonly User[];
}

/** A vless inbound. */
export interface VlessInboundOptions<User extends IdUser> extends InboundPlace, ServerTransport {
  /** Tells the inbounds apart. */
  readonly protocol: "vless";
  /** Who may come in, one or more. */
  readonly users: readonly User[];
}

/** A trojan inbound. */
export interface TrojanInboundOptions<User extends PasswordUser> extends InboundPlace, ServerTransport {
  /** Tells the inbounds apart. */
  readonly protocol: "trojan";
  /** Who may come in, one or more. */
  readonly users: readonly User[];
}

/** The ciphers of shadowsocks that every core has. */
export type ShadowsocksMethod = "aes-128-gcm" | "aes-256-gcm" | "chacha20-ietf-poly1305";

/** The ciphers of shadowsocks 2022 that can tell users apart. */
export type Shadowsocks2022Method = "2022-blake3-aes-128-gcm" | "2022-blake3-aes-256-gcm";

/** A shadowsocks inbound; V2Ray's has exactly one user. */
export interface ShadowsocksInboundOptions<Users extends readonly PasswordUser[]> extends InboundPlace {
  /** Tells the inbounds apart. */
  readonly protocol: "shadowsocks";
  /** The cipher of all users. */
  readonly method: ShadowsocksMethod;
  /** Who may come in, one or more. */
  readonly users: Users;
}

/** A shadowsocks 2022 inbound, of Xray and sing-box. */
export interface Shadowsocks2022InboundOptions<User extends PasswordUser> extends InboundPlace {
  /** Tells the inbounds apart. */
  readonly protocol: "shadowsocks";
  /** The cipher of all users. */
  readonly method: Shadowsocks2022Method;
  /** The server's own key, base64 of 16 bytes for aes-128 and of 32 for aes-256; a client's password is `KEY:USERKEY`. */
  readonly serverKey: string;
  /** Who may come in, one or more. */
  readonly users: readonly User[];
}

/** A SOCKS inbound. */
export interface SocksInboundOptions extends InboundPlace {
  /** Tells the inbounds apart. */
  readonly protocol: "socks";
  /** Who may come in, by password; without it anyone may, and no user is counted. */
  readonly users?: readonly PasswordUser[] | undefined;
}

/** An HTTP proxy inbound. */
export interface HttpInboundOptions extends InboundPlace {
  /** Tells the inbounds apart. */
  readonly protocol: "http";
  /** Who may come in, by password; without it anyone may, and no user is counted. */
  readonly users?: readonly PasswordUser[] | undefined;
}

/** Inbounds of V2Ray 4 and 5, told apart by `protocol`. */
export type V2rayInboundOptions =
  | VmessInboundOptions<IdUser & Leveled>
  | VlessInboundOptions<IdUser & Leveled>
  | TrojanInboundOptions<PasswordUser & Leveled>
  | ShadowsocksInboundOptions<readonly [PasswordUser & Leveled]>
  | (SocksInboundOptions & Leveled)
  | (HttpInboundOptions & Leveled);

/** Inbounds of Xray, told apart by `protocol`, and the ciphers of shadowsocks by `method`. */
export type XrayInboundOptions =
  | VmessInboundOptions<IdUser & Leveled>
  | VlessInboundOptions<IdUser & Leveled>
  | TrojanInboundOptions<PasswordUser & Leveled>
  | ShadowsocksInboundOptions<readonly (PasswordUser & Leveled)[]>
  | Shadowsocks2022InboundOptions<PasswordUser & Leveled>
  | (SocksInboundOptions & Leveled)
  | (HttpInboundOptions & Leveled);

/** Inbounds of sing-box, told apart by `protocol`, and the ciphers of shadowsocks by `method`. */
export type SingBoxInboundOptions =
  | VmessInboundOptions<IdUser>
  | VlessInboundOptions<IdUser>
  | TrojanInboundOptions<PasswordUser>
  | ShadowsocksInboundOptions<readonly PasswordUser[]>
  | Shadowsocks2022InboundOptions<PasswordUser>
  | SocksInboundOptions
  | HttpInboundOptions;
