import type { ConfigNode } from "./node.ts";

const written = {
  json: /"(?:[^"\\]|\\.)*"/y,
  yaml: /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^:#,{}[\]\n]*[^:#,{}[\]\s]/y,
  toml: /"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+/y,
};

/** Where the name of a member ends in its file, behind its quotes. */
export function keyEndOf(node: ConfigNode): number {
  const pattern = written[node.file.format];
  pattern.lastIndex = node.keyStart;
  return node.keyStart + (pattern.exec(node.file.text)?.[0].length ?? 0);
}
