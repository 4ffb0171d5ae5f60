import type { SourceFile } from "./node.ts";

/** A place for people: both from 1, columns in UTF-16 units as editors count. */
export interface Position {
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
}

const lineStarts = new WeakMap<SourceFile, Uint32Array>();

/** Says where an offset is. */
export function positionAt(file: SourceFile, offset: number): Position {
  const starts = startsOf(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}

/** Where a line (from 1) begins and ends, its line end not included; `undefined` where the text has no such line. */
export function lineRange(
  file: SourceFile,
  line: number,
): { readonly start: number; readonly end: number } | undefined {
  const starts = startsOf(file);
  const start = starts[line - 1];
  if (start === undefined) return undefined;
  const next = starts[line];
  const end = next === undefined ? file.text.length : next - 1;
  return { start, end: end > start && file.text[end - 1] === "\r" ? end - 1 : end };
}

function startsOf(file: SourceFile): Uint32Array {
  const known = lineStarts.get(file);
  if (known !== undefined) return known;
  const { text } = file;
  let starts = new Uint32Array(1024);
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    if (lines === starts.length) {
      const longer = new Uint32Array(lines * 4);
      longer.set(starts);
      starts = longer;
    }
    starts[lines++] = at + 1;
  }
  starts = starts.subarray(0, lines);
  lineStarts.set(file, starts);
  return starts;
}
