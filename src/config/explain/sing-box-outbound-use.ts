import { itemsOf, member, memberAt, stringListOf, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { bad, good, quoted, type Step } from "./step.ts";

/**
 * Says whether connections are ever routed to an outbound: sing-box counts the outbound that the route names, not the
 * one that a group picks or that another outbound dials through.
 *
 * @param outbounds - The nodes by their tags; the node is `undefined` where sing-box makes the outbound by itself.
 */
export function singBoxOutboundUse(
  root: ConfigNode,
  outbounds: ReadonlyMap<string, ConfigNode | undefined>,
): (tag: string) => Step[] {
  const final = memberAt(root, "route", "final");
  const first = itemsOf(member(root, "outbounds"))[0];
  const targets = new Map<string, ConfigNode>();
  collectTargets(member(memberAt(root, "route"), "rules"), targets);

  function routeStep(tag: string, node: ConfigNode): Step | undefined {
    const rule = targets.get(tag);
    if (rule !== undefined) return good("a rule of the route leads to it", rule);
    const wanted = stringOf(final);
    if (wanted === tag) return good("route.final leads to it", final);
    if (wanted || node !== first) return undefined;
    return good("it is the first outbound, where all goes that no rule leads elsewhere", node);
  }

  function unused(tag: string, node: ConfigNode): Step {
    const users = [...outbounds].filter(([, other]) => other !== undefined && dialsThrough(other, tag));
    const [user] = users[0] ?? [];
    if (user === undefined)
      return bad("no rule of the route leads to it", "Route something to it, or leave it out.", node);
    const names = users.map(([name]) => quoted(name)).join(", ");
    const text = `no rule of the route leads to it, only ${names}, and what goes that way is counted there alone`;
    return bad(text, `Read outbound>>>${user}>>>… instead.`, node);
  }

  return (tag) => {
    const node = outbounds.get(tag);
    if (node === undefined) return [good(`without outbounds sing-box makes one of its own, ${quoted(tag)}`)];
    const known = good(`there is an outbound with the tag ${quoted(tag)} (${stringOf(member(node, "type"))})`, node);
    return [known, routeStep(tag, node) ?? unused(tag, node)];
  };
}

/** Outbounds that rules name, at any depth. */
function collectTargets(node: ConfigNode | undefined, targets: Map<string, ConfigNode>): void {
  for (const rule of itemsOf(node)) {
    const outbound = stringOf(member(rule, "outbound"));
    if (outbound !== undefined && !targets.has(outbound)) targets.set(outbound, rule);
  }
}

/** As a group's member, or by `detour`. */
function dialsThrough(node: ConfigNode, tag: string): boolean {
  return stringListOf(member(node, "outbounds"))?.includes(tag) === true || stringOf(member(node, "detour")) === tag;
}
