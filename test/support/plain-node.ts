import type { PlainValue } from "../../src/config/edit/plain-value.ts";
import type { ConfigNode } from "../../src/config/syntax/node.ts";

/** The value of a node as `JSON.parse` would make it. */
export function plainOf(node: ConfigNode): PlainValue {
  if (node.kind === "array") return node.children.map(plainOf);
  if (node.kind !== "object") return node.value as PlainValue;
  return Object.fromEntries(node.children.map((child) => [child.key, plainOf(child)]));
}
