import type { TextEdit } from "./text-edit.ts";
import { blankBefore, indentTo, isFirstOnLine, isLastOnLine, nextSign, removeLines } from "./text-lines.ts";

/** A member or item between brackets, with its name. */
export interface BracketPart {
  readonly start: number;
  readonly end: number;
}

/** What becomes of the parts between two brackets. */
export interface BracketChange<Part extends BracketPart> {
  /** From the opening bracket to behind the closing one. */
  readonly start: number;
  readonly end: number;
  readonly parts: readonly Part[];
  readonly isGone: (part: Part) => boolean;
  /** What goes before a part that stays. */
  readonly before: ReadonlyMap<Part, readonly string[]>;
  /** What goes behind all. */
  readonly behind: readonly string[];
}

/** The indentation of parts that stand on lines of their own; `undefined` where they do not. */
export function partIndent(text: string, parts: readonly BracketPart[]): string | undefined {
  const [first] = parts;
  return first !== undefined && isFirstOnLine(text, first.start) ? indentTo(text, first.start) : undefined;
}

/** The edits between brackets where `#` starts a comment. */
export function renderBrackets<Part extends BracketPart>(
  text: string,
  eol: string,
  change: BracketChange<Part>,
): TextEdit[] {
  const { parts, isGone } = change;
  const indent = partIndent(text, parts);
  const separator = indent === undefined ? ", " : `,${eol}${indent}`;
  const behind = change.behind.join(separator);
  const last = parts.at(-1);
  const edits: TextEdit[] = [];
  for (const [{ start }, written] of change.before)
    edits.push({ start, end: start, text: written.map((each) => each + separator).join("") });
  for (const part of parts.filter(isGone)) {
    const stands = part === last && behind !== "";
    edits.push(stands ? { start: part.start, end: part.end, text: behind } : removal(text, part));
  }
  const kept = parts.findLast((part) => !isGone(part));
  if (last !== kept) return behind === "" ? [...edits, ...commaOf(text, kept, last)] : edits;
  if (behind === "") return edits;
  return [...edits, ...append(text, change, last, indent === undefined ? undefined : eol + indent, behind)];
}

/** Takes a part out with the comma behind it, and with its line where it has that for itself. */
function removal(text: string, { start, end }: BracketPart): TextEdit {
  const comma = nextSign(text, end);
  const behind = text[comma] === "," ? comma + 1 : end;
  if (isFirstOnLine(text, start) && isLastOnLine(text, behind)) return removeLines(text, start, behind);
  const blank = /[ \t]*/y;
  blank.lastIndex = behind;
  return { start, end: behind + (blank.exec(text)?.[0].length ?? 0), text: "" };
}

/** Where the last part goes, the comma before it goes too, with the blank on its line. */
function commaOf(text: string, kept: BracketPart | undefined, last: BracketPart | undefined): TextEdit[] {
  if (kept === undefined || last === undefined || text[nextSign(text, last.end)] === ",") return [];
  const comma = nextSign(text, kept.end);
  const blank = /[ \t]*/y;
  blank.lastIndex = comma + 1;
  const end = comma + 1 + (blank.exec(text)?.[0].length ?? 0);
  return [{ start: comma, end: /[\r\n#]/.test(text[end] ?? "") ? comma + 1 : end, text: "" }];
}

/** Adds behind the last part, on lines of their own where `line` starts one. */
function append(
  text: string,
  { start, end }: BracketPart,
  last: BracketPart | undefined,
  line: string | undefined,
  added: string,
): TextEdit[] {
  if (last === undefined) return [{ start: start + 1, end: start + 1, text: added }];
  // YAML's `a:` without a value keeps a blank behind its colon, or that would be part of the name.
  const sign = text[last.end - 1] === ":" ? " ," : ",";
  if (line === undefined) return [{ start: last.end, end: last.end, text: `${sign} ${added}` }];
  const comma = nextSign(text, last.end);
  const place = blankBefore(text, end - 1, true);
  if (text[comma] === ",") return [{ start: place, end: place, text: `${line}${added},` }];
  return [
    { start: last.end, end: last.end, text: sign },
    { start: place, end: place, text: line + added },
  ];
}
