import { itemsOf, member, memberAt, objectsOf, stringListOf, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type { ApiModel, ConfigModel, InboundModel, UserModel } from "./config-model.ts";
import { leadingToApi, levelOf, nameOf, readPlace, readPolicy, readRules, tagsLeadingTo } from "./read-parts.ts";

const policyNames = {
  levels: "level",
  levelFlags: ["stats"],
  userUplink: "userUplink",
  userDownlink: "userDownlink",
  userOnline: "userOnline",
  systemFlags: ["stats"],
  system: {
    statsInboundUplink: "inboundUplink",
    statsInboundDownlink: "inboundDownlink",
    statsOutboundUplink: "outboundUplink",
    statsOutboundDownlink: "outboundDownlink",
  },
} as const;

/** V2Ray 5's other language, for `-format jsonv5`. */
export function readJsonV5(root: ConfigNode): Omit<ConfigModel, "target" | "version" | "documents" | "root"> {
  const services = member(root, "services");
  const router = member(root, "router");
  const api = readCommander(member(services, "commander"));
  const rules = readRules(member(router, "rule"), "tag", "balancingTag");
  return {
    stats: member(services, "stats"),
    policy: readPolicy(member(services, "policy"), policyNames),
    api,
    inbounds: leadingToApi(objectsOf(member(root, "inbounds")).map(readInbound), tagsLeadingTo(api?.tag, rules)),
    outbounds: objectsOf(member(root, "outbounds")).map((node) => ({
      node,
      tag: nameOf(member(node, "tag")),
      protocol: shortProtocol(stringOf(member(node, "protocol"))),
      settings: member(node, "settings"),
      stream: member(node, "streamSettings"),
    })),
    rules,
    balancers: objectsOf(member(router, "balancingRule")).map((node) => ({
      node,
      tag: nameOf(member(node, "tag")),
      selectors: stringListOf(member(node, "outboundSelector")) ?? [],
    })),
  };
}

function readCommander(node: ConfigNode | undefined): ApiModel | undefined {
  if (node?.kind !== "object") return undefined;
  const servicesNode = member(node, "name");
  return {
    node,
    tag: nameOf(member(node, "tag")),
    services: itemsOf(servicesNode).flatMap((item) => stringOf(item) ?? []),
    servicesNode,
    listen: undefined,
    listenNode: undefined,
  };
}

/** `#v2ray.core.proxy.vmess.inbound.Config` is vmess. */
function shortProtocol(name: string | undefined): string {
  return (/^#v2ray\.core\.proxy\.(\w+)\./.exec(name ?? "")?.[1] ?? name ?? "").toLowerCase();
}

function readInbound(node: ConfigNode): Omit<InboundModel, "leadsToApi"> {
  const protocolNode = member(node, "protocol");
  const settings = member(node, "settings");
  return {
    ...readPlace(node, "port"),
    protocol: shortProtocol(stringOf(protocolNode)),
    protocolNode,
    settings,
    stream: member(node, "streamSettings"),
    users: usersOf(settings),
  };
}

/** Users of the full form; the short form, a list of ids, has users without names. */
function usersOf(settings: ConfigNode | undefined): UserModel[] {
  const lists = ["user", "users", "clients"].map((name) => member(settings, name));
  return lists.flatMap(itemsOf).map((node) => {
    if (node.kind !== "object") {
      return { node, name: undefined, nameNode: undefined, level: 0, levelNode: undefined, secretNode: node };
    }
    const nameNode = member(node, "email");
    const levelNode = member(node, "level");
    const account = member(node, "account");
    const secretNode = memberAt(account, "id") ?? memberAt(account, "password");
    return { node, name: nameOf(nameNode), nameNode, level: levelIn(levelNode), levelNode, secretNode };
  });
}

/** Protobuf's JSON takes a number as a text, too. */
function levelIn(node: ConfigNode | undefined): number | undefined {
  const text = stringOf(node);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : levelOf(node);
}
