import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file beside another, on disk when it returns, with that one's mode and owner.
 *
 * @returns Its path; a name that no core reads as a configuration.
 * @throws Error where it cannot be written, or not be given the owner; nothing is left then.
 */
export async function stageFile(beside: string, { mode, uid, gid }: Stats, bytes: Uint8Array): Promise<string> {
  const path = join(dirname(beside), `.${basename(beside)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    // Nobody else may read it before it has its mode.
    await using file = await open(path, "wx", 0o600);
    await file.writeFile(bytes);
    const own = await file.stat();
    if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid);
    await file.chmod(mode & 0o7777);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === "EPERM" && syscall === "fchown")
      throw new Error(`cannot keep the owner of ${beside}; do it as user ${uid} or as root`, { cause: error });
    throw error;
  }
  return path;
}
