import { keyEndOf } from "../syntax/key-range.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { positionAt } from "../syntax/position.ts";
import type { FindingLocation } from "./finding.ts";

/** Where a value is for people, or with `onKey` its name. */
export function locationOf(at: ConfigNode, path: string, onKey = false): FindingLocation {
  const { file } = at;
  const named = onKey && at.keyStart >= 0;
  const start = named ? at.keyStart : at.start;
  const end = named ? keyEndOf(at) : endOfHead(at);
  return { file: file.name, start: positionAt(file, start), end: positionAt(file, end), path };
}

/** Of an object or list over several lines the first line is enough to look at. */
function endOfHead({ file, start, end }: ConfigNode): number {
  const lineEnd = file.text.indexOf("\n", start);
  if (lineEnd < 0 || lineEnd >= end) return end;
  return file.text[lineEnd - 1] === "\r" ? lineEnd - 1 : lineEnd;
}
