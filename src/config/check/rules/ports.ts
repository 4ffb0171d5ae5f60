import type { ConfigModel, InboundModel, PortRange } from "../../model/config-model.ts";
import { member, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Rule } from "../rule.ts";
import { inboundName } from "./users-wording.ts";

/** A range of ports that something listens on. */
interface Listener extends PortRange {
  readonly at: ConfigNode;
  readonly name: string;
  readonly host: string;
  readonly tcp: boolean;
  readonly udp: boolean;
}

export const portCollision: Rule = {
  id: "port-collision",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray", "sing-box"],
  summary: "Two inbounds, or an inbound and the API, listen on the same address and port.",
  consequence: "Both start and share the port: the kernel gives each connection to one of them.",
  fix: "Give each a port of its own.",
  evidence: "measured",
  check(model, report) {
    for (const [listener, other] of collisions(listenersOf(model))) {
      const refused = model.target === "sing-box" || listener.name === theApi || other.name === theApi;
      const from = Math.max(listener.from, other.from);
      report({
        at: listener.at,
        message: `${listener.name} listens on port ${from}, as ${other.name} does`,
        consequence: consequenceOf(refused, listener, other),
      });
    }
  },
};

function consequenceOf(refused: boolean, listener: Listener, other: Listener): string | undefined {
  if (refused) return "The core's check passes, and its start fails: `address already in use`.";
  if (listener.host === other.host || (isAny(listener.host) && isAny(other.host))) return undefined;
  const [narrow, wide] = isAny(listener.host) ? [other, listener] : [listener, other];
  return `Both start; connections to ${narrow.host} all come to ${narrow.name}, none of them to ${wide.name}.`;
}

const theApi = "the API";

function listenersOf(model: ConfigModel): Listener[] {
  const listeners = model.inbounds.flatMap((inbound) => {
    const host = inbound.listen ?? "";
    if (/^[/@]/.test(host)) return [];
    const shared = { at: inbound.portNode ?? inbound.node, name: inboundName(inbound), host, ...transportsOf(inbound) };
    return inbound.ports.map((range) => ({ ...shared, ...range }));
  });
  const { listen, listenNode } = model.api ?? {};
  const match = /^(.*):(\d{1,5})$/.exec(listen ?? "");
  if (match === null || listenNode === undefined) return listeners;
  const port = Number(match[2]);
  const host = (match[1] as string).replace(/^\[|\]$/g, "");
  return [...listeners, { at: listenNode, name: theApi, host, from: port, to: port, tcp: true, udp: false }];
}

const udpProtocols = new Set(["hysteria", "hysteria2", "tuic", "wireguard"]);
const udpStreams = new Set(["kcp", "mkcp", "quic", "hysteria"]);

/** Which of TCP and UDP an inbound listens on; where its settings may say, they do. */
function transportsOf({ protocol, settings, stream }: InboundModel): { tcp: boolean; udp: boolean } {
  const streamName = stringOf(member(stream, "network")) ?? stringOf(member(stream, "transport")) ?? "tcp";
  if (udpProtocols.has(protocol) || udpStreams.has(streamName.toLowerCase())) return { tcp: false, udp: true };
  const networks = stringOf(member(settings, "network")) ?? stringOf(member(settings, "networks")) ?? "tcp";
  return { tcp: networks.includes("tcp") || !networks.includes("udp"), udp: networks.includes("udp") };
}

/** Each listener that is in the way of one before it, with that one. */
function collisions(listeners: readonly Listener[]): (readonly [Listener, Listener])[] {
  const order = new Map(listeners.map((listener, index) => [listener, index]));
  const found: (readonly [Listener, Listener])[] = [];
  let open: Listener[] = [];
  for (const listener of listeners.toSorted((a, b) => a.from - b.from)) {
    open = open.filter(({ to }) => to >= listener.from);
    const other = open.find((each) => meet(each, listener));
    open.push(listener);
    if (other === undefined) continue;
    const later = (order.get(other) as number) > (order.get(listener) as number);
    found.push(later ? [other, listener] : [listener, other]);
  }
  return found;
}

function meet(a: Listener, b: Listener): boolean {
  if (!(a.tcp && b.tcp) && !(a.udp && b.udp)) return false;
  return a.host === b.host || isAny(a.host) || isAny(b.host);
}

function isAny(host: string): boolean {
  return host === "" || host === "0.0.0.0" || host === "::" || host === "[::]";
}
