import type { ConfigNode } from "../syntax/node.ts";

/** Where a value or name starts with what belongs to it: `? `, `&anchor` and `!tag` on its line. */
export function startWithProperties(text: string, offset: number): number {
  const before = text.slice(Math.max(0, offset - 1000), offset);
  return offset - (/(?:(?<=^|[\s,[{])(?:[&!]\S*|\?)(?:[ \t]+|$))+$/.exec(before)?.[0].length ?? 0);
}

/** Where the name of a member ends. */
export function yamlKeyEnd(node: ConfigNode): number {
  const { text } = node.file;
  const { key = "", keyStart } = node;
  const isAsWritten =
    text.startsWith(key, keyStart) &&
    /^(?:[\s:,[\]{}]|$)/.test(text.slice(keyStart + key.length, keyStart + key.length + 1));
  if (isAsWritten && key !== "") return keyStart + key.length;
  const name = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*'|[^\s,:[\]{}]+/y;
  name.lastIndex = keyStart;
  return keyStart + (name.exec(text)?.[0].length ?? 0);
}
