import type { ConfigModel } from "../../model/config-model.ts";
import { itemsOf, member, memberAt, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Rule } from "../rule.ts";
import { quoted } from "./api-words.ts";

export const singboxGroupMember: Rule = {
  id: "singbox-group-member",
  severity: "warning",
  targets: ["sing-box"],
  summary: "A listed outbound is only reached through another one, a group or one that detours by it.",
  consequence: "It is never counted: only the tag that the traffic is routed to counts.",
  fix: "List the group, or the outbound with the detour.",
  evidence: "measured",
  check(model, report) {
    const list = member(model.stats, "outbounds");
    const parents = parentsOf(model);
    const routed = routedTags(model);
    const listed = new Set(itemsOf(list).map(stringOf));
    for (const node of itemsOf(list)) {
      const tag = stringOf(node);
      const counted = tag === undefined || routed.has(tag) ? undefined : countedInstead(tag, parents, routed);
      if (list === undefined || tag === undefined || counted === undefined) continue;
      report({
        at: node,
        message: `${quoted(tag)} is only reached through ${quoted(counted)}, and that is counted in its place`,
        edit: (editor) => (listed.has(counted) ? editor.remove(list, node) : editor.replace(node, counted)),
      });
    }
  },
};

/** By its tag, what leads to an outbound: groups that hold it, and outbounds that detour by it. */
function parentsOf({ outbounds }: ConfigModel): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const { node, tag } of outbounds) {
    if (tag === undefined) continue;
    for (const child of [...itemsOf(member(node, "outbounds")), member(node, "detour")]) {
      const name = stringOf(child);
      if (name !== undefined) parents.set(name, [...(parents.get(name) ?? []), tag]);
    }
  }
  return parents;
}

/** Where traffic is routed to: what rules name, and what takes the rest. */
function routedTags({ root, outbounds }: ConfigModel): ReadonlySet<string> {
  const route = member(root, "route");
  const last = stringOf(member(route, "final")) || (outbounds[0]?.tag ?? "0");
  return new Set([last, ...itemsOf(member(route, "rules")).flatMap(outboundOf)]);
}

function outboundOf(rule: ConfigNode): string | readonly [] {
  return stringOf(memberAt(rule, "outbound")) ?? [];
}

/** The nearest of those above that traffic is routed to. */
function countedInstead(
  tag: string,
  parents: ReadonlyMap<string, readonly string[]>,
  routed: ReadonlySet<string>,
): string | undefined {
  const seen = new Set([tag]);
  for (const name of seen) {
    if (routed.has(name)) return name;
    for (const parent of parents.get(name) ?? []) seen.add(parent);
  }
  return undefined;
}
