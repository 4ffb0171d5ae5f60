import { keyEndOf } from "../syntax/key-range.ts";
import type { ConfigNode } from "../syntax/node.ts";
import type { ContainerChange, FileChanges } from "./config-editor.ts";
import {
  type JsonStyle,
  jsonStyleOf,
  lineIndent,
  ownIndent,
  writeInline,
  writeJson,
  writeMember,
} from "./json-style.ts";
import type { TextEdit } from "./text-edit.ts";

/** The edits of a JSON file. */
export function renderJson({ file, containers, replaced, renamed }: FileChanges): TextEdit[] {
  const { text } = file;
  const style = jsonStyleOf(text);
  return [
    ...containers.flatMap((change) => renderContainer(text, style, change)),
    ...replaced.map(({ node, value }) => {
      const written = style.minified
        ? writeInline(value, style)
        : writeJson(value, style, lineIndent(text, node.start));
      return { start: node.start, end: node.end, text: written };
    }),
    ...renamed.map(({ node, key }) => ({ start: node.keyStart, end: keyEndOf(node), text: JSON.stringify(key) })),
  ];
}

function renderContainer(text: string, style: JsonStyle, change: ContainerChange): TextEdit[] {
  const { node } = change;
  // A container made of several files or of a repeated key holds children that stand elsewhere.
  const own = node.children.filter(
    (child) => child.file === node.file && child.start >= node.start && child.end <= node.end,
  );
  const kept = own.filter((child) => !change.removed.has(child));
  const layout = layoutOf(text, style, node, own);
  const write = (key: string | undefined, value: ContainerChange["items"][number]["value"]): string => {
    const written = layout.multiLine ? writeJson(value, style, layout.indent) : writeInline(value, style);
    return key === undefined ? written : writeMember(key, written, style);
  };
  const edits: TextEdit[] = [];
  const appended = Array.from(change.members, ([key, value]) => write(key, value));
  // Items before a child stand in front of it; all others, in order, at the end.
  for (const { index, value } of change.items.toSorted((a, b) => a.index - b.index)) {
    const before = own.slice(index).find((child) => !change.removed.has(child));
    if (before === undefined) appended.push(write(undefined, value));
    else edits.push(insertion(text, layout, node, own, before, write(undefined, value)));
  }
  for (const child of own) {
    if (!change.removed.has(child)) continue;
    const replaced = child === own.at(-1) && appended.length > 0;
    edits.push(
      replaced ? { start: startOf(child), end: child.end, text: join(layout, appended) } : removal(text, child),
    );
  }
  edits.push(...endOf(text, layout, node, own, kept.at(-1), appended));
  return edits;
}

interface Layout {
  /** Each child stands on a line of its own. */
  readonly multiLine: boolean;
  /** What goes before a child on its line. */
  readonly indent: string;
  readonly style: JsonStyle;
}

function layoutOf(text: string, style: JsonStyle, node: ConfigNode, own: readonly ConfigNode[]): Layout {
  const [first] = own;
  const indent = first === undefined ? undefined : ownIndent(text, startOf(first));
  if (first !== undefined && indent === undefined) return { multiLine: false, indent: "", style };
  const fallback = lineIndent(text, node.start) + style.unit;
  return { multiLine: !style.minified, indent: indent ?? fallback, style };
}

function startOf(child: ConfigNode): number {
  return child.keyStart >= 0 ? child.keyStart : child.start;
}

/** Takes a child out with the comma behind it, and with its line where it has that for itself. */
function removal(text: string, child: ConfigNode): TextEdit {
  const comma = commaAfter(text, child.end);
  const end = comma === undefined ? child.end : comma + 1;
  const start = startOf(child);
  const indent = ownIndent(text, start);
  const rest = /[ \t]*(\r?\n|$)/y;
  rest.lastIndex = end;
  const blank = rest.exec(text);
  if (indent !== undefined && blank !== null)
    return { start: start - indent.length, end: end + blank[0].length, text: "" };
  const space = /[ \t]*/y;
  space.lastIndex = end;
  return { start, end: end + (space.exec(text)?.[0].length ?? 0), text: "" };
}

function insertion(
  text: string,
  { multiLine, indent, style }: Layout,
  node: ConfigNode,
  own: readonly ConfigNode[],
  before: ConfigNode,
  written: string,
): TextEdit {
  const at = startOf(before);
  if (!multiLine) return { start: at, end: at, text: `${written},${style.space}` };
  if (before !== own[0]) return { start: at, end: at, text: `${written},${style.eol}${indent}` };
  // Comments above the first item stay with it.
  const lineRest = /[ \t]*(?:(?:\/\/|#)[^\n]*[^\r\n]|(?:\/\/|#))?(?=\r?\n)/y;
  lineRest.lastIndex = node.start + 1;
  const place = node.start + 1 + (lineRest.exec(text)?.[0].length ?? 0);
  return { start: place, end: place, text: `${style.eol}${indent}${written},` };
}

/** Several children behind each other. */
function join({ multiLine, indent, style }: Layout, children: readonly string[]): string {
  return children.join(multiLine ? `,${style.eol}${indent}` : `,${style.space}`);
}

/** Adds at the end, and puts the comma of the last child right. */
function endOf(
  text: string,
  layout: Layout,
  node: ConfigNode,
  own: readonly ConfigNode[],
  lastKept: ConfigNode | undefined,
  appended: readonly string[],
): TextEdit[] {
  const { multiLine, indent, style } = layout;
  const last = own.at(-1);
  const trailing = last === undefined ? undefined : commaAfter(text, last.end);
  if (last !== lastKept) {
    // What is added took the place of the last child; otherwise the comma before that must go with it.
    if (appended.length > 0 || lastKept === undefined || trailing !== undefined) return [];
    const comma = commaAfter(text, lastKept.end) as number;
    return [{ start: comma, end: comma + 1, text: "" }];
  }
  if (appended.length === 0) return [];
  const joined = join(layout, appended);
  if (!multiLine) {
    const place = last?.end ?? node.start + 1;
    return [{ start: place, end: place, text: last === undefined ? joined : `,${style.space}${joined}` }];
  }
  const close = node.end - 1;
  const place = blankStart(text, close);
  const edits = last !== undefined && trailing === undefined ? [{ start: last.end, end: last.end, text: "," }] : [];
  const lines = `${style.eol}${indent}${joined}${trailing === undefined ? "" : ","}`;
  // A bracket that stands behind the last child goes to a line of its own.
  return text.slice(place, close).includes("\n")
    ? [...edits, { start: place, end: place, text: lines }]
    : [...edits, { start: place, end: close, text: `${lines}${style.eol}${lineIndent(text, node.start)}` }];
}

/** Where the blank before `offset` begins. */
function blankStart(text: string, offset: number): number {
  let at = offset;
  while (/\s/.test(text[at - 1] ?? "")) at--;
  return at;
}

/** Where the comma behind a child is; `undefined` where the next sign is another. */
function commaAfter(text: string, end: number): number | undefined {
  const blank = /(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)*/y;
  blank.lastIndex = end;
  const at = end + (blank.exec(text)?.[0].length ?? 0);
  return text[at] === "," ? at : undefined;
}
