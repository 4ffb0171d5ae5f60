import type { ConfigModel } from "../model/config-model.ts";
import { itemsOf, member } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { isDoor, isTagOfAnything } from "./api-door.ts";
import type { Changes } from "./changes.ts";

/**
 * Takes away what led to an API that listens by itself now: no outbound has its tag then, so the rule closes every
 * connection, and without the rule the inbound would connect to itself.
 */
export function removeLeftovers(model: ConfigModel, changes: Changes): void {
  const { api, inbounds, outbounds, rules, documents, root } = model;
  const tag = api?.tag;
  if (tag === undefined || outbounds.some((outbound) => outbound.tag === tag)) return;
  for (const rule of rules) {
    if (rule.outboundTag !== tag) continue;
    const { inboundTags = [] } = rule;
    const doors = inbounds.filter((inbound) => inboundTags.includes(inbound.tag ?? "") && isDoor(inbound));
    const others = rules.filter((other) => other !== rule);
    const isUsed = doors.some((door) => others.some((other) => other.inboundTags?.includes(door.tag as string)));
    const isForDoors = inboundTags.every((name) => {
      return doors.some((door) => door.tag === name) || !isTagOfAnything(root, name);
    });
    if (inboundTags.length === 0 || !isForDoors || isUsed) {
      changes.leave(rule.node, "the API listens by itself, so this rule closes connections; was that meant?");
      continue;
    }
    changes.remove(rule.list, rule.node, "the API listens by itself, so this rule closes every connection");
    for (const { node } of doors)
      changes.remove(listOf(documents, node), node, "the API listens by itself, so nothing answers here");
  }
}

/** The list as it stands in the file, which is not that of the merged tree. */
function listOf(documents: ConfigModel["documents"], inbound: ConfigNode): ConfigNode {
  const lists = documents.map(({ root }) => member(root, "inbounds"));
  return lists.find((list) => itemsOf(list).includes(inbound)) as ConfigNode;
}
