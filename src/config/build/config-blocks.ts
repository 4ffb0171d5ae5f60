// What stands in a configuration, as far as statistics are concerned. The builder writes these shapes, and the JSON
// Schemas for editors are made from them (scripts/schema.ts), so they take every spelling a core takes.

/** Turns counting on, and takes no keys; without it nothing is counted. */
export type StatsBlock = Readonly<Record<string, never>>;

/** The API through which counters are read. */
export interface ApiBlock {
  /** The virtual outbound that leads to the API; unlike every other outbound's tag, and never empty. */
  readonly tag: string;
  /** What the API offers: `StatsService` to read and reset counters; the others can do far more. */
  readonly services: readonly string[];
  /** Xray 1.8.12 or newer: `host:port` to listen on, without an inbound and a routing rule. V2Ray ignores it. */
  readonly listen?: string | undefined;
}

/** What is counted. Everything is off unless it says `true`. */
export interface PolicyBlock {
  /** For the users of each level; the key is the level in digits. A level without an entry counts nothing. */
  readonly levels?: Readonly<Record<string, PolicyLevel>> | undefined;
  /** For inbounds and outbounds. */
  readonly system?: PolicySystem | undefined;
}

/** What is counted of a level's users. */
export interface PolicyLevel {
  /** Makes `user>>>EMAIL>>>traffic>>>uplink`: bytes from the user. */
  readonly statsUserUplink?: boolean | undefined;
  /** Makes `user>>>EMAIL>>>traffic>>>downlink`: bytes to the user. */
  readonly statsUserDownlink?: boolean | undefined;
  /** Xray 24.11.5 or newer: keeps the addresses that the user is online from. */
  readonly statsUserOnline?: boolean | undefined;
}

/** What is counted of inbounds and outbounds that have a tag. */
export interface PolicySystem {
  /** Makes `inbound>>>TAG>>>traffic>>>uplink`. */
  readonly statsInboundUplink?: boolean | undefined;
  /** Makes `inbound>>>TAG>>>traffic>>>downlink`. */
  readonly statsInboundDownlink?: boolean | undefined;
  /** Makes `outbound>>>TAG>>>traffic>>>uplink`; V2Ray 4.26.0 or newer, and every Xray. */
  readonly statsOutboundUplink?: boolean | undefined;
  /** Makes `outbound>>>TAG>>>traffic>>>downlink`; V2Ray 4.26.0 or newer, and every Xray. */
  readonly statsOutboundDownlink?: boolean | undefined;
}

/** Where connections come in, in V2Ray and Xray. */
export interface V2rayInbound {
  /** The name it is counted under, unlike every other inbound's; without a tag it is not counted. */
  readonly tag?: string | undefined;
  /** The address to listen on, or a Unix socket (`/path` or `@name`). The API's should be `127.0.0.1`. */
  readonly listen?: string | undefined;
  /** The port or ports to listen on. */
  readonly port?: number | string | undefined;
  /** The protocol; the API's inbound is a `dokodemo-door`. */
  readonly protocol?: string | undefined;
  /** What the protocol needs. */
  readonly settings?: V2rayInboundSettings | undefined;
  /** The transport, with TLS. */
  readonly streamSettings?: object | undefined;
}

/** What of an inbound's settings bears on statistics. */
export interface V2rayInboundSettings {
  /** Users of vmess, vless and trojan, and Xray's of shadowsocks. */
  readonly clients?: readonly V2rayUser[] | undefined;
  /** Users of socks and http. */
  readonly accounts?: readonly V2rayAccount[] | undefined;
  /** The level of all users of socks and http; default 0. */
  readonly userLevel?: number | undefined;
  /** The name that a shadowsocks inbound's only user is counted under. */
  readonly email?: string | undefined;
  /** The level of a shadowsocks inbound's only user; default 0. */
  readonly level?: number | undefined;
  /** Of the API's inbound: `127.0.0.1`, which V2Ray needs and nobody dials. */
  readonly address?: string | undefined;
  /** Of the API's inbound: 1, without which Xray may connect to itself without end. */
  readonly port?: number | undefined;
  /** Of the API's inbound: contains `unix` where it listens on a Unix socket. */
  readonly network?: string | readonly string[] | undefined;
}

