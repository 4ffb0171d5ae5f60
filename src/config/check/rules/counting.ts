import type { ConfigModel, InboundModel, OutboundModel } from "../../model/config-model.ts";
import { itemsOf, member, memberAt, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Rule } from "../rule.ts";
import { nameOutbound, nameRule, quoted } from "./api-words.ts";
import { inboundName } from "./users-wording.ts";

export const loopbackCountsTwice: Rule = {
  id: "loopback-counts-twice",
  severity: "warning",
  targets: ["v2ray5", "xray"],
  summary: "Users are led to a loopback outbound, and pass the core a second time.",
  consequence: "Their user counters show exactly the double.",
  fix: "Lead users elsewhere, or halve what they are billed for.",
  evidence: "measured",
  check(model, report) {
    const { outbounds, rules, inbounds, policy } = model;
    if (![...policy.levels.values()].some(({ userUplink, userDownlink }) => userUplink || userDownlink)) return;
    const loopbacks = outbounds.filter(({ protocol }) => protocol === "loopback");
    const tagsOfUsers = new Set(inbounds.filter(({ users }) => users.length > 0).map(({ tag }) => tag));
    for (const rule of rules) {
      const goal = loopbacks.find(({ tag }) => tag !== undefined && tag === rule.outboundTag);
      const carriesUsers = rule.inboundTags?.some((tag) => tagsOfUsers.has(tag)) ?? tagsOfUsers.size > 0;
      if (goal === undefined || !carriesUsers) continue;
      report({
        at: member(rule.node, "outboundTag") ?? rule.node,
        message: `${nameRule(rule)} leads users to the loopback outbound ${nameOutbound(goal)}, which counts them again`,
      });
    }
    const [first] = outbounds;
    if (first === undefined || !loopbacks.includes(first) || tagsOfUsers.size === 0) return;
    report({ at: first.node, message: `users without a rule go to the loopback outbound, which counts them again` });
  },
};

/** What an outbound's connections go through, as the core understands it. */
function nextHop({ target, outbounds }: ConfigModel, outbound: OutboundModel): ConfigNode | undefined {
  const proxy = memberAt(outbound.node, "proxySettings", "tag");
  const dialer = target === "xray" ? memberAt(outbound.stream, "sockopt", "dialerProxy") : undefined;
  return [proxy, dialer].find((node) => stringOf(node) && outbounds.some(({ tag }) => tag === stringOf(node)));
}

export const chainCountsEach: Rule = {
  id: "chain-counts-each",
  severity: "info",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "An outbound goes through another one, and both count.",
  consequence: "The same bytes stand in both outbound counters.",
  fix: "Do not add the two up.",
  evidence: "measured",
  check(model, report) {
    const { statsOutboundUplink, statsOutboundDownlink } = model.policy.system;
    if (!statsOutboundUplink && !statsOutboundDownlink) return;
    for (const outbound of model.outbounds) {
      const hop = nextHop(model, outbound);
      if (hop === undefined) continue;
      report({
        at: hop,
        message: `${nameOutbound(outbound)} goes through ${quoted(stringOf(hop) ?? "")}, and both count its bytes`,
      });
    }
  },
};

/** Whether the protocol's bytes go into a TCP connection as they are. */
function isPlainTcp(stream: ConfigNode | undefined): boolean {
  const network = stringOf(member(stream, "network"))?.toLowerCase() || "tcp";
  const security = stringOf(member(stream, "security"))?.toLowerCase() || "none";
  return (network === "tcp" || network === "raw") && security === "none";
}

