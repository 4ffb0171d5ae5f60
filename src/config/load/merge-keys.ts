import { sameKey } from "../syntax/lookup.ts";
import { ConfigNode } from "../syntax/node.ts";

/**
 * What a decoder does with members of one name: "merge" is what Go does with a struct, names without case, objects by
 * their members and lists by their indexes; "merge-objects" is the same, but a later list replaces an earlier one;
 * "last" keeps the last one whole, names as they are, as Go does with a map.
 */
export type KeyMode = "merge" | "merge-objects" | "last" | "keep-all";

/** How a core reads the names of members. */
export interface KeyReading {
  readonly mode: KeyMode;
  /** The mode inside of lists, where it is another. */
  readonly inLists?: KeyMode | undefined;
  /** The mode inside of members that the core keeps as text first, where it is another. */
  readonly inRaw?: KeyMode | undefined;
  /** Names of members, in lower case, that the core keeps as text first: the last one holds, whole. */
  readonly raw: ReadonlySet<string>;
}

/** Objects whose members are no fields, but named by the user. */
const dictionaries: ReadonlySet<string> = new Set(["levels", "hosts", "headers", "services"]);

/**
 * Makes the tree in which no object has two members of one name, with the values that the core would use.
 *
 * @returns `node` itself where it is so already.
 */
export function resolveKeys(node: ConfigNode, reading: KeyReading): ConfigNode {
  return resolve(node, reading.mode, reading);
}

function resolve(node: ConfigNode, mode: KeyMode, reading: KeyReading): ConfigNode {
  const single = node.kind === "object" && hasEqualKeys(node.children) ? combineMembers(node, mode, reading.raw) : node;
  const { inLists = mode, inRaw = mode } = reading;
  const inside = node.kind === "array" ? inLists : mode;
  const { children } = single;
  let changed: ConfigNode[] | undefined;
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as ConfigNode;
    if (child.children.length === 0) continue;
    const isText = inRaw !== inside && (isDictionary(node) || isNamed(child, reading.raw));
    const resolved = resolve(child, isText ? inRaw : inside, reading);
    if (resolved === child) continue;
    changed ??= children.slice();
    changed[i] = resolved;
  }
  return changed === undefined ? single : withChildren(single, changed);
}

/** The node with other children; its place stays. */
export function withChildren(node: ConfigNode, children: ConfigNode[]): ConfigNode {
  const { kind, file, key, keyStart, start, end, value } = node;
  return new ConfigNode(kind, file, key, keyStart, start, end, value, children);
}

/** Whether two members have one name, but for case. */
export function hasEqualKeys(members: readonly ConfigNode[]): boolean {
  if (members.length > 16)
    return new Set(members.map(({ key }) => (key as string).toLowerCase())).size < members.length;
  for (let i = 1; i < members.length; i++) {
    const key = (members[i] as ConfigNode).key as string;
    for (let j = 0; j < i; j++) {
      const other = (members[j] as ConfigNode).key as string;
      if (key.length === other.length && sameKey(key, other)) return true;
    }
  }
  return false;
}

function combineMembers(node: ConfigNode, mode: KeyMode, raw: ReadonlySet<string>): ConfigNode {
  if (mode === "keep-all") return node;
  const { children } = node;
  const members = mode === "last" || isDictionary(node) ? keepLast(children) : mergeMembers(children, mode, raw);
  return members.length === children.length ? node : withChildren(node, members);
}

/** Whether the names of its members are no fields, but the user's own, whose case counts. */
export function isDictionary(node: ConfigNode): boolean {
  return isNamed(node, dictionaries);
}

function isNamed({ key }: ConfigNode, names: ReadonlySet<string>): boolean {
  return key !== undefined && names.has(key.toLowerCase());
}

function keepLast(members: readonly ConfigNode[]): ConfigNode[] {
  return [...new Map(members.map((member) => [member.key, member])).values()];
}

function mergeMembers(members: readonly ConfigNode[], mode: KeyMode, raw: ReadonlySet<string>): ConfigNode[] {
  const byName = new Map<string, ConfigNode>();
  for (const member of members) {
    const name = (member.key as string).toLowerCase();
    const before = byName.get(name);
    const whole = before === undefined || raw.has(name);
    byName.set(name, whole ? member : decodeInto(before, member, mode));
  }
  return [...byName.values()];
}

/** What Go's decoder makes of a value where another was decoded before; equal names inside are left to {@link resolve}. */
function decodeInto(before: ConfigNode, value: ConfigNode, mode: KeyMode): ConfigNode {
  const isContainer = before.kind === "object" || before.kind === "array";
  if (value.kind === "null") return isContainer ? value : before;
  if (value.kind !== before.kind || !isContainer) return value;
  if (value.kind === "object") return withChildren(before, [...before.children, ...value.children]);
  if (mode === "merge-objects") return value;
  const items = value.children.map((item, index) => {
    const earlier = before.children[index];
    return earlier === undefined ? item : decodeInto(earlier, item, mode);
  });
  return withChildren(value, items);
}

/** Puts the members of all objects in the order in which Go encodes a map. */
export function sortMembers(node: ConfigNode): ConfigNode {
  const children = node.children.map(sortMembers);
  if (node.kind === "object") children.sort((a, b) => compareText(a.key as string, b.key as string));
  return withChildren(node, children);
}

/** Orders texts as Go does: by the bytes of their UTF-8. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
