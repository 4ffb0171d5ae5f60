import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { formatKeyFile, type KeyFile, parseKeyFile } from "./key-file.ts";

/**
 * Changes a key file at one instant: a reader sees the old text or the new one, whole. A new file is readable by its
 * owner only; an old one keeps its mode, its owner and the links to it. Somebody else's change that came between
 * is not lost: `change` is then called again with what the file holds now.
 *
 * @param change - Gives what the file is to hold; gets an empty one where there is none yet.
 * @throws StatsError with code `bad-config` where the file is no key file; the system's error where it cannot be written.
 */
export async function updateKeyFile(path: string, change: (file: KeyFile) => KeyFile): Promise<void> {
  const target = await realpath(path).catch(whereMissing(path));
  for (;;) {
    const before = await readFile(target, "utf8").catch(whereMissing(undefined));
    const after = formatKeyFile(change(before === undefined ? { keys: [], secrets: [] } : parseKeyFile(before, path)));
    if (await replaceFile(target, before, after)) return;
  }
}

/** False where the file is no longer what it was before. */
async function replaceFile(path: string, before: string | undefined, after: string): Promise<boolean> {
  const staged = `${path}.${randomUUID()}.new`;
  const handle = await open(staged, "wx", 0o600);
  try {
    try {
      if (before !== undefined) await likeOld(path, handle);
      await handle.writeFile(after);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await readFile(path, "utf8").catch(whereMissing(undefined))) !== before) return false;
    await rename(staged, path);
  } finally {
    await rm(staged, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

/** Root may add a key to a file that the service reads under another name. */
async function likeOld(path: string, handle: FileHandle): Promise<void> {
  const [old, own] = [await stat(path), await handle.stat()];
  if (old.uid !== own.uid || old.gid !== own.gid) await handle.chown(old.uid, old.gid);
  await handle.chmod(old.mode & 0o777);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function whereMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  };
}
