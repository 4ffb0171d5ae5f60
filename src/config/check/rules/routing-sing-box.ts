import { itemsOf, member, stringListOf, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { type Answer, contains } from "./routing-addresses.ts";

/** A connection of a user to this machine that sing-box's rules are asked about. */
interface LocalCall {
  readonly inboundTag: string | undefined;
  readonly port: number;
  /** Whether the user asks for a name, which is in no list of addresses before it is looked up. */
  readonly byName: boolean;
}

/** The direct outbound by which a call may leave; `undefined` where there is none. */
export function singBoxDirectWay(root: ConfigNode, call: LocalCall): ConfigNode | undefined {
  const route = member(root, "route");
  const outbounds = itemsOf(member(root, "outbounds"));
  const called = (tag: string | undefined): ConfigNode | undefined =>
    outbounds.find((outbound) => stringOf(member(outbound, "tag")) === tag);
  let { byName } = call;
  for (const rule of itemsOf(member(route, "rules"))) {
    const answer = matches(rule, { ...call, byName });
    if (answer === "no") continue;
    const action = stringOf(member(rule, "action")) ?? "route";
    if (action === "resolve" && answer === "yes") byName = false;
    const outbound = action === "route" ? called(stringOf(member(rule, "outbound"))) : undefined;
    if (isDirect(outbound)) return outbound;
    if (answer === "yes" && (action === "route" || action === "reject" || action === "hijack-dns")) return undefined;
  }
  const final = stringOf(member(route, "final"));
  const last = final === undefined ? outbounds[0] : called(final);
  return isDirect(last) ? last : undefined;
}

function isDirect(outbound: ConfigNode | undefined): boolean {
  return stringOf(member(outbound, "type")) === "direct" && member(outbound, "detour") === undefined;
}

const notConditions = new Set(["action", "outbound"]);

/** All conditions known here must hold; of those that are not, nobody can say. */
function matches(rule: ConfigNode, call: LocalCall): Answer {
  if (stringOf(member(rule, "type")) === "logical" || member(rule, "invert") !== undefined) return "maybe";
  let answer: Answer = "yes";
  for (const condition of rule.children) {
    const key = (condition.key as string).toLowerCase();
    if (notConditions.has(key) || optionsOfActions.has(key)) continue;
    const one = holds(key, condition, call);
    if (one === "no") return "no";
    if (one === "maybe") answer = "maybe";
  }
  return answer;
}

/** Members of a rule that say how its action is done. */
const optionsOfActions = new Set([
  "method",
  "no_drop",
  "server",
  "strategy",
  "sniffer",
  "timeout",
  "disable_cache",
  "rewrite_ttl",
]);

function holds(key: string, node: ConfigNode, { inboundTag, port, byName }: LocalCall): Answer {
  const values = itemsOf(node).length > 0 ? itemsOf(node) : [node];
  switch (key) {
    case "inbound":
      return values.some(({ value }) => value === inboundTag) ? "yes" : "no";
    case "port":
      return values.some(({ value }) => value === port) ? "yes" : "no";
    case "port_range":
      return values.some(({ value }) => isInRange(String(value), port)) ? "yes" : "no";
    case "network":
      return values.some(({ value }) => value === "tcp") ? "yes" : "no";
    case "ip_is_private":
      return byName ? "no" : "yes";
    case "ip_cidr":
      return byName ? "no" : contains(stringListOf(node) ?? [], "127.0.0.1");
    case "domain":
    case "domain_suffix":
    case "domain_keyword":
    case "domain_regex":
      return byName ? "maybe" : "no";
    default:
      return "maybe";
  }
}

/** `1000:2000`, `:2000`, `1000:`. */
function isInRange(range: string, port: number): boolean {
  const [from = "", to = ""] = range.split(":");
  return Number(from || "0") <= port && port <= Number(to || "65535");
}
