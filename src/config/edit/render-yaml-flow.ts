import type { ContainerChange } from "./config-editor.ts";
import type { PlainValue } from "./plain-value.ts";
import { partIndent, renderBrackets } from "./render-brackets.ts";
import { isGone, type PartFinder, placeItems } from "./render-yaml-parts.ts";
import { writeFlow, writeFlowLines, writeFlowMember, writeKey, type YamlStyle } from "./render-yaml-values.ts";
import type { TextEdit } from "./text-edit.ts";

/** The edits of an object or list in brackets. */
export function renderFlow(text: string, style: YamlStyle, finder: PartFinder, change: ContainerChange): TextEdit[] {
  const { node, members } = change;
  const parts = finder.partsOf(node);
  const indent = partIndent(text, parts);
  const write = (value: PlainValue): string =>
    indent === undefined ? writeFlow(value, style) : writeFlowLines(value, style, indent);
  const { before, behind } = placeItems(parts, change, write);
  const added = Array.from(members, ([key, value]) => `${writeKey(key, style)}: ${write(value)}`);
  return renderBrackets(text, style.eol, {
    start: node.start,
    end: node.end,
    parts,
    isGone: (part) => isGone(part, change),
    before,
    behind: [...added, ...behind],
  });
}

/** The edits of an object without brackets in a list with some: `[name: value]`. */
export function renderPairInList(style: YamlStyle, finder: PartFinder, change: ContainerChange): TextEdit[] {
  const { node, members } = change;
  const [only] = finder.partsOf(node);
  const added = Array.from(members, ([key, value]) => writeFlowMember(key, value, style)).join(", ");
  if (only === undefined || isGone(only, change))
    return [{ start: only?.start ?? node.start, end: node.end, text: `{${added}}` }];
  return [
    { start: only.start, end: only.start, text: "{" },
    { start: node.end, end: node.end, text: `, ${added}}` },
  ];
}
