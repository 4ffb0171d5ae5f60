import type { ConfigInput } from "../load/parse-config.ts";
import type { SourceFile } from "../syntax/node.ts";
import type { Finding } from "./finding.ts";
import { formatGithub } from "./format-github.ts";
import { formatJson } from "./format-json.ts";
import { formatSarif } from "./format-sarif.ts";
import { formatText } from "./format-text.ts";

/**
 * How findings are written: `text` for people; `json`, one object with `version`, `findings` and `counts`; `sarif`, SARIF
 * 2.1.0 for code scanners and editors; `github`, workflow commands that make annotations.
 */
export type FindingsFormat = "text" | "json" | "sarif" | "github";

/** Options of {@link formatFindings}. */
export interface FormatFindingsOptions {
  /**
   * How they are written.
   *
   * @defaultValue "text"
   */
  readonly format?: FindingsFormat | undefined;
  /**
   * Colours for a terminal; `text` alone has them.
   *
   * @defaultValue false
   */
  readonly colour?: boolean | undefined;
}

/**
 * Writes findings down.
 *
 * @param input - What was checked, for the lines of text that are shown and the places of edits.
 * @returns Lines, the last one ended too; "" where `github` has nothing to say. Control characters are escaped.
 */
export function formatFindings(
  findings: readonly Finding[],
  input: ConfigInput,
  options: FormatFindingsOptions = {},
): string {
  const { format = "text", colour = false } = options;
  switch (format) {
    case "text":
      return formatText(findings, sourceFilesOf(input), colour);
    case "json":
      return formatJson(findings);
    case "sarif":
      return formatSarif(findings, sourceFilesOf(input));
    case "github":
      return formatGithub(findings);
    default:
      throw new RangeError(`there is no format ${JSON.stringify(format)}; known are text, json, sarif, github`);
  }
}

/** The files by their names, for places only. */
function sourceFilesOf(input: ConfigInput): ReadonlyMap<string, SourceFile> {
  const files = typeof input === "string" ? [{ name: "config", text: input }] : input;
  return new Map(files.map(({ name, text }) => [name, { name, text, format: "json" }]));
}
