import { resolveWord } from "../syntax/parse-yaml-scalar.ts";
import { isPlainObject, type PlainObject, type PlainValue } from "./plain-value.ts";

/** How a YAML file is written. */
export interface YamlStyle {
  readonly eol: string;
  /** One step of indentation. */
  readonly unit: string;
  /** Names and texts stand in quotes, as in a file that is JSON. */
  readonly quotesAll: boolean;
}

/** Learns it from the text itself. */
export function yamlStyleOf(text: string): YamlStyle {
  return {
    eol: /\r?\n/.exec(text)?.[0] ?? "\n",
    unit: /\n( {1,8})[^\s#]/.exec(text)?.[1] ?? "  ",
    quotesAll: text.trimStart().startsWith("{"),
  };
}

/** A value on one line. */
export function writeFlow(value: PlainValue, style: YamlStyle): string {
  if (typeof value !== "object" || value === null) return writeScalar(value, style);
  if (!isPlainObject(value)) return `[${value.map((each) => writeFlow(each, style)).join(", ")}]`;
  const members = Object.entries(value).map(([key, each]) => writeFlowMember(key, each, style));
  return `{${members.join(", ")}}`;
}

/** `key: value` on one line. */
export function writeFlowMember(key: string, value: PlainValue, style: YamlStyle): string {
  return `${writeKey(key, style)}: ${writeFlow(value, style)}`;
}

/** A value in brackets with each part on a line of its own, lists of simple values on one line. */
export function writeFlowLines(value: PlainValue, style: YamlStyle, indent: string): string {
  if (!isNested(value)) return writeFlow(value, style);
  const inner = indent + style.unit;
  const parts = isPlainObject(value)
    ? Object.entries(value).map(([key, each]) => `${writeKey(key, style)}: ${writeFlowLines(each, style, inner)}`)
    : value.map((each) => writeFlowLines(each, style, inner));
  const [open, close] = isPlainObject(value) ? ["{", "}"] : ["[", "]"];
  return `${open}${style.eol}${inner}${parts.join(`,${style.eol}${inner}`)}${style.eol}${indent}${close}`;
}

/** `key: value` in block style; `indent` is that of the key. */
export function writeMember(key: string, value: PlainValue, style: YamlStyle, indent: string): string {
  const head = `${writeKey(key, style)}:`;
  return isNested(value) ? head + writeLines(value, style, indent) : `${head} ${writeFlow(value, style)}`;
}

/** `- value` in block style; `indent` is that of the dash. */
export function writeItem(value: PlainValue, style: YamlStyle, indent: string): string {
  if (!isNested(value) || !isPlainObject(value)) return `- ${writeFlow(value, style)}`;
  return `- ${writeMembers(value, style, `${indent}  `)}`;
}

/** What follows a name that stands at `indent`: its value on the next lines. */
export function writeLines(value: NestedValue, style: YamlStyle, indent: string): string {
  const inner = indent + style.unit;
  const lines = isPlainObject(value)
    ? writeMembers(value, style, inner)
    : value.map((each) => writeItem(each, style, inner)).join(style.eol + inner);
  return style.eol + inner + lines;
}

/** Members on lines of their own, the first one where the text stands; `indent` is that of the others. */
export function writeMembers(value: PlainObject, style: YamlStyle, indent: string): string {
  const members = Object.entries(value).map(([key, each]) => writeMember(key, each, style, indent));
  return members.join(style.eol + indent);
}

/** A value that takes lines of its own. */
export type NestedValue = PlainObject | readonly PlainValue[];

/** An object with members, or a list with more than simple values in it. */
export function isNested(value: PlainValue): value is NestedValue {
  if (isPlainObject(value)) return Object.keys(value).length > 0;
  return Array.isArray(value) && value.some((each) => typeof each === "object" && each !== null);
}

/** A name, in quotes where it could be taken for something else: `0` is a number. */
export function writeKey(key: string, style: YamlStyle): string {
  return writeScalar(key, style);
}

function writeScalar(value: string | number | boolean | null, style: YamlStyle): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isPlain = /^[A-Za-z][\w./@-]*$/.test(value) && resolveWord(value, 2) === value;
  if (isPlain && !style.quotesAll) return value;
  // The cores' readers refuse these signs, or take them for line breaks.
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
