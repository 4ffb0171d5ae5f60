import { readFile, stat } from "node:fs/promises";
import { ConfigError } from "../../errors/config-error.ts";
import { type ConfigUsers, readConfigUsers } from "./config-users.ts";
import { compareUsers, readSeen, type SeenUsers, writeSeen } from "./seen-users.ts";

/** A younger file may still be written. */
const settledMs = 1000;

interface Followed {
  /** The version that was read last, and why that did not go. */
  last: { readonly version: string; readonly error: Error | undefined } | undefined;
  /** What is written down when those who were made anew have begun. */
  next: SeenUsers | undefined;
}

/**
 * Follows the configurations of cores.
 *
 * @param files The configuration of each node.
 * @param directory Where is kept who was seen, so that a restart of this program forgets nobody.
 * @returns Who was made anew in the configuration of a node since it was asked last: who was gone and is back, or has
 * another id or password. Being asked again means that all of them have begun.
 */
export function followConfigs(
  files: ReadonlyMap<string, string>,
  directory: string,
): (node: string) => Promise<readonly string[]> {
  const nodes = new Map<string, Followed>();

  return async (node) => {
    const file = files.get(node);
    if (file === undefined) return [];
    const followed = nodes.get(node) ?? { last: undefined, next: undefined };
    nodes.set(node, followed);
    if (followed.next !== undefined) {
      await writeSeen(directory, node, followed.next);
      followed.next = undefined;
    }
    const version = await versionOf(file);
    if (version === undefined || version === followed.last?.version) {
      if (followed.last?.error !== undefined) throw followed.last.error;
      return [];
    }
    const text = await readFile(file, "utf8");
    if ((await versionOf(file)) !== version) return [];
    const users = usersIn(file, text);
    if (users instanceof Error) {
      followed.last = { version, error: users };
      throw users;
    }
    // Read again each time: another collector may have recorded the node meanwhile.
    const { seen, madeAnew } = compareUsers(await readSeen(directory, node), users);
    followed.last = { version, error: undefined };
    followed.next = seen;
    return madeAnew;
  };
}

function usersIn(file: string, text: string): ConfigUsers | Error {
  try {
    return readConfigUsers({ name: file, text });
  } catch (error) {
    // Its own message may show what stands there: a password.
    const line = error instanceof ConfigError ? error.issues[0]?.line : undefined;
    const advice = line === undefined ? "" : `; see its line ${line}`;
    return new Error(`the users in ${file} cannot be read, so they are taken for those before${advice}`);
  }
}

/** What tells one version of a file from another; `undefined` while it may still be written. */
async function versionOf(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true });
  // A pipe would be read until somebody writes.
  if (!found.isFile()) throw new Error(`${file} is no file`);
  const { dev, ino, size, mtimeNs, mtimeMs } = found;
  const ageMs = Date.now() - Number(mtimeMs);
  return ageMs >= 0 && ageMs < settledMs ? undefined : `${dev} ${ino} ${size} ${mtimeNs}`;
}
