import { ConfigError } from "../../errors/config-error.ts";
import type { ConfigDocument } from "../syntax/document.ts";
import type { ConfigFormat, SourceFile } from "../syntax/node.ts";
import { parseJson } from "../syntax/parse-json.ts";
import { parseToml } from "../syntax/parse-toml.ts";
import { parseYaml } from "../syntax/parse-yaml.ts";
import { positionAt } from "../syntax/position.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import type { ConfigTarget } from "../target.ts";

/** A configuration file as the caller has it. */
export interface ConfigFile {
  /** For messages, for the order in which cores merge, and, by its ending, for the notation. */
  readonly name: string;
  /** What it holds. */
  readonly text: string;
}

/** A configuration: one text, or the files of a directory in the order in which the core is given them. */
export type ConfigInput = string | readonly ConfigFile[];

/** Longer texts are refused before they are read. */
export const maxTextLength: number = 128 * 1024 * 1024;

const parsers = { json: parseJson, yaml: parseYaml, toml: parseToml };

/**
 * Reads the files of a configuration.
 *
 * @param format - The notation; default: what each file's name ends with, else what its text looks like.
 * @param target - The core that reads them; default: V2Ray 5, whose YAML differs from Xray's in some words.
 * @throws TypeError where the input is neither a text nor files.
 * @throws SyntaxProblem where a file is not its notation.
 */
export function parseConfig(input: ConfigInput, format?: ConfigFormat, target?: ConfigTarget): ConfigDocument[] {
  return sourceFilesOf(input, format).map((file) => {
    if (file.text.length > maxTextLength)
      throw new SyntaxProblem(file, 0, `the file is longer than ${maxTextLength / 1024 / 1024} million characters`);
    const document = parsers[file.format](file, target);
    if (document.root.kind !== "object")
      throw new SyntaxProblem(file, document.root.start, "a configuration is an object");
    return document;
  });
}

/** Makes the error of callers who need a readable configuration. */
export function configErrorOf(problem: SyntaxProblem): ConfigError {
  const { file, offset, message } = problem;
  return new ConfigError([{ file: file.name, ...positionAt(file, offset), message }], {
    advice: "mend the place first; nothing was changed",
  });
}

function sourceFilesOf(input: ConfigInput, format: ConfigFormat | undefined): SourceFile[] {
  const files = typeof input === "string" ? [{ name: "config", text: input }] : input;
  if (!Array.isArray(files) || files.length === 0)
    throw new TypeError("a configuration is a text, or a list of { name, text } with at least one file");
  return files.map(({ name, text }: ConfigFile) => {
    if (typeof name !== "string" || typeof text !== "string")
      throw new TypeError("a configuration file is { name, text }, both strings");
    return { name, text, format: format ?? formatOfName(name) ?? formatOfText(text) };
  });
}

function formatOfName(name: string): ConfigFormat | undefined {
  if (/\.ya?ml$/i.test(name)) return "yaml";
  if (/\.toml$/i.test(name)) return "toml";
  return /\.jsonc?$/i.test(name) ? "json" : undefined;
}

function formatOfText(text: string): ConfigFormat {
  const start = text.slice(0, 100_000).replace(/^\uFEFF?(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)*/, "");
  if (/^(?:\[|[\w"'.-]+\s*=)/.test(start)) return "toml";
  return /^(?:---|- |[\w"'.-]+\s*:)/.test(start) ? "yaml" : "json";
}
