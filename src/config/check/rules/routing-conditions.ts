import { isIP } from "node:net";
import type { RuleModel } from "../../model/config-model.ts";
import { portsOf } from "../../model/read-parts.ts";
import { isTrue, itemsOf, member, stringListOf, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";
import { type Answer, contains, opposite } from "./routing-addresses.ts";

/** A connection that the rules are asked about; what is `undefined` may be anything. */
export interface Connection {
  readonly inboundTag: string | undefined;
  readonly network: "tcp" | "unix";
  /** Where it wants to go: an IP, or a name that is not looked up. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** The IP it comes from. */
  readonly source: string | undefined;
  /** The port it came in by. */
  readonly localPort: number | undefined;
  /** Whether it has a user, was looked into for its protocol, and has HTTP attributes. */
  readonly user: Answer;
  readonly sniffed: Answer;
  readonly attributes: Answer;
}

type Condition = (node: ConfigNode, connection: Connection) => Answer;

const inboundTag: Condition = (node, { inboundTag: tag }) => isIn(stringListOf(node), tag ?? "");
const network: Condition = (node, { network: name }) => isIn(stringListOf(node)?.map(lower), name);
const user: Condition = (_node, { user: has }) => has;
const protocol: Condition = (_node, { sniffed }) => sniffed;
const attributes: Condition = (_node, { attributes: has }) => has;
const unknown: Condition = () => "maybe";
/** Whoever asks for a name may choose another. */
const domain: Condition = (_node, { host }) => (host !== undefined && isIP(host) !== 0 ? "no" : "maybe");
const port: Condition = (node, { port: wanted }) => hasPort(node, wanted);
const localPort: Condition = (node, connection) => hasPort(node, connection.localPort);
const ip: Condition = (node, { host }) => hasAddress(stringListOf(node), host);
const source: Condition = (node, connection) => hasAddress(stringListOf(node), connection.source);
const geoip: Condition = (node, { host }) => inGeoIps(node, host);
const sourceGeoip: Condition = (node, connection) => inGeoIps(node, connection.source);

const ofV2Ray: Readonly<Record<string, Condition>> = {
  inboundtag: inboundTag,
  network,
  user,
  protocol,
  attrs: attributes,
  domain,
  domains: domain,
  port,
  ip,
  source,
  sourceport: unknown,
};

const conditions: Readonly<Record<ConfigTarget, Readonly<Record<string, Condition>>>> = {
  v2ray4: ofV2Ray,
  v2ray5: ofV2Ray,
  xray: { ...ofV2Ray, sourceip: source, localip: unknown, localport: localPort, vlessroute: unknown, process: unknown },
  "v2ray5-jsonv5": {
    inboundtag: inboundTag,
    networks: network,
    useremail: user,
    protocol,
    attributes,
    domain,
    geodomain: domain,
    portlist: port,
    geoip,
    sourcegeoip: sourceGeoip,
    sourceportlist: unknown,
  },
  "sing-box": {},
};

/** The conditions of a rule that the core heeds; it ignores empty lists and what it does not know. */
export function conditionsOf(rule: RuleModel, target: ConfigTarget): ConfigNode[] {
  const known = conditions[target];
  return rule.node.children.filter((node) => {
    if (!Object.hasOwn(known, lower(node.key as string)) || node.kind === "null") return false;
    if (node.kind === "array" || node.kind === "object") return node.children.length > 0;
    return node.value !== "" || !/^attr/i.test(node.key as string);
  });
}

/** Whether a condition holds for a connection. */
export function holds(condition: ConfigNode, connection: Connection, target: ConfigTarget): Answer {
  return (conditions[target][lower(condition.key as string)] as Condition)(condition, connection);
}

/** Whether all conditions of a rule hold for a connection. */
export function matches(rule: RuleModel, connection: Connection, target: ConfigTarget): Answer {
  let answer: Answer = "yes";
  for (const condition of conditionsOf(rule, target)) {
    const one = holds(condition, connection, target);
    if (one === "no") return "no";
    if (one === "maybe") answer = "maybe";
  }
  return answer;
}

function isIn(list: readonly string[] | undefined, word: string): Answer {
  return (list ?? []).some((each) => each.trim() === word) ? "yes" : "no";
}

function hasPort(node: ConfigNode, wanted: number | undefined): Answer {
  const ranges = portsOf(node);
  if (ranges.some(({ from, to }) => from <= 1 && to >= 65_535)) return "yes";
  if (wanted === undefined || ranges.length === 0) return "maybe";
  return ranges.some(({ from, to }) => from <= wanted && wanted <= to) ? "yes" : "no";
}

/** A name that is not looked up is in no list of addresses. */
function hasAddress(list: readonly string[] | undefined, host: string | undefined): Answer {
  if (host === undefined) return "maybe";
  return isIP(host) === 0 ? "no" : contains(list ?? [], host);
}

/** The lists of jsonv5: `[{ "code": "private" }, { "cidr": [{ "ipAddr": "127.0.0.0", "prefix": 8 }] }]`. */
function inGeoIps(node: ConfigNode, host: string | undefined): Answer {
  if (host === undefined) return "maybe";
  if (isIP(host) === 0) return "no";
  const answers = itemsOf(node).map((list): Answer => {
    const code = stringOf(member(list, "code"));
    const networks = itemsOf(member(list, "cidr")).map((cidr) => {
      return `${stringOf(member(cidr, "ipAddr"))}/${member(cidr, "prefix")?.value}`;
    });
    const written = contains([...networks, ...(code ? [`geoip:${code}`] : [])], host);
    return isTrue(member(list, "inverseMatch")) ? opposite(written) : written;
  });
  if (answers.includes("yes")) return "yes";
  return answers.includes("maybe") ? "maybe" : "no";
}

function lower(text: string): string {
  return text.trim().toLowerCase();
}
