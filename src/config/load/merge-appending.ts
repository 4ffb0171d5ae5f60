import type { ConfigNode } from "../syntax/node.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import { withChildren } from "./merge-keys.ts";

/** Decides what two values that are not both objects or both lists become. */
export type Choose = (before: ConfigNode, later: ConfigNode) => ConfigNode;

/** Merges objects by their members, names as they are, and appends lists to one another. */
export function mergeAppending(before: ConfigNode, later: ConfigNode, choose: Choose): ConfigNode {
  if (before.kind === "array" && later.kind === "array")
    return withChildren(before, before.children.concat(later.children));
  if (before.kind !== "object" || later.kind !== "object") return choose(before, later);
  const members = new Map(before.children.map((child) => [child.key, child]));
  for (const child of later.children) {
    const earlier = members.get(child.key);
    members.set(child.key, earlier === undefined ? child : mergeAppending(earlier, child, choose));
  }
  return withChildren(before, [...members.values()]);
}

/** V2Ray 5: the later value wins, null is none, and both must be of one kind. */
export function chooseLater(before: ConfigNode, later: ConfigNode): ConfigNode {
  if (later.kind === "null") return before;
  if (before.kind !== "null" && before.kind !== later.kind) failToMerge(before, later, "V2Ray 5");
  return later;
}

/** sing-box: the earlier value wins, and a list takes in what is none. */
export function chooseEarlier(before: ConfigNode, later: ConfigNode): ConfigNode {
  if (before.kind === "array") return withChildren(before, [...before.children, later]);
  if (before.kind === "object") failToMerge(before, later, "sing-box");
  return before;
}

function failToMerge(before: ConfigNode, later: ConfigNode, core: string): never {
  const name = later.key === undefined ? "this" : JSON.stringify(later.key);
  const elsewhere = before.file === later.file ? "" : ` in ${before.file.name}`;
  const reason = `${name} is ${withArticle(later)} here and ${withArticle(before)}${elsewhere}: ${core} cannot merge them`;
  throw new SyntaxProblem(later.file, later.start, reason);
}

function withArticle({ kind }: ConfigNode): string {
  if (kind === "null") return "null";
  if (kind === "array") return "a list";
  return kind === "object" ? "an object" : `a ${kind}`;
}
