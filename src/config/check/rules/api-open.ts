import type { ConfigModel, InboundModel } from "../../model/config-model.ts";
import { isTrue, itemsOf, member, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { configTargets, isAtLeast } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { isV2Ray5 } from "./api-exposure.ts";
import { asksPassword, tlsOf } from "./api-inbound-parts.ts";
import { apiListenPlace } from "./api-listen.ts";
import { answeringInbounds } from "./api-way.ts";
import { nameInbound, nameOutbound, quoted } from "./api-words.ts";
import { isLoopback } from "./routing-addresses.ts";
import type { Connection } from "./routing-conditions.ts";
import { directWay, directWayByName } from "./routing-fate.ts";
import { singBoxDirectWay } from "./routing-sing-box.ts";

export const apiOpenToProxyUsers: Rule = {
  id: "api-open-to-proxy-users",
  severity: "warning",
  targets: configTargets,
  summary: "Users can reach the API through the proxy, though it listens on this machine alone.",
  consequence: "Every user can ask the proxy for the API's port on 127.0.0.1, read the counters and set them to zero.",
  fix: "Block the API's port for users by a rule behind the API's own, or let the API listen on a Unix socket.",
  evidence: "measured",
  check(model, report) {
    for (const { at, port } of loopbackApis(model)) {
      for (const inbound of differentInbounds(model)) {
        const way = wayOut(model, inbound, port);
        if (way === undefined) continue;
        report({
          at,
          message: `users of ${nameInbound(inbound)} reach the API on port ${port} through ${way.outbound}${way.how}`,
          ...(way.how !== "" && { fix: closeNames[model.target === "sing-box" ? "singBox" : "v2ray"] }),
        });
        return;
      }
    }
  },
};

const closeNames = {
  v2ray: "Block the API's port for users instead of its address, or set routing's `domainStrategy` to `IPIfNonMatch`.",
  singBox: 'Block the API\'s port for users instead of its address, or put `{ "action": "resolve" }` before the rule.',
};

interface LoopbackApi {
  readonly at: ConfigNode;
  readonly port: number;
}

/** Where the API listens on this machine alone, and asks nobody who he is. */
function loopbackApis(model: ConfigModel): LoopbackApi[] {
  const place = apiListenPlace(model);
  const at = model.api?.listenNode;
  if (at !== undefined && place?.port !== undefined && isLoopback(place.host)) return [{ at, port: place.port }];
  return answeringInbounds(model).flatMap((inbound) => {
    const { listen = "", ports, node, portNode } = inbound;
    const [first] = ports;
    const verified = isV2Ray5(model.target) && isTrue(member(tlsOf(inbound)?.settings, "verifyClientCertificate"));
    if (!isLoopback(listen) || first === undefined || verified || asksPassword(inbound)) return [];
    return [{ at: portNode ?? node, port: first.from }];
  });
}

/** Protocols that people elsewhere use, be it through a web server or a fallback on this machine. */
const forOthers = new Set(
  "vmess vless trojan shadowsocks hysteria hysteria2 tuic naive anytls shadowtls wireguard snell".split(" "),
);

/** Protocols that programs on this machine use too. */
const forAll = new Set(["socks", "http", "mixed"]);

/** Whether people elsewhere can use an inbound. */
function isForOthers({ protocol, listen, leadsToApi }: InboundModel, { target }: ConfigModel): boolean {
  if (leadsToApi) return false;
  const isLocal = isLoopback(listen ?? (target === "sing-box" ? "127.0.0.1" : "0.0.0.0"));
  return forOthers.has(protocol) || (forAll.has(protocol) && !isLocal);
}

/** With more inbounds than this that rules tell apart, time would grow with their square. */
const maxInbounds = 30;

/** The inbounds for people elsewhere; of those that no rule mentions, one of each protocol. */
function differentInbounds(model: ConfigModel): InboundModel[] {
  const mentioned = new Set(model.rules.flatMap(({ inboundTags = [] }) => inboundTags));
  const seen = new Map<string, InboundModel>();
  for (const inbound of model.inbounds) {
    if (!isForOthers(inbound, model)) continue;
    const { tag, protocol } = inbound;
    const isMentioned = tag !== undefined && (mentioned.has(tag) || model.target === "sing-box");
    const key = isMentioned ? `tag ${tag}` : `protocol ${protocol}`;
    if (!seen.has(key)) seen.set(key, inbound);
    if (seen.size >= maxInbounds) break;
  }
  return [...seen.values()];
}

/** The protocols for which Xray's freedom refuses private targets since 26.4.15. */
const guarded = new Set(["vless", "vmess", "trojan", "shadowsocks", "hysteria", "wireguard"]);

interface WayOut {
  readonly outbound: string;
  /** What it takes, where an address is not enough. */
  readonly how: string;
}

function wayOut(model: ConfigModel, inbound: InboundModel, port: number): WayOut | undefined {
  const { target, version, root } = model;
  if (target === "xray" && isAtLeast(version, "26.4.15") && guarded.has(inbound.protocol)) return undefined;
  if (target === "sing-box") return singBoxWayOut(root, inbound.tag, port);
  const connection: Connection = {
    inboundTag: inbound.tag,
    network: "tcp",
    host: "127.0.0.1",
    port,
    source: undefined,
    localPort: inbound.ports[0]?.from,
    user: "maybe",
    sniffed: "maybe",
    attributes: "maybe",
  };
  const direct = directWay(model, connection);
  if (direct !== undefined) return { outbound: nameOutbound(direct), how: "" };
  const named = directWayByName(model, connection);
  return named && { outbound: nameOutbound(named), how: byName };
}

const byName = " when they ask for a name such as localhost, as addresses alone are blocked";

function singBoxWayOut(root: ConfigNode, inboundTag: string | undefined, port: number): WayOut | undefined {
  const direct = singBoxDirectWay(root, { inboundTag, port, byName: false });
  if (direct !== undefined) return { outbound: tagOf(direct), how: "" };
  const named = looksNamesUp(root) ? singBoxDirectWay(root, { inboundTag, port, byName: true }) : undefined;
  return named && { outbound: tagOf(named), how: byName };
}

/** Without a resolver sing-box connects to no name. */
function looksNamesUp(root: ConfigNode): boolean {
  return itemsOf(member(member(root, "dns"), "servers")).length > 0;
}

function tagOf(outbound: ConfigNode): string {
  return quoted(stringOf(member(outbound, "tag")) ?? "direct");
}
