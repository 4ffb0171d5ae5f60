import type { ConfigNode } from "../syntax/node.ts";
import type { ContainerChange, FileChanges } from "./config-editor.ts";
import { isPlainObject, type PlainValue } from "./plain-value.ts";
import { renderBlock } from "./render-yaml-block.ts";
import { separateCopies, type WrittenCopy } from "./render-yaml-copies.ts";
import { renderFlow, renderPairInList } from "./render-yaml-flow.ts";
import { PartFinder } from "./render-yaml-parts.ts";
import { startWithProperties, yamlKeyEnd } from "./render-yaml-text.ts";
import {
  isNested,
  writeFlow,
  writeFlowMember,
  writeKey,
  writeLines,
  writeMember,
  writeMembers,
  type YamlStyle,
  yamlStyleOf,
} from "./render-yaml-values.ts";
import type { TextEdit } from "./text-edit.ts";
import { blankBefore, indentTo, isLastOnLine, lineEndOf, nextSign } from "./text-lines.ts";

/**
 * The edits of a YAML file. Blank lines are left where they are; so a text that takes in those behind it (`|+`) gets more
 * or fewer of them where its neighbour goes.
 *
 * @throws SyntaxProblem where a value is changed that stands for an alias and was merged with others.
 */
export function renderYaml(all: FileChanges): TextEdit[] {
  const { text } = all.file;
  const style = yamlStyleOf(text);
  const { changes, written } = separateCopies(all);
  const finder = new PartFinder(all.file);
  // Where two lists or objects end on one line, the inner one comes first.
  const containers = changes.containers.toSorted((a, b) => b.node.start - a.node.start);
  return joinRemovals([
    // Before what is added behind: a value that is null may have no sign of its own.
    ...changes.replaced.map(({ node, value }) => replacement(text, style, node, value)),
    ...containers.flatMap((change) => renderContainer(text, style, finder, change)),
    ...written.map((each) => writtenOut(text, style, each)),
    ...changes.renamed.map(({ node, key }) => ({
      start: node.keyStart,
      end: yamlKeyEnd(node),
      text: writeKey(key, style),
    })),
  ]);
}

function renderContainer(text: string, style: YamlStyle, finder: PartFinder, change: ContainerChange): TextEdit[] {
  const { node, members, items, removed } = change;
  if (members.size + items.length + removed.size === 0) return [];
  const first = text[node.start];
  if (first === "{" || first === "[") return renderFlow(text, style, finder, change);
  if (node.kind === "object" && isInFlow(text, node)) return renderPairInList(style, finder, change);
  return renderBlock(text, style, finder, change);
}

/** Whether a value stands within brackets. */
function isInFlow(text: string, { end }: ConfigNode): boolean {
  return /[,\]}]/.test(text[nextSign(text, end)] ?? "");
}

function writtenOut(text: string, style: YamlStyle, { copy, values }: WrittenCopy): TextEdit {
  const [first] = copy.values;
  if (copy.kind === "alias") return replacement(text, style, first as ConfigNode, values[0]?.[1] as PlainValue);
  const members = values as readonly (readonly [string, PlainValue])[];
  const { start, end } = copy;
  if (members.length === 0) return { start, end, text: "<<: {}" };
  if (/[,\]}]/.test(text[nextSign(text, end)] ?? ""))
    return { start, end, text: members.map(([key, value]) => writeFlowMember(key, value, style)).join(", ") };
  const indent = indentTo(text, startWithProperties(text, start));
  const lines = members.map(([key, value]) => writeMember(key, value, style, indent));
  return { start, end, text: lines.join(style.eol + indent) };
}

function replacement(text: string, style: YamlStyle, node: ConfigNode, value: PlainValue): TextEdit {
  const { start, kept } = withoutTags(text, node);
  const { end } = node;
  const isMember = node.keyStart >= 0;
  const keyEnd = isMember ? yamlKeyEnd(node) : -1;
  const written = kept + writeFlow(value, style);
  const blank = /[\s[{]/.test(text[start - 1] ?? " ") ? "" : " ";
  const isLone = isMember && keyEnd === node.end;
  if (isInFlow(text, node)) return { start, end, text: (isLone ? ": " : blank) + written };
  const takesLines = isNested(value) && isLastOnLine(text, end);
  if (!isMember) {
    const isBesideDash = /(?:^|\s)-[ \t]+$/.test(text.slice(Math.max(0, start - 100), start));
    const members = takesLines && isBesideDash && isPlainObject(value);
    return { start, end, text: members ? writeMembers(value, style, indentTo(text, start)) : blank + written };
  }

  const indent = indentTo(text, startWithProperties(text, node.keyStart));
  // `? name` alone is a member, too.
  if (isLone) return { start, end, text: `${style.eol}${indent}: ${written}` };
  if (isNested(value) && node.start === end && start === end) {
    const at = lineEndOf(text, end);
    return { start: at, end: at, text: writeLines(value, style, indent) };
  }
  if (takesLines) {
    const behind = kept === "" ? "" : ` ${kept.trimEnd()}`;
    return { start: blankBefore(text, start, true), end, text: behind + writeLines(value, style, indent) };
  }
  const between = text.slice(nextSign(text, keyEnd) + 1, start);
  if (!between.includes("\n")) return { start, end, text: blank + written };
  // Behind an anchor or comment it stays below, where it may not start under the name itself, as dashes may.
  const isFree = between.trim() === "";
  return { start: isFree ? start - between.length : start, end, text: ` ${written}` };
}

/** Where a value's tags begin, which the new one would have too, and the anchor to keep. */
function withoutTags(text: string, { start }: ConfigNode): { start: number; kept: string } {
  const before = text.slice(Math.max(0, start - 1000), start);
  const properties = /(?:(?<=^|[\s,[{])[&!]\S*(?:\s+|$))+$/.exec(before)?.[0] ?? "";
  if (!properties.includes("!")) return { start, kept: "" };
  const anchor = /&\S+/.exec(properties)?.[0];
  return { start: start - properties.length, kept: anchor === undefined ? "" : `${anchor} ` };
}

/** Makes one of removals that overlap. */
function joinRemovals(edits: readonly TextEdit[]): TextEdit[] {
  const removals = edits.filter((edit) => edit.text === "").toSorted((a, b) => a.start - b.start);
  const joined: TextEdit[] = [];
  for (const removal of removals) {
    const last = joined.at(-1);
    if (last === undefined || removal.start >= last.end) joined.push(removal);
    else joined[joined.length - 1] = { ...last, end: Math.max(last.end, removal.end) };
  }
  return [...edits.filter((edit) => edit.text !== ""), ...joined];
}
