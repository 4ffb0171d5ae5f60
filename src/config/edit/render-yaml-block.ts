import type { ConfigNode } from "../syntax/node.ts";
import type { ContainerChange } from "./config-editor.ts";
import { isGone, type Part, type PartFinder, placeItems } from "./render-yaml-parts.ts";
import { startWithProperties } from "./render-yaml-text.ts";
import { writeItem, writeMember, type YamlStyle } from "./render-yaml-values.ts";
import type { TextEdit } from "./text-edit.ts";
import {
  blankBefore,
  indentTo,
  isFirstOnLine,
  isLastOnLine,
  lineEndOf,
  lineStartOf,
  removeLines,
} from "./text-lines.ts";

/** The edits of an object or list that stands on lines of its own. */
export function renderBlock(text: string, style: YamlStyle, finder: PartFinder, change: ContainerChange): TextEdit[] {
  const { node, members } = change;
  const start = node.kind === "object" ? startWithProperties(text, node.start) : node.start;
  const indent = indentTo(text, start);
  const found = finder.partsOf(node);
  if (found.length === 0) return fillEmpty(text, style, change);
  const parts = node.kind === "object" ? found : found.map((part) => withDash(text, node, part));
  const { before, behind } = placeItems(parts, change, (value) => writeItem(value, style, indent));
  const line = style.eol + indent;
  const added = Array.from(members, ([key, value]) => writeMember(key, value, style, indent));
  const appended = [...added, ...behind].join(line);

  const edits: TextEdit[] = [];
  for (const [part, items] of before) edits.push(insertion(text, parts, part, items, style.eol, indent));
  const gone = parts.filter((part) => isGone(part, change));
  const isEmptied = gone.length === parts.length;
  // What is added takes the place of the last part, where that goes; an empty object or list needs its brackets, which,
  // unlike dashes, may not stand right below the name.
  const stands = isEmptied ? parts[0] : parts.at(-1);
  const standIn = isEmptied && appended === "" ? (node.kind === "object" ? "{}" : " []") : appended;
  for (const part of gone) {
    const isReplaced = part === stands && standIn !== "";
    edits.push(isReplaced ? { start: part.start, end: part.end, text: standIn } : removal(text, part));
  }
  if (appended !== "" && gone.at(-1) !== parts.at(-1)) {
    const at = lineEndOf(text, node.end);
    edits.push({ start: at, end: at, text: line + appended });
  }
  return edits;
}

/** Writes the first members into a file that has none. */
function fillEmpty(text: string, style: YamlStyle, { node, members }: ContainerChange): TextEdit[] {
  const lines = Array.from(members, ([key, value]) => writeMember(key, value, style, "")).join(style.eol);
  const isNewLine = lineStartOf(text, node.start) === node.start;
  const end = node.start === node.end ? style.eol : "";
  return [{ start: node.start, end: node.end, text: (isNewLine ? "" : style.eol) + lines + end }];
}

/** The part with its dash, which stands below that of the list's first item. */
function withDash(text: string, list: ConfigNode, part: Part): Part {
  const column = list.start - lineStartOf(text, list.start);
  for (let lineStart = lineStartOf(text, part.start); ; lineStart = lineStartOf(text, lineStart - 1)) {
    const dash = lineStart + column;
    if (dash <= list.start) return { ...part, start: list.start };
    if (text[dash] === "-" && isFirstOnLine(text, dash)) return { ...part, start: dash };
  }
}

/** Puts items before one. Comments above it stay with it. */
function insertion(
  text: string,
  parts: readonly Part[],
  part: Part,
  items: readonly string[],
  eol: string,
  indent: string,
): TextEdit {
  const { start } = part;
  if (!isFirstOnLine(text, start)) {
    const written = items.map((item) => item + eol + indent).join("");
    return { start, end: start, text: written };
  }
  const previous = parts[parts.indexOf(part) - 1];
  const at = previous === undefined ? lineAbove(text, start) : lineEndOf(text, previous.end);
  if (at !== undefined) return { start: at, end: at, text: items.map((item) => eol + indent + item).join("") };
  const top = lineStartOf(text, 0);
  return { start: top, end: top, text: items.map((item) => indent + item + eol).join("") };
}

/** The end of the nearest line above that is neither blank nor a comment; `undefined` where there is none. */
function lineAbove(text: string, offset: number): number | undefined {
  for (let lineStart = lineStartOf(text, offset); lineStart > 1; ) {
    lineStart = lineStartOf(text, lineStart - 1);
    if (!/^\s*(?:#|$)/.test(text.slice(lineStart, lineEndOf(text, lineStart)))) return lineEndOf(text, lineStart);
  }
  return undefined;
}

/** Takes a part out with its line; a comment on its last line stays. */
function removal(text: string, { start, end }: Part): TextEdit {
  const isFirst = isFirstOnLine(text, start);
  if (isFirst && isLastOnLine(text, end)) return removeLines(text, start, end);
  const behind = /[ \t]*/y;
  behind.lastIndex = end;
  // Behind a dash, a blank before the comment must stay.
  if (!isFirst) return { start: blankBefore(text, start, false), end, text: "" };
  return { start, end: end + (behind.exec(text)?.[0].length ?? 0), text: "" };
}