/** A user of vmess, vless, trojan or shadowsocks. */
export interface V2rayUser {
  /** The name the user is counted under; without one the user is not counted. */
  readonly email?: string | undefined;
  /** The user's level; default 0. That level needs an entry in `policy.levels`. */
  readonly level?: number | undefined;
  /** The UUID of a vmess or vless user. */
  readonly id?: string | undefined;
  /** The password of a trojan or shadowsocks user. */
  readonly password?: string | undefined;
}

/** A user of socks or http. */
export interface V2rayAccount {
  /** The user's name, also the one the user is counted under. */
  readonly user: string;
  /** The user's password. */
  readonly pass: string;
}

/** Where connections go. The first one takes all that no routing rule sends elsewhere. */
export interface V2rayOutbound {
  /** The name it is counted under, unlike every other outbound's and the API's; without a tag it is not counted. */
  readonly tag?: string | undefined;
  /** The protocol. */
  readonly protocol?: string | undefined;
  /** What the protocol needs. */
  readonly settings?: object | undefined;
  /** The transport, with TLS. */
  readonly streamSettings?: object | undefined;
}

/** What goes where. */
export interface RoutingBlock {
  /** Whether the addresses of domains are looked up for the sake of rules. */
  readonly domainStrategy?: string | undefined;
  /** The first rule that fits wins, so the API's stands first. */
  readonly rules?: readonly RoutingRule[] | undefined;
}

/** Sends the connections that fit all its conditions to an outbound. */
export interface RoutingRule {
  /** V2Ray refuses rules without it. */
  readonly type?: "field" | undefined;
  /** Tags of inbounds; the API's rule has this condition alone. */
  readonly inboundTag?: string | readonly string[] | undefined;
  /** E-mails of users. */
  readonly user?: string | readonly string[] | undefined;
  /** Addresses and networks of the target. */
  readonly ip?: string | readonly string[] | undefined;
  /** The outbound; the API's rule names `api.tag`. */
  readonly outboundTag?: string | undefined;
}

/** A configuration of V2Ray 4, V2Ray 5 or Xray that counts. */
export interface V2rayStatsConfig {
  /** Turns counting on. */
  readonly stats: StatsBlock;
  /** The API through which counters are read. */
  readonly api: ApiBlock;
  /** What is counted. */
  readonly policy: PolicyBlock;
  /** Where connections come in, and the way to the API. */
  readonly inbounds: readonly V2rayInbound[];
  /** Where connections go. */
  readonly outbounds: readonly V2rayOutbound[];
  /** What goes where, the API's rule first. */
  readonly routing: RoutingBlock;
}

/** The parts of a configuration of V2Ray 4, V2Ray 5 or Xray that make it count, to put into one that does not. */
export interface V2rayStatsBlocks {
  /** Turns counting on. */
  readonly stats: StatsBlock;
  /** The API through which counters are read. */
  readonly api: ApiBlock;
  /** What is counted. */
  readonly policy: PolicyBlock;
  /** The inbound that leads to the API, to stand anywhere in the list; absent where Xray itself listens. */
  readonly inbounds?: readonly V2rayInbound[] | undefined;
  /** The blackhole for connections to this machine, to stand last in the list; absent where they are let through. */
  readonly outbounds?: readonly V2rayOutbound[] | undefined;
  /** The rules, to stand first in the list; absent where there are none. */
  readonly routing?: RoutingBlock | undefined;
}

/** Where connections come in, in V2Ray 5's jsonv5. */
export interface Jsonv5Inbound {
  /** The name it is counted under, unlike every other inbound's; without a tag it is not counted. */
  readonly tag?: string | undefined;
  /** The address to listen on, or a Unix socket (`/path` or `@name`). The API's should be `127.0.0.1`. */
  readonly listen?: string | undefined;
  /** The port or ports to listen on. */
  readonly port?: number | string | undefined;
  /** The protocol; short names such as `vmess` have users without e-mails, whom nothing counts. */
  readonly protocol?: string | undefined;
  /** What the protocol needs. */
  readonly settings?: object | undefined;
  /** The transport, with TLS. */
  readonly streamSettings?: object | undefined;
}

