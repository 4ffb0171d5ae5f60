import type { ConfigNode } from "./node.ts";

/**
 * Finds a member as Go's decoder does: without case (ASCII). Where several fit, the effective tree holds one of them only
 * (`load/`), so any is the right one.
 *
 * @returns `undefined` where `node` is no object or has none.
 */
export function member(node: ConfigNode | undefined, name: string): ConfigNode | undefined {
  if (node === undefined || node.kind !== "object") return undefined;
  const { children } = node;
  for (let i = children.length - 1; i >= 0; i--) {
    const child = children[i] as ConfigNode;
    if (child.key === name) return child;
  }
  for (let i = children.length - 1; i >= 0; i--) {
    const child = children[i] as ConfigNode;
    if (sameKey(child.key as string, name)) return child;
  }
  return undefined;
}

/** Follows names down: `memberAt(root, "policy", "levels")`. */
export function memberAt(node: ConfigNode | undefined, ...names: readonly string[]): ConfigNode | undefined {
  let found = node;
  for (const name of names) found = member(found, name);
  return found;
}

/** Whether Go's decoder takes both for one name. */
export function sameKey(a: string, b: string): boolean {
  if (a === b) return true;
  return a.length === b.length && (a.charCodeAt(0) | 32) === (b.charCodeAt(0) | 32) && foldKey(a) === foldKey(b);
}

/** What two names have in common that Go's decoder takes for one. */
export function foldKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The items of an array; none where it is no array. */
export function itemsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  return node?.kind === "array" ? node.children : [];
}

/** The items that are objects: the core refuses others, and nothing can be said of them. */
export function objectsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  return itemsOf(node).filter(({ kind }) => kind === "object");
}

/** The text of a string; `undefined` for everything else. */
export function stringOf(node: ConfigNode | undefined): string | undefined {
  return node?.kind === "string" ? (node.value as string) : undefined;
}

/** True for the word `true` alone, as cores take no other. */
export function isTrue(node: ConfigNode | undefined): boolean {
  return node?.kind === "boolean" && node.value === true;
}

/** A `StringList` of the cores: a list, or one string with commas. `undefined` where there is none or it is empty. */
export function stringListOf(node: ConfigNode | undefined): readonly string[] | undefined {
  if (node?.kind === "string") return (node.value as string).split(",");
  if (node?.kind !== "array" || node.children.length === 0) return undefined;
  return node.children.flatMap((item) => stringOf(item) ?? []);
}
