import type { ConfigDocument } from "../syntax/document.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type { ConfigTarget, CoreVersion } from "../target.ts";

/**
 * What matters for statistics in a configuration, in one shape for all five languages. Every part keeps its node, for
 * places and edits. What is not as the core wants it (a level that is a text, a tag that is a number) is `undefined` here
 * and stays in the nodes, for the rules that complain about it.
 */
export interface ConfigModel {
  readonly target: ConfigTarget;
  readonly version: CoreVersion;
  /** As written: a file each, in the order the core reads them. */
  readonly documents: readonly ConfigDocument[];
  /** As the core sees it: repeated keys and several files merged. */
  readonly root: ConfigNode;
  /** The `stats` block: of jsonv5 under `services`, of sing-box under `experimental.v2ray_api`. */
  readonly stats: ConfigNode | undefined;
  readonly policy: PolicyModel;
  readonly api: ApiModel | undefined;
  /** All that the core listens on by this configuration, in its order. */
  readonly inbounds: readonly InboundModel[];
  readonly outbounds: readonly OutboundModel[];
  /** Routing rules in the order in which they are tried; sing-box's have other shapes and are not here. */
  readonly rules: readonly RuleModel[];
  readonly balancers: readonly BalancerModel[];
}

/** The switches of V2Ray and Xray; sing-box has none. */
export interface PolicyModel {
  readonly node: ConfigNode | undefined;
  readonly levelsNode: ConfigNode | undefined;
  /** By number; only levels with an entry that is an object. */
  readonly levels: ReadonlyMap<number, LevelModel>;
  readonly systemNode: ConfigNode | undefined;
  readonly system: Readonly<Record<SystemFlag, boolean>>;
}

/** Names of the flags as V2Ray 4, V2Ray 5 and Xray write them. */
export const systemFlags = [
  "statsInboundUplink",
  "statsInboundDownlink",
  "statsOutboundUplink",
  "statsOutboundDownlink",
] as const;

/** One of {@link systemFlags}. */
export type SystemFlag = (typeof systemFlags)[number];

/** An entry of `policy.levels`. */
export interface LevelModel {
  readonly node: ConfigNode;
  readonly userUplink: boolean;
  readonly userDownlink: boolean;
  readonly userOnline: boolean;
}

/** The `api` block; of jsonv5 `services.commander`, of sing-box `experimental.v2ray_api`. */
export interface ApiModel {
  readonly node: ConfigNode;
  readonly tag: string | undefined;
  /** As written; of sing-box none. */
  readonly services: readonly string[];
  readonly servicesNode: ConfigNode | undefined;
  /** Where the API listens by itself: of sing-box, and of Xray where its version knows `listen`. */
  readonly listen: string | undefined;
  readonly listenNode: ConfigNode | undefined;
}

export interface InboundModel {
  readonly node: ConfigNode;
  /** Empty tags count as none. */
  readonly tag: string | undefined;
  /** In lower case, as cores compare it; of jsonv5's full names the word before `.inbound.Config` and the like. */
  readonly protocol: string;
  readonly protocolNode: ConfigNode | undefined;
  readonly listen: string | undefined;
  readonly listenNode: ConfigNode | undefined;
  /** Ranges, both ends included; empty for Unix sockets and where it is unreadable. */
  readonly ports: readonly PortRange[];
  readonly portNode: ConfigNode | undefined;
  /** Of sing-box the inbound itself. */
  readonly settings: ConfigNode | undefined;
  readonly stream: ConfigNode | undefined;
  /** Everybody who can be told apart here, named or not. */
  readonly users: readonly UserModel[];
  /** A rule leads from here to the API. */
  readonly leadsToApi: boolean;
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface UserModel {
  readonly node: ConfigNode;
  /** The subject of the user's counters: `email`, or the `user`, `name` or `username` that stands for it; never empty. */
  readonly name: string | undefined;
  /** Where the name is, also where it is no text. */
  readonly nameNode: ConfigNode | undefined;
  /** 0 where there is none; `undefined` where it is no number a core takes. Always 0 for sing-box. */
  readonly level: number | undefined;
  readonly levelNode: ConfigNode | undefined;
  /** The `id`, `uuid` or `password` that tells the user from others. */
  readonly secretNode: ConfigNode | undefined;
}

export interface OutboundModel {
  readonly node: ConfigNode;
  readonly tag: string | undefined;
  readonly protocol: string;
  readonly settings: ConfigNode | undefined;
  readonly stream: ConfigNode | undefined;
}

export interface RuleModel {
  readonly node: ConfigNode;
  /** The list the rule stands in. */
  readonly list: ConfigNode;
  /** `undefined` where the rule holds for all inbounds. */
  readonly inboundTags: readonly string[] | undefined;
  readonly outboundTag: string | undefined;
  readonly balancerTag: string | undefined;
}

export interface BalancerModel {
  readonly node: ConfigNode;
  readonly tag: string | undefined;
  readonly selectors: readonly string[];
}