/** What goes where, in jsonv5. */
export interface Jsonv5Router {
  /** Whether the addresses of domains are looked up for the sake of rules. */
  readonly domainStrategy?: string | undefined;
  /** The first rule that fits wins, so the API's stands first. */
  readonly rule?: readonly Jsonv5Rule[] | undefined;
}

/** Sends the connections that fit all its conditions to an outbound. */
export interface Jsonv5Rule {
  /** Tags of inbounds; the API's rule has this condition alone. */
  readonly inboundTag?: readonly string[] | undefined;
  /** E-mails of users. */
  readonly userEmail?: readonly string[] | undefined;
  /** Addresses and networks of the target. */
  readonly geoip?: readonly object[] | undefined;
  /** The outbound; the API's rule names `commander.tag`. */
  readonly tag?: string | undefined;
}

/** The services of V2Ray 5 that make counters and give them out. */
export interface Jsonv5Services {
  /** Turns counting on. */
  readonly stats?: StatsBlock | undefined;
  /** What is counted. */
  readonly policy?: Jsonv5Policy | undefined;
  /** The API through which counters are read. */
  readonly commander?: Jsonv5Commander | undefined;
}

/** What is counted. Everything is off unless it says `true`. */
export interface Jsonv5Policy {
  /** For the users of each level; the key is the level in digits. A level without an entry counts nothing. */
  readonly level?: Readonly<Record<string, Jsonv5PolicyLevel>> | undefined;
  /** For inbounds and outbounds. */
  readonly system?: Jsonv5PolicySystem | undefined;
}

/** The policy of a level. */
export interface Jsonv5PolicyLevel {
  /** What is counted of the level's users. */
  readonly stats?: Jsonv5UserStats | undefined;
}

/** What is counted of a level's users. */
export interface Jsonv5UserStats {
  /** Makes `user>>>EMAIL>>>traffic>>>uplink`: bytes from the user. */
  readonly userUplink?: boolean | undefined;
  /** Makes `user>>>EMAIL>>>traffic>>>downlink`: bytes to the user. */
  readonly userDownlink?: boolean | undefined;
}

/** The policy of inbounds and outbounds. */
export interface Jsonv5PolicySystem {
  /** What is counted of inbounds and outbounds that have a tag; V2Ray crashes at start without it. */
  readonly stats: Jsonv5SystemStats;
}

/** What is counted of inbounds and outbounds that have a tag. */
export interface Jsonv5SystemStats {
  /** Makes `inbound>>>TAG>>>traffic>>>uplink`. */
  readonly inboundUplink?: boolean | undefined;
  /** Makes `inbound>>>TAG>>>traffic>>>downlink`. */
  readonly inboundDownlink?: boolean | undefined;
  /** Makes `outbound>>>TAG>>>traffic>>>uplink`. */
  readonly outboundUplink?: boolean | undefined;
  /** Makes `outbound>>>TAG>>>traffic>>>downlink`. */
  readonly outboundDownlink?: boolean | undefined;
}

/** The API through which counters are read. */
export interface Jsonv5Commander {
  /** The virtual outbound that leads to the API; unlike every other outbound's tag, and never empty. */
  readonly tag: string;
  /** What the API offers: `stats` to read and reset counters; the others can do far more. */
  readonly name: readonly string[];
}

/** A configuration of V2Ray 5 in jsonv5 that counts. */
export interface Jsonv5StatsConfig {
  /** What goes where, the API's rule first. */
  readonly router: Jsonv5Router;
  /** Where connections come in, and the way to the API. */
  readonly inbounds: readonly Jsonv5Inbound[];
  /** Where connections go. */
  readonly outbounds: readonly V2rayOutbound[];
  /** What makes counters and gives them out. */
  readonly services: Jsonv5Services;
}

