import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { StatsError } from "../../errors/stats-error.ts";
import type { ChangesJson } from "../../ledger/exchange/changes-json.ts";
import { writeDurably } from "./write-durably.ts";

/** How many bodies are kept aside; a sender that would need more stops at the next one, and loses nothing by that. */
export const mostRefusedBodies = 1000;

/** A body that was kept aside. */
export interface KeptBody {
  /** What is to be posted. */
  readonly body: { readonly version: 1; readonly changes: ChangesJson };
  /** What the hub answered. */
  readonly status: number;
  /** Why it was refused. */
  readonly reason: string;
}

/**
 * Keeps a body in a directory. The same rows and entries again are the same file.
 *
 * @returns The file; `undefined` where the directory is full.
 */
export async function keepRefused(directory: string, { body, status, reason }: KeptBody): Promise<string | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const name = `${hashOf(body.changes)}.json`;
  const there = await namesIn(directory);
  if (!there.includes(name) && there.length >= mostRefusedBodies) return undefined;
  const file = join(directory, name);
  await writeDurably(file, `${JSON.stringify({ status, reason, body })}\n`);
  return file;
}

/** The files of bodies that were kept aside, in no order; none where there is no directory. */
export async function refusedFiles(directory: string): Promise<string[]> {
  return (await namesIn(directory)).map((name) => join(directory, name));
}

/** Reads what {@link keepRefused} wrote. @throws StatsError `malformed` of another file. */
export async function readRefused(file: string): Promise<KeptBody> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as KeptBody;
    if (kept.body.version !== 1 || !Array.isArray(kept.body.changes.nodes) || kept.body.changes.nodes.length === 0)
      throw new TypeError("it is another file");
    return kept;
  } catch (cause) {
    throw new StatsError("malformed", `${file} is no body that was kept aside`, {
      cause,
      advice: "Move it elsewhere; nothing else belongs into this directory.",
    });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Of what is in it: a sweep that is sent again has another id. */
function hashOf({ ledger, nodes }: ChangesJson): string {
  const content = nodes.map((node) => [node.ledger, node.node, node.counters, node.usage, node.entries]);
  return createHash("sha256")
    .update(JSON.stringify([ledger, content]))
    .digest("hex")
    .slice(0, 32);
}
