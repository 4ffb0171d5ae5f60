import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { stageFile } from "./stage-file.ts";

/** A file to be given another text. */
export interface Swap {
  /** The file, or a link to it. */
  readonly path: string;
  /** What it holds, as it was read. */
  readonly before: string;
  /** What it is to hold. */
  readonly after: string;
}

/** A file that was given another text. */
export interface Swapped {
  /** As it was named. */
  readonly path: string;
  /** Without links. */
  readonly realPath: string;
  /** A file with what it held before, its mode and its owner. */
  readonly oldPath: string;
}

interface Staged extends Swapped {
  readonly newPath: string;
}

/**
 * Gives files other texts, each at one instant, keeping mode, owner and links. Nothing is touched before all are written
 * beside their places, and where one then cannot be put into its place, the others are put back.
 *
 * @param nameOld - Where to keep what a file held, by its real path and the text it gets; without it the caller removes it.
 * @throws Error where a file is no longer what was read, or cannot be written.
 */
export async function swapFiles(
  swaps: readonly Swap[],
  nameOld?: (realPath: string, after: string) => string,
): Promise<Swapped[]> {
  const staged = await stageAll(swaps);
  const swapped: Swapped[] = [];
  try {
    for (const { path, realPath, oldPath, newPath, after } of staged) {
      const kept = nameOld?.(realPath, after) ?? oldPath;
      await rename(oldPath, kept);
      try {
        await rename(newPath, realPath);
      } catch (error) {
        await removeAll([kept]);
        throw error;
      }
      swapped.push({ path, realPath, oldPath: kept });
    }
  } catch (error) {
    const lost = await putBack(swapped);
    await removeAll(
      staged.flatMap(({ newPath, oldPath }) => [newPath, oldPath]).filter((path) => !lost.includes(path)),
    );
    if (lost.length === 0) throw error;
    const reason = (error as Error).message;
    throw new Error(`${reason}; files before it could not be put back, their texts are in ${lost.join(", ")}`, {
      cause: error,
    });
  }
  for (const folder of new Set(swapped.map(({ realPath }) => dirname(realPath)))) await syncFolder(folder);
  return swapped;
}

async function stageAll(swaps: readonly Swap[]): Promise<(Staged & Swap)[]> {
  const staged: (Staged & Swap)[] = [];
  try {
    for (const swap of swaps) {
      const realPath = await realpath(swap.path);
      const other = staged.find((each) => each.realPath === realPath);
      if (other !== undefined) throw new Error(`${other.path} and ${swap.path} are one file`);
      staged.push({ ...swap, ...(await stage(swap, realPath)) });
    }
  } catch (error) {
    await removeAll(staged.flatMap(({ newPath, oldPath }) => [newPath, oldPath]));
    throw error;
  }
  return staged;
}

/** @returns The old texts that could not be put into their places. */
async function putBack(swapped: readonly Swapped[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { realPath, oldPath } of swapped.toReversed()) {
    try {
      await rename(oldPath, realPath);
    } catch {
      lost.push(oldPath);
    }
  }
  return lost;
}

async function stage({ path, before, after }: Swap, realPath: string): Promise<Staged> {
  const stats = await stat(realPath);
  if (!stats.isFile()) throw new Error(`${path} is no regular file, so it cannot be written`);
  const bytes = await readFile(realPath);
  if (!bytes.equals(Buffer.from(before))) throw new Error(`${path} was changed by somebody else meanwhile; try again`);
  const newPath = await stageFile(realPath, stats, Buffer.from(after));
  try {
    return { path, realPath, newPath, oldPath: await stageFile(realPath, stats, bytes) };
  } catch (error) {
    await removeAll([newPath]);
    throw error;
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true });
}

/** So that the new names survive a power cut, too. */
async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await open(path);
    await folder.sync();
  } catch {
    // Windows cannot, and needs not.
  }
}
