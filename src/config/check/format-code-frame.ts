import { escapeControls } from "../../internal/escape-controls.ts";
import type { SourceFile } from "../syntax/node.ts";
import { lineRange } from "../syntax/position.ts";
import type { FindingLocation } from "./finding.ts";
import { maskSecrets } from "./mask-secrets.ts";

/** Of longer lines, as minified files have, a part around the place is shown. */
const maxWidth = 120;
const widthBefore = 50;
/** How far around a part its secrets are looked for: one may begin before it. */
const secretReach = 400;

/** One line of a frame: its number, or none for the carets. */
export interface FrameLine {
  readonly number: number | undefined;
  readonly text: string;
}

/**
 * Shows a place in its file: its line with carets under it, and the lines before and after, secrets as stars.
 *
 * @returns Nothing where the file has no such line.
 */
export function codeFrame(file: SourceFile, { start, end }: FindingLocation): FrameLine[] {
  const line = lineRange(file, start.line);
  if (line === undefined) return [];
  const length = line.end - line.start;
  const first = Math.min(start.column - 1, length);
  const behind = end.line > start.line ? length : Math.min(end.column - 1, length);
  const from = length > maxWidth ? Math.min(Math.max(0, first - widthBefore), length - maxWidth) : 0;
  const lines: FrameLine[] = [];
  for (const number of [start.line - 1, start.line, start.line + 1]) {
    const text = windowOf(file, number, from);
    if (text !== undefined) lines.push({ number, text });
    if (number !== start.line) continue;
    const mark = from > 0 ? 1 : 0;
    const before = visible(shown(file, line, line.start + from, line.start + first)).length + mark;
    const last = Math.min(behind, from + maxWidth);
    const width = visible(shown(file, line, line.start + first, line.start + last)).length;
    lines.push({ number: undefined, text: " ".repeat(before) + "^".repeat(Math.max(1, width)) });
  }
  return lines;
}

/** The part of a line that begins at `from`. */
function windowOf(file: SourceFile, number: number, from: number): string | undefined {
  const line = lineRange(file, number);
  if (line === undefined) return undefined;
  const start = Math.min(line.start + from, line.end);
  const end = Math.min(start + maxWidth, line.end);
  return `${from > 0 ? "…" : ""}${visible(shown(file, line, start, end))}${end < line.end ? "…" : ""}`;
}

/** A part of a line, its secrets as stars. */
function shown(
  { text }: SourceFile,
  line: { readonly start: number; readonly end: number },
  start: number,
  end: number,
): string {
  const from = Math.max(line.start, start - secretReach);
  return maskSecrets(text.slice(from, Math.min(line.end, end + secretReach))).slice(start - from, end - from);
}

/** Sign by sign, so that the length of a part does not depend on what stands around it. */
function visible(text: string): string {
  return escapeControls(text.replaceAll("\t", "    "));
}
