import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../errors/config-error.ts";
import { StatsError } from "../../errors/stats-error.ts";
import type { ServedKey } from "./served-key.ts";

/** A file as it was read. */
export interface KeyFile {
  /** Its path. */
  readonly name: string;
  /** What it holds. */
  readonly text: string;
}

/**
 * Reads keys out of files, and again whenever one of them has changed; of a directory its JSON, YAML and TOML files, in
 * the order of their names. While they cannot be read, the keys of before are served.
 *
 * @param parse Makes keys of the files, such as `keysOfConfig`.
 * @param onError Is told, once for each version, why files cannot be read.
 * @returns For the handler's `keys`. It rejects while the files were never read.
 */
export function followKeys(
  paths: readonly string[],
  parse: (files: readonly KeyFile[]) => readonly ServedKey[],
  onError: (error: Error) => void = () => {},
): () => Promise<readonly ServedKey[]> {
  let good: readonly ServedKey[] | undefined;
  let tried: string | undefined;
  let failure: Error | undefined;

  async function readAgain(): Promise<readonly ServedKey[]> {
    try {
      const names = (await Promise.all(paths.map(filesOf))).flat();
      const version = (await Promise.all(names.map(versionOf))).join("\n");
      if (version !== tried) {
        const files: KeyFile[] = [];
        for (const name of names) files.push({ name, text: await readFile(name, "utf8") });
        tried = version;
        failure = undefined;
        good = parse(files);
      }
    } catch (error) {
      const told = readable(error);
      if (told.message !== failure?.message) onError(told);
      failure = told;
    }
    if (good === undefined) throw failure ?? new StatsError("malformed", "the keys cannot be read");
    return good;
  }

  // One at a time: a slow reading of an old version must not come last.
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const turn = last.then(readAgain);
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(?:jsonc?|ya?ml|toml)$/i.test(name));
  return names.sort().map((name) => join(path, name));
}

async function versionOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
  return `${file} ${dev} ${ino} ${size} ${mtimeNs}`;
}

/** A parser's own message may show what stands there: a password. */
function readable(error: unknown): Error {
  if (!(error instanceof ConfigError)) return error instanceof Error ? error : new Error(String(error));
  const [issue] = error.issues;
  const place = issue === undefined ? "" : ` at ${issue.file ?? "the file"}:${issue.line}`;
  return new StatsError("malformed", `the keys cannot be read${place}`);
}
