import type { ConfigModel } from "../model/config-model.ts";
import { member } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";

/** Blocks that people keep together. */
const companions: ReadonlyMap<string, readonly string[]> = new Map([
  ["stats", ["policy", "api"]],
  ["policy", ["stats", "api"]],
  ["api", ["stats", "policy"]],
  ["routing", ["outbounds", "inbounds"]],
  ["inbounds", ["outbounds"]],
  ["outbounds", ["inbounds"]],
]);

/**
 * The object that a block goes into which no file has yet: of several files the one that is named after it, else one with
 * a block of its kind, else the first. Any is right for every core, as none takes the place of the other.
 */
export function homeOf({ documents, root }: ConfigModel, block: string): ConfigNode {
  const [first, second] = documents;
  if (first === undefined || second === undefined) return root;
  const named = documents.find(({ file }) =>
    file.name
      .replace(/^.*[/\\]/s, "")
      .toLowerCase()
      .includes(block),
  );
  const related = (companions.get(block) ?? []).map((other) => {
    return documents.find((document) => member(document.root, other) !== undefined);
  });
  return (named ?? related.find((document) => document !== undefined) ?? first).root;
}