export const rawTcpUndercount: Rule = {
  id: "raw-tcp-undercount",
  severity: "warning",
  targets: ["xray"],
  summary: "Xray loses bytes of some counters where a protocol runs over plain TCP.",
  consequence: "The counter is too low, for small transfers at 0; user counters are right.",
  fix: "Bill by user counters; over TLS, WebSocket or gRPC nothing is lost.",
  evidence: "measured",
  check(model, report) {
    const { statsInboundDownlink, statsOutboundUplink } = model.policy.system;
    const said = (name: string, counter: string): string =>
      `${name} is on plain TCP, and its ${counter} counter misses bytes`;
    for (const inbound of statsInboundDownlink ? model.inbounds : []) {
      const { node, tag, protocol, protocolNode, settings, stream } = inbound;
      if (tag === undefined || !losesDownlink.has(protocol) || is2022(settings) || !isPlainTcp(stream)) continue;
      report({ at: protocolNode ?? node, message: said(inboundName(inbound), "downlink") });
    }
    for (const outbound of statsOutboundUplink ? model.outbounds : []) {
      const { node, tag, protocol, settings, stream } = outbound;
      const server = itemsOf(member(settings, "servers"))[0] ?? settings;
      if (tag === undefined || !losesUplink.has(protocol) || is2022(server) || !isPlainTcp(stream)) continue;
      if (nextHop(model, outbound) !== undefined) continue;
      report({ at: member(node, "protocol") ?? node, message: said(`outbound ${nameOutbound(outbound)}`, "uplink") });
    }
  },
};

// Tried one by one: a trojan inbound and Shadowsocks 2022 lose nothing.
const losesDownlink: ReadonlySet<string> = new Set(["vmess", "vless", "shadowsocks"]);
const losesUplink: ReadonlySet<string> = new Set(["vmess", "vless", "shadowsocks", "trojan"]);

function is2022(holder: ConfigNode | undefined): boolean {
  return stringOf(member(holder, "method"))?.startsWith("2022-") === true;
}

export const spliceLateCounts: Rule = {
  id: "splice-late-counts",
  severity: "info",
  targets: ["xray"],
  summary: "On Linux, Xray lets the system move the bytes of some connections past it.",
  consequence: "The downlink counters stand still while such a connection lasts, and jump when it ends.",
  fix: "Smooth rates over some time, and wait for connections to end before billing.",
  evidence: "measured",
  check(model, report) {
    const isDirect = (outbound: OutboundModel): boolean =>
      outbound.protocol === "freedom" && isPlainTcp(outbound.stream) && nextHop(model, outbound) === undefined;
    if (!countsDownlink(model) || !model.outbounds.some(isDirect)) return;
    for (const inbound of model.inbounds) {
      if (inbound.leadsToApi) continue;
      if (splicing.has(inbound.protocol) && isPlainTcp(inbound.stream)) {
        report({
          at: inbound.protocolNode ?? inbound.node,
          message: `what comes in by ${inboundName(inbound)} is counted late`,
        });
        continue;
      }
      const flow = visionFlow(inbound);
      if (flow !== undefined)
        report({ at: flow, message: `what comes in by ${inboundName(inbound)} with Vision is counted late` });
    }
  },
};

const splicing: ReadonlySet<string> = new Set(["socks", "http", "mixed", "dokodemo-door", "tunnel"]);

function countsDownlink({ policy: { levels, system } }: ConfigModel): boolean {
  if (system.statsInboundDownlink || system.statsOutboundDownlink) return true;
  return [...levels.values()].some(({ userDownlink }) => userDownlink);
}

/** Vision works over TLS and REALITY on TCP only, so lists of users on other networks need not be read. */
function visionFlow({ protocol, stream, users }: InboundModel): ConfigNode | undefined {
  const network = stringOf(member(stream, "network"))?.toLowerCase() || "tcp";
  const security = stringOf(member(stream, "security"))?.toLowerCase();
  if (protocol !== "vless" || !(network === "tcp" || network === "raw")) return undefined;
  if (security !== "tls" && security !== "reality") return undefined;
  for (const { node } of users) {
    const flow = member(node, "flow");
    if (stringOf(flow)?.startsWith("xtls-rprx-vision")) return flow;
  }
  return undefined;
}
