import { isPlainObject, type PlainValue } from "./plain-value.ts";

/** How a file is written. */
export interface JsonStyle {
  readonly eol: string;
  /** One step of indentation. */
  readonly unit: string;
  /** Blank after colons, and in single-line text after commas. */
  readonly space: string;
  /** Nothing is on a line of its own. */
  readonly minified: boolean;
}

/** Learns it from the text itself. */
export function jsonStyleOf(text: string): JsonStyle {
  return {
    eol: /\r?\n/.exec(text)?.[0] ?? "\n",
    unit: /\n([ \t]+)"/.exec(text)?.[1] ?? "  ",
    // As after the first name: a colon elsewhere may be within a text.
    space: /[{,]\s*"(?:[^"\\]|\\.)*"\s*:(\s?)/.exec(text)?.[1] === "" ? "" : " ",
    minified: !text.trim().includes("\n") && text.includes('"'),
  };
}

/** The blank before `offset`, where nothing else stands before it on its line. */
export function ownIndent(text: string, offset: number): string | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** The blank that the line of `offset` starts with. */
export function lineIndent(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? "";
}

/** A value over several lines, lists of simple values on one; `indent` is that of the line it starts on. */
export function writeJson(value: PlainValue, style: JsonStyle, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = indent + style.unit;
  const nested = (each: PlainValue): boolean => typeof each === "object" && each !== null;
  if (isPlainObject(value)) {
    const members = Object.entries(value);
    if (members.length === 0) return "{}";
    const lines = members.map(([key, each]) => `${inner}${writeMember(key, writeJson(each, style, inner), style)}`);
    return `{${style.eol}${lines.join(`,${style.eol}`)}${style.eol}${indent}}`;
  }
  const list = value as readonly PlainValue[];
  if (!list.some(nested)) return writeInline(list, style);
  const lines = list.map((each) => `${inner}${writeJson(each, style, inner)}`);
  return `[${style.eol}${lines.join(`,${style.eol}`)}${style.eol}${indent}]`;
}

/** A value on one line. */
export function writeInline(value: PlainValue, style: JsonStyle): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const separator = `,${style.space}`;
  if (!isPlainObject(value)) return `[${value.map((each) => writeInline(each, style)).join(separator)}]`;
  const members = Object.entries(value);
  if (members.length === 0) return "{}";
  const inner = members.map(([key, each]) => writeMember(key, writeInline(each, style), style)).join(separator);
  return `{${style.space}${inner}${style.space}}`;
}

/** `"key": value`, the value being written already. */
export function writeMember(key: string, value: string, style: JsonStyle): string {
  return `${JSON.stringify(key)}:${style.space}${value}`;
}
