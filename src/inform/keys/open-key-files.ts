import { readFile, stat } from "node:fs/promises";
import { parseKeyFile } from "./key-file.ts";
import { createKeyRing, type KeyRing } from "./key-ring.ts";

/** Options of {@link openKeyFiles}. */
export interface OpenKeyFilesOptions {
  /**
   * Hears, in one sentence, of a file that others than its owner can read, and of one that cannot be read again (the
   * keys known before then stay good). Once for each state of the files.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** How long to go on without looking at the files. @defaultValue 1000 */
  readonly checkEveryMs?: number | undefined;
  /** A clock that never goes back, in milliseconds. @defaultValue performance.now */
  readonly now?: (() => number) | undefined;
}

/** Key files that are read again when they change. Holds nothing open and runs nothing behind. */
export interface OpenKeyFiles {
  /** The keys as the files have them now, or had them within `checkEveryMs`. Never rejects. */
  ring(): Promise<KeyRing>;
}

/**
 * Reads key files.
 *
 * @throws StatsError with code `bad-config` where one is no key file; the system's error where one cannot be read.
 */
export async function openKeyFiles(paths: readonly string[], options: OpenKeyFilesOptions = {}): Promise<OpenKeyFiles> {
  const { onWarning = () => {}, checkEveryMs = 1000, now = () => performance.now() } = options;
  let { state, ring } = await readRing(paths, onWarning);
  let checkedAt = now();
  let checking: Promise<void> | undefined;

  async function check(): Promise<void> {
    const seen = await stateOf(paths);
    if (seen !== state) {
      state = seen; // where reading fails, not again before the next change
      try {
        ({ state, ring } = await readRing(paths, onWarning));
      } catch (error) {
        onWarning(`the keys known before stay good: ${(error as Error).message}`);
      }
    }
    checkedAt = now();
  }

  return {
    async ring() {
      if (now() - checkedAt >= checkEveryMs) {
        checking ??= check().finally(() => {
          checking = undefined;
        });
        await checking;
      }
      return ring;
    },
  };
}

async function readRing(
  paths: readonly string[],
  onWarning: (message: string) => void,
): Promise<{ readonly state: string; readonly ring: KeyRing }> {
  const state = await stateOf(paths); // before reading: a change meanwhile is seen at the next check
  const files = await Promise.all(paths.map(async (path) => parseKeyFile(await readFile(path, "utf8"), path)));
  const ring = createKeyRing(files);
  for (const path of paths) {
    const { mode } = await stat(path);
    // On Windows modes say nothing.
    if ((mode & 0o077) !== 0 && process.platform !== "win32") {
      onWarning(`others than its owner can get at ${path}; run: chmod 600 ${path}`);
    }
  }
  return { state, ring };
}

/** Differs whenever a file was written or replaced. */
async function stateOf(paths: readonly string[]): Promise<string> {
  const states = paths.map(async (path) => {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return [ino, size, mtimeNs, ctimeNs].join(" ");
    } catch (error) {
      return String(error);
    }
  });
  return (await Promise.all(states)).join("\n");
}
