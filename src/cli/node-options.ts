import type { CollectedNode } from "../collector/collected-node.ts";
import { longestAnswerBytes } from "../collector/longest-answer.ts";
import { readClientOptions, type ServerOptions } from "./server-options.ts";
import { UsageError } from "./usage-error.ts";

/** The flag of every command that takes named cores, for commander. */
export const nodeFlag = ["--node <name=address>", "a core and its name in the ledger; may be repeated"] as const;

/** Gathers a flag that may be repeated. */
export function repeated(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** Nodes with clients, which end with this. */
export interface CliNodes extends AsyncDisposable {
  readonly nodes: readonly CollectedNode[];
}

/** Makes clients for nodes given as `name=address`. */
export async function openNodeFlags(texts: readonly string[], flags: ServerOptions): Promise<CliNodes> {
  const { tls, ...given } = await readClientOptions(flags);
  const options = { ...given, maxBytes: longestAnswerBytes };
  const named = texts.map(parseNode);
  const names = new Set(named.map(({ name }) => name));
  if (names.size < named.length) throw new UsageError("two nodes have one name");
  // Connect takes longer to load than the rest: only where a core is asked.
  const { StatsClient } = await import("../client/stats-client.ts");
  const nodes = named.map(({ name, address }) => {
    try {
      const secure = address.startsWith("https://");
      return { name, core: new StatsClient(address, secure ? { ...options, tls } : options) };
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  });
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      for (const { core } of nodes) await core.close();
    },
  };
}

/** Reads a flag `name=file`, repeated, of nodes that are there. */
export function parseNodeFiles(
  flag: string,
  texts: readonly string[],
  nodes: readonly CollectedNode[],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1 || at === text.length - 1) throw new UsageError(`${flag} is written NAME=FILE`);
    const name = text.slice(0, at);
    assertNode(flag, name, nodes);
    if (files.has(name)) throw new UsageError(`${flag} is there twice for ${name}`);
    files.set(name, text.slice(at + 1));
  }
  return files;
}

/** @throws UsageError where a flag names a node that is none. */
export function assertNode(flag: string, name: string, nodes: readonly CollectedNode[]): void {
  if (!nodes.some((node) => node.name === name)) throw new UsageError(`${flag} names ${name}, and no --node does`);
}

function parseNode(text: string): { readonly name: string; readonly address: string } {
  const at = text.indexOf("=");
  // An address may hold a password, so it is not shown.
  if (at < 1 || at === text.length - 1)
    throw new UsageError("a node is written NAME=ADDRESS, as fra-1=127.0.0.1:10085");
  return { name: text.slice(0, at), address: text.slice(at + 1) };
}
