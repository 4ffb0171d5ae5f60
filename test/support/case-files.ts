import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigTarget } from "../../src/config/target.ts";
import type { CaseText } from "../config-cases/rule-case.ts";
import { binaryPath } from "../cores/core-binary.ts";
import { freePorts } from "./free-ports.ts";
import type { CoreKind } from "./real-cores.ts";

/** Where a case's text lies as files, its placeholders replaced, and how its core is called with them. */
export interface CaseFiles {
  /** Free ports by the placeholders in the text. */
  readonly ports: ReadonlyMap<number, number>;
  /** The words that make the core read the files. */
  readonly words: readonly string[];
}

/** Which core reads the target's language. */
export function coreOf(target: ConfigTarget): CoreKind {
  return target === "v2ray5-jsonv5" ? "v2ray5" : target;
}

/**
 * Writes a text into `directory`: several files as a configuration directory, everything else as one file. Ports 20000
 * to 20009 become free ones, and `/case/` becomes the path of `directory`.
 */
export async function writeCase(target: ConfigTarget, text: CaseText, directory: string): Promise<CaseFiles> {
  const files = typeof text === "string" ? [{ name: "config.json", text }] : text;
  const placeholders = new Set(files.flatMap((file) => file.text.match(/\b2000\d\b/g) ?? []));
  const ports = new Map<number, number>();
  const free = await freePorts(...placeholders);
  for (const placeholder of placeholders) ports.set(Number(placeholder), free[placeholder] as number);
  const configuration = join(directory, "configuration");
  mkdirSync(configuration, { recursive: true });
  for (const file of files) {
    const replaced = withPorts(file.text, ports).replaceAll("/case/", `${directory}/`);
    writeFileSync(join(configuration, file.name), replaced);
  }
  const only = files.length === 1 ? files[0] : undefined;
  return { ports, words: readWords(target, configuration, only?.name) };
}

/** Puts the free ports into a text. */
export function withPorts(text: string, ports: ReadonlyMap<number, number>): string {
  return text.replace(/\b2000\d\b/g, (placeholder) => String(ports.get(Number(placeholder)) ?? placeholder));
}

function readWords(target: ConfigTarget, directory: string, only: string | undefined): string[] {
  const file = only === undefined ? undefined : join(directory, only);
  if (target === "v2ray4") return file === undefined ? ["-confdir", directory] : ["-config", file];
  if (target === "xray") return file === undefined ? ["-confdir", directory] : ["-c", file];
  if (target === "sing-box") return file === undefined ? ["-C", directory] : ["-c", file];
  const format = target === "v2ray5-jsonv5" ? ["-format", "jsonv5"] : [];
  return [...format, ...(file === undefined ? ["-d", directory] : ["-c", file])];
}

/** The command that reads the files and does not start anything. */
export function checkCommand(target: ConfigTarget, words: readonly string[]): readonly [string, readonly string[]] {
  if (target === "v2ray4") return ["v2ray", ["-test", ...words]];
  const program = binaryPath(coreOf(target) as Exclude<CoreKind, "v2ray4">);
  if (target === "xray") return [program, ["run", "-test", ...words]];
  if (target === "sing-box") return [program, ["check", "--disable-color", ...words]];
  return [program, ["test", ...words]];
}

/** The command that starts the core. */
export function startCommand(target: ConfigTarget, words: readonly string[]): readonly [string, readonly string[]] {
  if (target === "v2ray4") return ["v2ray", words];
  const program = binaryPath(coreOf(target) as Exclude<CoreKind, "v2ray4">);
  return [program, ["run", ...(target === "sing-box" ? ["--disable-color"] : []), ...words]];
}
