import { itemsOf, member, memberAt, objectsOf, stringListOf, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { type ConfigTarget, type CoreVersion, isAtLeast } from "../target.ts";
import type { ApiModel, ConfigModel, InboundModel, OutboundModel, RuleModel, UserModel } from "./config-model.ts";
import {
  leadingToApi,
  levelOf,
  nameOf,
  readPlace,
  readPolicy,
  readRules,
  readUser,
  tagsLeadingTo,
} from "./read-parts.ts";

type Parts = Omit<ConfigModel, "target" | "version" | "documents" | "root">;

const policyNames = {
  levels: "levels",
  levelFlags: [],
  userUplink: "statsUserUplink",
  userDownlink: "statsUserDownlink",
  userOnline: "statsUserOnline",
  systemFlags: [],
  system: {
    statsInboundUplink: "statsInboundUplink",
    statsInboundDownlink: "statsInboundDownlink",
    statsOutboundUplink: "statsOutboundUplink",
    statsOutboundDownlink: "statsOutboundDownlink",
  },
} as const;

/** The language of V2Ray 4, V2Ray 5 by default, and Xray. */
export function readV2Ray(base: {
  readonly target: ConfigTarget;
  readonly version: CoreVersion;
  readonly root: ConfigNode;
}): Parts {
  const { target, version, root } = base;
  const isXray = target === "xray";
  const api = readApi(member(root, "api"), isXray && isAtLeast(version, "1.8.12"));
  const routing = member(root, "routing");
  const rules = rulesOf(routing, isXray);
  // The legacy names come first, and so decide which outbound is the default one.
  const inbounds = [
    ...(isXray ? [] : legacy(root, "inbound", "inboundDetour")),
    ...objectsOf(member(root, "inbounds")),
  ].map((node) => readInbound(node, target));
  const outbounds = [
    ...(isXray ? [] : legacy(root, "outbound", "outboundDetour")),
    ...objectsOf(member(root, "outbounds")),
  ].map(readOutbound);
  return {
    stats: statsOf(target, root),
    policy: readPolicy(member(root, "policy"), policyNames),
    api,
    inbounds: leadingToApi(inbounds, tagsLeadingTo(api?.tag, rules)),
    outbounds,
    rules,
    balancers: objectsOf(member(routing, "balancers")).map((node) => ({
      node,
      tag: nameOf(member(node, "tag")),
      selectors: stringListOf(member(node, "selector")) ?? [],
    })),
  };
}

/** V2Ray 5 takes `services.stats` as well. */
function statsOf(target: ConfigTarget, root: ConfigNode): ConfigNode | undefined {
  const stats = member(root, "stats");
  return target === "v2ray5" && stats === undefined ? memberAt(root, "services", "stats") : stats;
}

function readApi(node: ConfigNode | undefined, knowsListen: boolean): ApiModel | undefined {
  if (node?.kind !== "object") return undefined;
  const servicesNode = member(node, "services");
  const listenNode = member(node, "listen");
  return {
    node,
    tag: nameOf(member(node, "tag")),
    services: itemsOf(servicesNode).flatMap((item) => stringOf(item) ?? []),
    servicesNode,
    listen: knowsListen ? nameOf(listenNode) : undefined,
    listenNode,
  };
}

/** V2Ray appends the rules of `routing.settings`; Xray does not read them. */
function rulesOf(routing: ConfigNode | undefined, isXray: boolean): RuleModel[] {
  const own = readRules(member(routing, "rules"), "outboundTag", "balancerTag");
  if (isXray) return own;
  return [...own, ...readRules(memberAt(routing, "settings", "rules"), "outboundTag", "balancerTag")];
}

function legacy(root: ConfigNode, one: string, list: string): readonly ConfigNode[] {
  const single = member(root, one);
  return [...(single?.kind === "object" ? [single] : []), ...objectsOf(member(root, list))];
}

function readInbound(node: ConfigNode, target: ConfigTarget): Omit<InboundModel, "leadsToApi"> {
  const protocolNode = member(node, "protocol");
  const protocol = (stringOf(protocolNode) ?? "").toLowerCase();
  const settings = member(node, "settings");
  return {
    ...readPlace(node, "port"),
    protocol,
    protocolNode,
    settings,
    stream: member(node, "streamSettings"),
    users: usersOf(protocol, settings, target),
  };
}

function usersOf(protocol: string, settings: ConfigNode | undefined, target: ConfigTarget): readonly UserModel[] {
  if (settings === undefined) return [];
  switch (protocol) {
    case "vmess":
    case "vless":
      return clientsOf(settings, "id");
    case "trojan":
      return clientsOf(settings, "password");
    case "hysteria":
      return target === "xray" ? clientsOf(settings, "auth") : [];
    case "shadowsocks": {
      const clients = member(settings, "clients");
      if (target === "xray" && clients?.kind === "array") return clientsOf(settings, "password");
      const user = readUser(settings, "email", member(settings, "level"), "password");
      const method = stringOf(member(settings, "method")) ?? "";
      return [method.startsWith("2022-") ? { ...user, level: 0 } : user];
    }
    case "socks":
    case "mixed":
      return stringOf(member(settings, "auth")) === "password" ? accountsOf(settings) : [];
    case "http":
      return accountsOf(settings);
    default:
      return [];
  }
}

function clientsOf(settings: ConfigNode, secretKey: string): UserModel[] {
  return itemsOf(member(settings, "clients")).map((node) => readUser(node, "email", member(node, "level"), secretKey));
}

/** Accounts of socks and http: named by `user`, all of one level. */
function accountsOf(settings: ConfigNode): UserModel[] {
  const levelNode = member(settings, "userLevel");
  const level = levelOf(levelNode);
  return itemsOf(member(settings, "accounts")).map((node) => ({
    ...readUser(node, "user", undefined, "pass"),
    level,
    levelNode,
  }));
}

function readOutbound(node: ConfigNode): OutboundModel {
  return {
    node,
    tag: nameOf(member(node, "tag")),
    protocol: (stringOf(member(node, "protocol")) ?? "").toLowerCase(),
    settings: member(node, "settings"),
    stream: member(node, "streamSettings"),
  };
}
