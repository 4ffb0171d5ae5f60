import { isStatsError } from "../errors/stats-error.ts";
import { escapeControls } from "../internal/escape-controls.ts";

/** An object for programs, on one line. */
export function formatJson(object: object): string {
  // JSON.stringify lets DEL, C1 controls and marks of direction through to the terminal.
  return escapeControls(JSON.stringify(object));
}

/** An array of objects for programs, one a line. */
export function formatJsonArray(objects: readonly object[]): string {
  const lines = objects.map(formatJson);
  return lines.length === 0 ? "[]\n" : `[\n  ${lines.join(",\n  ")}\n]\n`;
}

/** A line of RFC 4180, safe for a spreadsheet and a terminal. */
export function formatCsvLine(fields: readonly string[]): string {
  return `${fields.map(csvField).join(",")}\r\n`;
}

function csvField(text: string): string {
  const visible = escapeControls(text);
  // A spreadsheet would run it as a formula, but for a number. The apostrophe too, so that taking one off gives the text
  // back.
  const guarded = /^(?!-\d+$)[=+\-@']/.test(visible) ? `'${visible}` : visible;
  return /[",]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

const mostCharacters = 80;

/** A name for a table: an endless one must not stretch every line. Other forms have the whole of it. */
export function shortName(name: string): string {
  const characters = Array.from(name.slice(0, 2 * mostCharacters + 2));
  return characters.length > mostCharacters ? `${characters.slice(0, mostCharacters - 1).join("")}…` : name;
}

/** One line for a person: controls made visible. */
export function oneLine(text: string): string {
  return escapeControls(text.replace(/\s*\n\s*/g, " "));
}

/** What failed, and what to do. */
export function errorText(error: Error): string {
  const advice = isStatsError(error) && error.advice !== undefined ? `. ${error.advice}` : "";
  return oneLine(`${error.message}${advice}`);
}
