import { createHash } from "node:crypto";
import { readdir, readFile, realpath, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { decodeText } from "./decode-text.ts";
import { type Swap, swapFiles } from "./swap-files.ts";

/** A file and its backup. */
export interface BackedUp {
  /** As it was named. */
  readonly path: string;
  readonly backup: string;
}

/**
 * Writes files, each with a backup beside it of what it held.
 *
 * @throws Error where one cannot be written; then all are as they were.
 */
export async function writeWithBackups(swaps: readonly Swap[]): Promise<BackedUp[]> {
  const swapped = await swapFiles(swaps, backupOf);
  return swapped.map(({ path, oldPath }) => ({ path, backup: oldPath }));
}

/**
 * Gives files what they held before they were last written with a backup, and removes the backups.
 *
 * @param files - As they are now; those without any backup stay as they are.
 * @returns The files that were restored, with the backups that are gone.
 * @throws Error where a file was changed since, where no file has a backup, or one cannot be written; then all are as
 * they were.
 */
export async function restoreBackups(files: readonly { name: string; text: string }[]): Promise<BackedUp[]> {
  const found = (await Promise.all(files.map(findBackup))).filter((each) => each !== undefined);
  if (found.length === 0)
    throw new Error("there is nothing to undo: no file was written by --write, or all are undone");
  const swapped = await swapFiles(found);
  for (const { oldPath } of swapped) await rm(oldPath, { force: true });
  for (const { backup } of found) await rm(backup, { force: true });
  return found;
}

async function findBackup(file: { name: string; text: string }): Promise<(BackedUp & Swap) | undefined> {
  const { name: path, text: before } = file;
  const realPath = await realpath(path);
  const backup = backupOf(realPath, before);
  const prefix = `${basename(realPath)}${infix}`;
  const names = (await readdir(dirname(realPath))).filter((name) => name.startsWith(prefix));
  if (names.includes(basename(backup)))
    return { path, backup, before, after: decodeText(backup, await readFile(backup)) };
  if (names.length === 0) return undefined;
  throw new Error(`${path} was changed since it was written; compare it with ${names.sort().join(", ")} beside it`);
}

const infix = ".before-stats.";

/** Belongs to a text of a file, so that no other text is ever replaced by it. */
function backupOf(realPath: string, text: string): string {
  return `${realPath}${infix}${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
}
