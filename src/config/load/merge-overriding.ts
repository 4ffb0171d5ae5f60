import { itemsOf, member, sameKey, stringOf } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { withChildren } from "./merge-keys.ts";

/**
 * Merges files as V2Ray 4 and Xray do: a later file's block replaces the earlier one, and its inbounds and outbounds
 * take the places of those with the same tag. What the core ignores in a later file stays visible.
 *
 * @param listsReplace - V2Ray 4: a list of two or more replaces the earlier list.
 * Source: V2Ray 4.34, infra/conf/v2ray.go; Xray-core 26.3.27, infra/conf/xray.go, `Override`.
 */
export function mergeOverriding(roots: readonly ConfigNode[], listsReplace: boolean): ConfigNode {
  return roots.reduce((merged, later) => override(merged, later, listsReplace));
}

function override(merged: ConfigNode, later: ConfigNode, listsReplace: boolean): ConfigNode {
  const members = [...merged.children];
  for (const block of later.children) {
    if (block.kind === "null") continue;
    const index = members.findIndex(({ key }) => sameKey(key as string, block.key as string));
    const before = members[index];
    if (before === undefined) members.push(overrideBlock(withChildren(block, []), block, listsReplace));
    else members[index] = overrideBlock(before, block, listsReplace);
  }
  return withChildren(merged, members);
}

function overrideBlock(before: ConfigNode, block: ConfigNode, listsReplace: boolean): ConfigNode {
  const isInbounds = sameKey(block.key as string, "inbounds");
  if (!isInbounds && !sameKey(block.key as string, "outbounds")) return block;
  if (before.kind !== "array" || block.kind !== "array") return block;
  if (listsReplace && (block.children.length > 1 || before.children.length === 0)) return block;
  return withChildren(before, isInbounds ? putInbounds(before, block) : putOutbounds(before, block));
}

function putInbounds(before: ConfigNode, block: ConfigNode): ConfigNode[] {
  const items = [...before.children];
  for (const item of itemsOf(block)) {
    const index = indexOfTag(items, item);
    if (index < 0) items.push(item);
    else items[index] = item;
  }
  return items;
}

/** New outbounds become the first ones, and so the default, unless the path of their file says "tail". */
function putOutbounds(before: ConfigNode, block: ConfigNode): ConfigNode[] {
  const isTail = block.file.name.toLowerCase().includes("tail");
  const items = [...before.children];
  const first: ConfigNode[] = [];
  for (const item of itemsOf(block)) {
    const index = indexOfTag(items, item);
    if (index >= 0) items[index] = item;
    else if (isTail) items.push(item);
    else first.push(item);
  }
  return [...first, ...items];
}

/** Where the item with the same tag is; items without a tag have the same one. */
function indexOfTag(items: readonly ConfigNode[], item: ConfigNode): number {
  const tag = tagOf(item);
  return items.findIndex((other) => tagOf(other) === tag);
}

function tagOf(item: ConfigNode): string {
  return stringOf(member(item, "tag")) ?? "";
}
