import type { ConfigModel, InboundModel, OutboundModel } from "../model/config-model.ts";
import { itemsOf, member, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type { Changes } from "./changes.ts";
import type { EnableScope } from "./enable-options.ts";
import type { TagNames } from "./tag-names.ts";

/**
 * Gives tags to inbounds and outbounds without one, as their counters are called by their tags.
 *
 * @returns The new tags.
 */
export function enableTags(
  model: ConfigModel,
  scopes: ReadonlySet<EnableScope>,
  names: TagNames,
  changes: Changes,
): ReadonlyMap<ConfigNode, string> {
  const tags = new Map<ConfigNode, string>();
  for (const list of ["inbounds", "outbounds"] as const) {
    const untagged = model[list].filter(({ node, tag }) => tag === undefined && isTaggable(node));
    if (!scopes.has(list) || untagged.length === 0) continue;
    if (replaceEachOther(model, list)) {
      for (const { node } of untagged) changes.leave(node, takesPlace);
      continue;
    }
    for (const inOrOutbound of untagged) {
      const { node } = inOrOutbound;
      const tag = tagFor(model, list, inOrOutbound, names);
      if (tag === undefined) changes.leave(node, "a balancer or an observatory would take it in if it had a tag");
      else changes.set(node, ["tag"], tag, `an ${list.slice(0, -1)} without a tag has no counter`);
      if (tag !== undefined) tags.set(node, tag);
    }
  }
  return tags;
}

const takesPlace =
  "it takes the place of one before it as neither has a tag; with a tag both would be there, so it stays uncounted";

function tagFor(
  { target, root }: ConfigModel,
  list: "inbounds" | "outbounds",
  { node, protocol }: InboundModel | OutboundModel,
  names: TagNames,
): string | undefined {
  // sing-box calls what has no tag by its index, and rules may do so too.
  const index = target === "sing-box" ? String(itemsOf(member(root, list)).indexOf(node)) : undefined;
  if (index !== undefined && names.timesSpokenOf(index) > 0) return index;
  const base = protocol || list.slice(0, -1);
  return list === "inbounds" ? names.forInbound(`${base}-in`) : names.forOutbound(base);
}

/** A tag of another kind than a text keeps the core from starting, which is for its owner to see. */
function isTaggable(node: ConfigNode): boolean {
  const tag = member(node, "tag");
  return node.kind === "object" && (tag === undefined || tag.kind === "null" || stringOf(tag) === "");
}

/** In several files of V2Ray 4 or Xray an item without a tag takes the place of one before it without a tag. */
function replaceEachOther({ target, documents, root }: ConfigModel, list: string): boolean {
  if (documents.length === 1 || (target !== "v2ray4" && target !== "xray")) return false;
  const untagged = (node: ConfigNode): number => itemsOf(member(node, list)).filter(isTaggable).length;
  return documents.reduce((sum, document) => sum + untagged(document.root), 0) > untagged(root);
}
