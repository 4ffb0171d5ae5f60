import { itemsOf, member, memberAt, objectsOf, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type { ConfigModel, InboundModel, OutboundModel } from "./config-model.ts";
import { nameOf, readPlace, readPolicy, readUser } from "./read-parts.ts";

const noNames = {
  levels: "",
  levelFlags: [],
  userUplink: "",
  userDownlink: "",
  userOnline: "",
  systemFlags: [],
  system: { statsInboundUplink: "", statsInboundDownlink: "", statsOutboundUplink: "", statsOutboundDownlink: "" },
} as const;

/** Inbounds whose users are called by `username`. */
const byUsername = new Set(["socks", "http", "mixed", "naive"]);

export function readSingBox(root: ConfigNode): Omit<ConfigModel, "target" | "version" | "documents" | "root"> {
  const node = memberAt(root, "experimental", "v2ray_api");
  const listenNode = member(node, "listen");
  const endpoints = objectsOf(member(root, "endpoints"));
  return {
    stats: member(node, "stats"),
    policy: readPolicy(undefined, noNames),
    api:
      node?.kind === "object"
        ? { node, tag: undefined, services: [], servicesNode: undefined, listen: nameOf(listenNode), listenNode }
        : undefined,
    // An endpoint, as WireGuard's, is both.
    inbounds: [...objectsOf(member(root, "inbounds")), ...endpoints].map(readInbound),
    outbounds: [...objectsOf(member(root, "outbounds")), ...endpoints].map(readOutbound),
    rules: [],
    balancers: [],
  };
}

function readInbound(node: ConfigNode): InboundModel {
  const protocolNode = member(node, "type");
  const protocol = stringOf(protocolNode) ?? "";
  const nameKey = byUsername.has(protocol) ? "username" : "name";
  return {
    ...readPlace(node, "listen_port"),
    protocol,
    protocolNode,
    settings: node,
    stream: undefined,
    users: itemsOf(member(node, "users")).map((user) =>
      readUser(user, nameKey, undefined, member(user, "uuid") === undefined ? "password" : "uuid"),
    ),
    leadsToApi: false,
  };
}

function readOutbound(node: ConfigNode): OutboundModel {
  return {
    node,
    tag: nameOf(member(node, "tag")),
    protocol: stringOf(member(node, "type")) ?? "",
    settings: node,
    stream: undefined,
  };
}