/** The parts of a configuration of V2Ray 5 in jsonv5 that make it count, to put into one that does not. */
export interface Jsonv5StatsBlocks {
  /** The rules, to stand first in the list. */
  readonly router: Jsonv5Router;
  /** The inbound that leads to the API, to stand anywhere in the list. */
  readonly inbounds: readonly Jsonv5Inbound[];
  /** The blackhole for connections to this machine, to stand last in the list; absent where they are let through. */
  readonly outbounds?: readonly V2rayOutbound[] | undefined;
  /** What makes counters and gives them out. */
  readonly services: Jsonv5Services;
}

/** Where connections come in, in sing-box. */
export interface SingBoxInbound {
  /** The protocol. */
  readonly type: string;
  /** The name it is counted under, if `v2ray_api.stats.inbounds` lists it. */
  readonly tag?: string | undefined;
  /** The address to listen on; default `127.0.0.1`. */
  readonly listen?: string | undefined;
  /** The port to listen on. */
  readonly listen_port?: number | undefined;
  /** Who may come in. */
  readonly users?: readonly SingBoxUser[] | undefined;
}

/** A user of an inbound. */
export interface SingBoxUser {
  /** The name the user is counted under, if `v2ray_api.stats.users` lists it. */
  readonly name?: string | undefined;
  /** The same for socks, http and mixed. */
  readonly username?: string | undefined;
  /** The UUID of a vmess or vless user. */
  readonly uuid?: string | undefined;
  /** The password of any other user. */
  readonly password?: string | undefined;
}

/** Where connections go, in sing-box. The first one takes all that no rule sends elsewhere. */
export interface SingBoxOutbound {
  /** The protocol. */
  readonly type: string;
  /** The name it is counted under, if `v2ray_api.stats.outbounds` lists it. */
  readonly tag?: string | undefined;
}

/** What goes where, in sing-box. */
export interface SingBoxRoute {
  /** The first rule that fits and has a final action wins. */
  readonly rules?: readonly object[] | undefined;
  /** The outbound of all that no rule fits. */
  readonly final?: string | undefined;
}

/** What sing-box calls experimental. */
export interface SingBoxExperimental {
  /** The API through which counters are read. */
  readonly v2ray_api?: SingBoxV2rayApi | undefined;
}

/** The API through which counters are read; official builds lack it, the build tag is `with_v2ray_api`. */
export interface SingBoxV2rayApi {
  /** `host:port` to listen on, on a loopback address: it has neither TLS nor a password. Without it there is no API. */
  readonly listen?: string | undefined;
  /** What is counted; without it the first connection ends the process. */
  readonly stats: SingBoxStats;
}

/** What is counted: exactly what is listed, in exactly this spelling. */
export interface SingBoxStats {
  /** Turns counting on; without it the first connection ends the process. */
  readonly enabled?: true | undefined;
  /** Tags of inbounds to count. */
  readonly inbounds?: readonly string[] | undefined;
  /** Tags of outbounds to count; a group's own tag, not those of its members. */
  readonly outbounds?: readonly string[] | undefined;
  /** Names of users to count. */
  readonly users?: readonly string[] | undefined;
}

/** A configuration of sing-box that counts. */
export interface SingBoxStatsConfig {
  /** Where connections come in. */
  readonly inbounds: readonly SingBoxInbound[];
  /** Where connections go. */
  readonly outbounds: readonly SingBoxOutbound[];
  /** What goes where. */
  readonly route: SingBoxRoute;
  /** With the API through which counters are read. */
  readonly experimental: SingBoxExperimental;
}

/** The parts of a configuration of sing-box that make it count, to put into one that does not. */
export interface SingBoxStatsBlocks {
  /** With the API through which counters are read. */
  readonly experimental: SingBoxExperimental;
  /** The rules, to stand first in the list; absent where connections to this machine are let through. */
  readonly route?: SingBoxRoute | undefined;
}
