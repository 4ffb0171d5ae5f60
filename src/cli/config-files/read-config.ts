import type { Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { addAbortSignal } from "node:stream";
import { compareText } from "../../config/load/merge-keys.ts";
import type { ConfigFile } from "../../config/load/parse-config.ts";
import type { ConfigTarget } from "../../config/target.ts";
import type { CliContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { decodeText } from "./decode-text.ts";
import { checkSize, readBytes } from "./read-bytes.ts";

/** What standard input is called where its place is told. */
export const stdinName = "<stdin>";

/** Files, and the names of those that were found in directories. */
export interface FoundFiles {
  readonly files: readonly ConfigFile[];
  readonly ofFolders: ReadonlySet<string>;
}

/**
 * Reads files, the files of directories, and standard input for `-`.
 *
 * @param core - Whose files to take from directories; without it those of every core.
 * @throws UsageError for what cannot be read, ConfigError for what is not UTF-8.
 */
export async function readConfig(
  context: CliContext,
  paths: readonly string[],
  core: ConfigTarget | undefined,
): Promise<FoundFiles> {
  if (paths.includes("-")) {
    if (paths.length > 1) throw new UsageError("- is standard input and stands alone");
    const bytes = await readBytes("standard input", addAbortSignal(context.signal, context.stdin));
    return { files: [{ name: stdinName, text: decodeText(stdinName, bytes) }], ofFolders: new Set() };
  }
  const names: string[] = [];
  const ofFolders = new Set<string>();
  for (const path of paths) {
    const found = await filesOfFolder(path, core);
    names.push(...(found ?? [path]));
    for (const name of found ?? []) ofFolders.add(name);
  }
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new UsageError(`${twice} is named twice`);
  const files: ConfigFile[] = [];
  for (const name of names) files.push({ name, text: decodeText(name, await readFile(name)) });
  return { files, ofFolders };
}

/** Whether a core takes a file of a directory by its name. */
export function readsFile(core: ConfigTarget | undefined, name: string): boolean {
  const isMany = core === undefined || core === "v2ray5" || core === "xray";
  return (isMany ? /\.(?:jsonc?|ya?ml|toml)$/ : /\.json$/).test(name);
}

/** In the order in which cores read them; `undefined` where the path is no directory. */
async function filesOfFolder(path: string, core: ConfigTarget | undefined): Promise<string[] | undefined> {
  if (!(await statOf(path)).isDirectory()) return undefined;
  const names = (await readdir(path)).filter((name) => readsFile(core, name)).map((name) => join(path, name));
  if (names.length === 0) throw new UsageError(`the directory ${path} holds no configuration files`);
  return names.sort(compareText);
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

async function readFile(name: string): Promise<Uint8Array> {
  try {
    await using file = await open(name);
    checkSize(name, (await file.stat()).size);
    return await readBytes(name, file.createReadStream({ highWaterMark: 1 << 20, autoClose: false }));
  } catch (error) {
    throw error instanceof UsageError ? error : cannotRead(name, error);
  }
}

function cannotRead(name: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${name}: ${(error as Error).message}`);
}
