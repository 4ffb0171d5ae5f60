import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigUsers } from "./config-users.ts";

/** Who was seen in the configuration of one core, by salted hash: neither names nor passwords stay here. */
export interface SeenUsers {
  readonly version: 1;
  readonly salt: string;
  /** The secrets are those of the last version that had the user. */
  readonly users: readonly (readonly [user: string, secrets: readonly string[], presence: "there" | "gone"])[];
}

/** Compares a version of a configuration with what was seen before. */
export function compareUsers(
  before: SeenUsers | undefined,
  now: ConfigUsers,
): { readonly seen: SeenUsers; readonly madeAnew: readonly string[] } {
  const salt = before?.salt ?? randomBytes(16).toString("base64");
  const hash = (text: string): string => createHash("sha256").update(`${salt}\0${text}`).digest("base64");
  const users = new Map<string, SeenUsers["users"][number]>();
  for (const [user, secrets] of before?.users ?? []) users.set(user, [user, secrets, "gone"]);
  const wasThere = new Set(
    (before?.users ?? []).filter(([, , presence]) => presence === "there").map(([user]) => user),
  );
  const madeAnew: string[] = [];
  for (const [name, texts] of now) {
    const user = hash(name);
    const [, former] = users.get(user) ?? [];
    const secrets = Array.from(texts, hash);
    if (former !== undefined && !(wasThere.has(user) && keepsOne(former, secrets))) madeAnew.push(name);
    users.set(user, [user, secrets, "there"]);
  }
  return { seen: { version: 1, salt, users: [...users.values()] }, madeAnew };
}

/** One who has another account besides, or one less, is still the same. */
function keepsOne(former: readonly string[], secrets: readonly string[]): boolean {
  return former.length === 0 || secrets.some((secret) => former.includes(secret));
}

/** The file of a node in a directory: a node may be called anything. */
function fileOf(directory: string, node: string): string {
  return join(directory, `${createHash("sha256").update(node).digest("hex")}.json`);
}

/** Reads who was seen; `undefined` where nobody ever was. */
export async function readSeen(directory: string, node: string): Promise<SeenUsers | undefined> {
  const file = fileOf(directory, node);
  try {
    const seen = JSON.parse(await readFile(file, "utf8")) as SeenUsers;
    if (seen.version !== 1 || !Array.isArray(seen.users)) throw new TypeError("it is of another release");
    return seen;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`who was seen before cannot be read from ${file}: ${(error as Error).message}`);
  }
}

/** Writes who was seen: all of it or nothing. */
export async function writeSeen(directory: string, node: string, seen: SeenUsers): Promise<void> {
  const file = fileOf(directory, node);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(seen));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
