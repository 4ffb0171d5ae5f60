import type { ConfigNode } from "../syntax/node.ts";
import { chooseLater, mergeAppending } from "./merge-appending.ts";
import { withChildren } from "./merge-keys.ts";

/** Where in the tree: below `dns.servers` only `_tag` names an item. */
type Place = "root" | "dns" | "servers" | "elsewhere";

/**
 * Does what V2Ray 5 does to its tree, even to that of a single file: sorts lists by `_priority`, merges the items of a
 * list that have one `tag` (or `_tag`), and takes those helpers out.
 *
 * Source: V2Ray 5.52, infra/conf/merge/{rules,tag,priority}.go.
 *
 * @returns `root` itself where nothing is to be done.
 */
export function mergeTags(root: ConfigNode): ConfigNode {
  return root.kind === "object" ? inObject(root, "root") : root;
}

function inObject(object: ConfigNode, place: Place): ConfigNode {
  const { children } = object;
  let changed: (ConfigNode | undefined)[] | undefined;
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as ConfigNode;
    const result = inMember(child, place);
    if (result === child) continue;
    changed ??= children.slice();
    changed[i] = result;
  }
  return changed === undefined
    ? object
    : withChildren(
        object,
        changed.filter((child) => child !== undefined),
      );
}

function inMember(member: ConfigNode, place: Place): ConfigNode | undefined {
  if (isHelper(member.key as string)) return undefined;
  if (member.kind === "object") return inObject(member, placeOf(member, place));
  return member.kind === "array" ? inList(member, placeOf(member, place)) : member;
}

function isHelper(key: string): boolean {
  return key.charCodeAt(0) === 0x5f && (key === "_tag" || key === "_priority");
}

function placeOf(member: ConfigNode, outside: Place): Place {
  if (outside === "servers" || (outside === "dns" && member.key === "servers")) return "servers";
  return outside === "root" && member.key === "dns" && member.kind === "object" ? "dns" : "elsewhere";
}

/** Lists in lists are left alone. */
function inList(list: ConfigNode, place: Place): ConfigNode {
  const isPlain = !list.children.some(hasTagOrHelper);
  const items = isPlain ? list.children : mergeSameTags(sortByPriority(list.children), place);
  let changed = items === list.children ? undefined : items;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as ConfigNode;
    const result = item.kind === "object" ? inObject(item, place) : item;
    if (result === item) continue;
    changed ??= items.slice();
    changed[i] = result;
  }
  return changed === undefined ? list : withChildren(list, changed);
}

/** A quick look, for lists of 50,000 users: most lists have neither. */
function hasTagOrHelper({ children }: ConfigNode): boolean {
  for (let i = 0; i < children.length; i++) {
    const { key } = children[i] as ConfigNode;
    if (key !== undefined && (key.charCodeAt(0) === 0x5f || (key.length === 3 && key === "tag"))) return true;
  }
  return false;
}

function sortByPriority(items: ConfigNode[]): ConfigNode[] {
  if (!items.some((item) => priorityOf(item) !== 0)) return items;
  return items.toSorted((a, b) => priorityOf(a) - priorityOf(b));
}

function priorityOf(item: ConfigNode): number {
  const node = exactMember(item, "_priority");
  return node?.kind === "number" ? (node.value as number) : 0;
}

function mergeSameTags(items: ConfigNode[], place: Place): ConfigNode[] {
  if (!hasEqualTags(items, place)) return items;
  const merged: ConfigNode[] = [];
  const indexes = new Map<string, number>();
  for (const item of items) {
    const tag = tagOf(item, place);
    const index = tag === "" ? undefined : indexes.get(tag);
    if (index !== undefined) {
      merged[index] = mergeAppending(merged[index] as ConfigNode, item, chooseLater);
      continue;
    }
    if (tag !== "") indexes.set(tag, merged.length);
    merged.push(item);
  }
  return merged;
}

function hasEqualTags(items: readonly ConfigNode[], place: Place): boolean {
  let tags: Set<string> | undefined;
  for (const item of items) {
    const tag = tagOf(item, place);
    if (tag === "") continue;
    if (tags?.has(tag)) return true;
    tags ??= new Set();
    tags.add(tag);
  }
  return false;
}

function tagOf(item: ConfigNode, place: Place): string {
  if (item.kind !== "object") return "";
  const tag = place === "servers" ? undefined : exactMember(item, "tag");
  const found = tag?.kind === "string" ? tag : exactMember(item, "_tag");
  return found?.kind === "string" ? (found.value as string) : "";
}

/** Names as they are: V2Ray 5 does this to a map, before it decodes. */
function exactMember(object: ConfigNode, name: string): ConfigNode | undefined {
  const { children } = object;
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as ConfigNode;
    if (child.key === name) return child;
  }
  return undefined;
}
