import type { TextEdit } from "./text-edit.ts";

/** Where the line of `offset` starts, behind a byte-order mark. */
export function lineStartOf(text: string, offset: number): number {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  return start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : start;
}

/** Where the line of `offset` ends, before its line break. */
export function lineEndOf(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end < 0) return text.length;
  return end > offset && text[end - 1] === "\r" ? end - 1 : end;
}

/** Whether nothing but blank stands before `offset` on its line. */
export function isFirstOnLine(text: string, offset: number): boolean {
  const at = blankBefore(text, offset, false);
  return at === 0 || text[at - 1] === "\n" || text[at - 1] === "\ufeff";
}

/** Whether nothing but blank stands behind `offset` on its line. */
export function isLastOnLine(text: string, offset: number): boolean {
  const rest = /[ \t]*(?:\r?\n|$)/y;
  rest.lastIndex = offset;
  return rest.test(text);
}

/** The blank that puts a line below `offset`. */
export function indentTo(text: string, offset: number): string {
  return " ".repeat(offset - lineStartOf(text, offset));
}

/** Where the blank before `offset` starts, on its line or over several. */
export function blankBefore(text: string, offset: number, overLines: boolean): number {
  const blank = overLines ? /[ \t\r\n]/ : /[ \t]/;
  let at = offset;
  while (at > 0 && blank.test(text[at - 1] as string)) at--;
  return at;
}

/** Where the next sign is that is neither blank nor comment; the text's length where there is none. */
export function nextSign(text: string, offset: number): number {
  const blank = /(?:\s+|#[^\n]*)*/y;
  blank.lastIndex = offset;
  return offset + (blank.exec(text)?.[0].length ?? 0);
}

/** Takes out lines from `start` to `end`, which lie on them alone. */
export function removeLines(text: string, start: number, end: number): TextEdit {
  const lineStart = lineStartOf(text, start);
  const lineEnd = lineEndOf(text, end);
  if (lineStart > 1)
    return { start: text[lineStart - 2] === "\r" ? lineStart - 2 : lineStart - 1, end: lineEnd, text: "" };
  const next = text.indexOf("\n", lineEnd);
  return { start: lineStart, end: next < 0 ? lineEnd : next + 1, text: "" };
}
