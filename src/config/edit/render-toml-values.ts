import { isPlainObject, type PlainObject, type PlainValue } from "./plain-value.ts";

/**
 * A value on one line.
 *
 * @throws RangeError for null, which TOML has not.
 */
export function writeTomlValue(value: PlainValue): string {
  if (value === null) throw new RangeError("TOML has no null");
  if (typeof value === "string") return writeText(value);
  if (typeof value !== "object") return JSON.stringify(value);
  if (!isPlainObject(value)) return `[${value.map(writeTomlValue).join(", ")}]`;
  const members = Object.entries(value).map(([key, each]) => writeTomlPair(key, each));
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** A value with each item on a line of its own, where some are not simple. */
export function writeTomlLines(value: PlainValue, eol: string, unit: string, indent: string): string {
  const isLong = Array.isArray(value) && value.some((each) => typeof each === "object");
  if (!isLong) return writeTomlValue(value);
  const inner = indent + unit;
  const items = value.map((each) => inner + writeTomlLines(each, eol, unit, inner));
  return `[${eol}${items.join(`,${eol}`)}${eol}${indent}]`;
}

/** `key = value` on one line. */
export function writeTomlPair(key: string, value: PlainValue): string {
  return `${writeTomlKey(key)} = ${writeTomlValue(value)}`;
}

/** A name, in quotes where it must be; the cores' reader splits a name with `"` unless it stands in single ones. */
export function writeTomlKey(key: string): string {
  if (/^[\w-]+$/.test(key)) return key;
  return key.includes('"') && /^[^'\p{Cc}]*$/u.test(key) ? `'${key}'` : writeText(key);
}

/** Whether a name may stand in a header, where the cores' reader knows no escapes and ends at the first `]`. */
export function fitsHeader(key: string): boolean {
  return key !== "" && /^[^\]["\\\p{Cc}]*$/u.test(key);
}

function writeText(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

/**
 * Sections for a table, or for a list of tables, below a header's name.
 *
 * @returns `undefined` where the value is no table, or some name in it cannot stand in a header.
 */
export function writeSections(path: string, value: PlainValue, eol: string): string[] | undefined {
  if (isPlainObject(value)) return writeTable(`[${path}]`, path, value, eol);
  if (!isListOfTables(value)) return undefined;
  return value.flatMap((item) => writeTable(`[[${path}]]`, path, item, eol));
}

/** The section of one table, and those of the tables in it. */
export function writeTable(header: string, path: string, table: PlainObject, eol: string): string[] {
  const lines = [header];
  const below: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    const isTable = isPlainObject(value) ? Object.keys(value).length > 0 : isListOfTables(value);
    const sections = isTable && fitsHeader(key) ? writeSections(`${path}.${writeTomlKey(key)}`, value, eol) : undefined;
    if (sections === undefined) lines.push(writeTomlPair(key, value));
    else below.push(...sections);
  }
  // A header with nothing but tables below it is not needed, unless it makes an item.
  const isNeeded = lines.length > 1 || below.length === 0 || header.startsWith("[[");
  return isNeeded ? [lines.join(eol), ...below] : below;
}

function isListOfTables(value: PlainValue): value is readonly PlainObject[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPlainObject);
}
