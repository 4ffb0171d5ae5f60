import type { Scope } from "../../names/stat-name.ts";
import type { SingBoxApiOptions, V2ray4ApiOptions, V2ray5ApiOptions, XrayApiOptions } from "./api-options.ts";
import type { SingBoxInboundOptions, V2rayInboundOptions, XrayInboundOptions } from "./inbound-options.ts";
import type { ModernOutboundOptions, V2rayOutboundOptions } from "./outbound-options.ts";

/** Sends the connections that fit all it says to an outbound; it says one thing at least. */
export interface RouteOptions {
  /** Tags of the inbounds they come from; without it all. */
  readonly inbounds?: readonly string[] | undefined;
  /** E-mails of the users they come from; without it all. */
  readonly users?: readonly string[] | undefined;
  /** Tag of the outbound they go to. */
  readonly outbound: string;
}

/** What can be told of a configuration for every core. */
export interface CommonConfigOptions {
  /**
   * Who leaves by which outbound, in order; who fits none leaves by the first outbound.
   *
   * @defaultValue none
   */
  readonly routes?: readonly RouteOptions[] | undefined;
  /**
   * Whose traffic is counted.
   *
   * @defaultValue all three
   */
  readonly scopes?: readonly Scope[] | undefined;
  /**
   * Keeps proxied connections from the machine's own addresses, since a user could read and reset the counters through
   * the proxy. The core then looks up the addresses of domains before it routes.
   *
   * @defaultValue true where it is needed: the API is on a port, a freedom outbound exists, and so does an inbound other
   * than socks and http on a loopback address
   */
  readonly blockLoopback?: boolean | undefined;
}

/** What can be told of a configuration, with the target's own parts. */
export interface ConfigOptions<Api, Inbound, Outbound> extends CommonConfigOptions {
  /** Where the API is. */
  readonly api: Api;
  /** Where connections come in, one or more. */
  readonly inbounds: readonly Inbound[];
  /**
   * Where connections go: to the first, unless a route says otherwise.
   *
   * @defaultValue one freedom outbound
   */
  readonly outbounds?: readonly Outbound[] | undefined;
}

/** A configuration for V2Ray 4. */
export interface V2ray4ConfigOptions
  extends ConfigOptions<V2ray4ApiOptions, V2rayInboundOptions, V2rayOutboundOptions> {
  /** The core that will read it. */
  readonly target: "v2ray4";
}

/** A configuration for V2Ray 5. */
export interface V2ray5ConfigOptions
  extends ConfigOptions<V2ray5ApiOptions, V2rayInboundOptions, V2rayOutboundOptions> {
  /** The core that will read it. */
  readonly target: "v2ray5";
}

/** A configuration for V2Ray 5 started with `-format jsonv5`. */
export interface Jsonv5ConfigOptions
  extends ConfigOptions<V2ray5ApiOptions, V2rayInboundOptions, V2rayOutboundOptions> {
  /** The core that will read it. */
  readonly target: "v2ray5-jsonv5";
}

/** What only Xray can be told. */
export interface XrayOwnOptions {
  /** The core that will read it. */
  readonly target: "xray";
  /**
   * The oldest version that will read it, as `xray version` prints it.
   *
   * @defaultValue "26.3.27"
   */
  readonly version?: string | undefined;
  /**
   * Also keeps the addresses each user is online from; Xray has it from 24.11.5 on.
   *
   * @defaultValue false
   */
  readonly online?: boolean | undefined;
}

/** A configuration for Xray. */
export interface XrayConfigOptions
  extends XrayOwnOptions,
    ConfigOptions<XrayApiOptions, XrayInboundOptions, ModernOutboundOptions> {}

/** A configuration for sing-box, built with the tag `with_v2ray_api`. */
export interface SingBoxConfigOptions
  extends ConfigOptions<SingBoxApiOptions, SingBoxInboundOptions, ModernOutboundOptions> {
  /** The core that will read it. */
  readonly target: "sing-box";
}

/** A configuration to build, told apart by `target`. */
export type StatsConfigOptions =
  | V2ray4ConfigOptions
  | V2ray5ConfigOptions
  | Jsonv5ConfigOptions
  | XrayConfigOptions
  | SingBoxConfigOptions;

/** What can be told of the blocks of V2Ray and Xray, with the target's own API. */
export interface BlocksOptions<Api> {
  /** Where the API is. */
  readonly api: Api;
  /**
   * The levels of the users.
   *
   * @defaultValue `[0]`
   */
  readonly levels?: readonly number[] | undefined;
  /**
   * Whose traffic is counted.
   *
   * @defaultValue all three
   */
  readonly scopes?: readonly Scope[] | undefined;
  /**
   * Adds a rule that keeps proxied connections from the machine's own addresses, with the blackhole it leads to. A server
   * should have it; see `blockLoopback` of the whole configuration.
   *
   * @defaultValue false
   */
  readonly blockLoopback?: boolean | undefined;
}

/** The blocks for V2Ray 4. */
export interface V2ray4BlocksOptions extends BlocksOptions<V2ray4ApiOptions> {
  /** The core that will read it. */
  readonly target: "v2ray4";
}

/** The blocks for V2Ray 5. */
export interface V2ray5BlocksOptions extends BlocksOptions<V2ray5ApiOptions> {
  /** The core that will read it. */
  readonly target: "v2ray5";
}

/** The blocks for V2Ray 5 started with `-format jsonv5`. */
export interface Jsonv5BlocksOptions extends BlocksOptions<V2ray5ApiOptions> {
  /** The core that will read it. */
  readonly target: "v2ray5-jsonv5";
}

/** The blocks for Xray. */
export interface XrayBlocksOptions extends XrayOwnOptions, BlocksOptions<XrayApiOptions> {}

/** The blocks for sing-box, which counts only what it is given the names of. */
export interface SingBoxBlocksOptions {
  /** The core that will read it. */
  readonly target: "sing-box";
  /** Where the API is. */
  readonly api: SingBoxApiOptions;
  /** Tags of inbounds to count. */
  readonly inbounds: readonly string[];
  /** Tags of outbounds to count; a group's own tag, not those of its members. */
  readonly outbounds: readonly string[];
  /** Names of users to count. */
  readonly users: readonly string[];
  /**
   * Adds rules that keep proxied connections from the machine's own addresses. A server should have them; see
   * `blockLoopback` of the whole configuration.
   *
   * @defaultValue false
   */
  readonly blockLoopback?: boolean | undefined;
}

/** Blocks to build, told apart by `target`. */
export type StatsBlocksOptions =
  | V2ray4BlocksOptions
  | V2ray5BlocksOptions
  | Jsonv5BlocksOptions
  | XrayBlocksOptions
  | SingBoxBlocksOptions;
