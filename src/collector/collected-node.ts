import type { CallOptions } from "../client/deadline.ts";
import { StatsClient } from "../client/stats-client.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { longestAnswerBytes } from "./longest-answer.ts";

/** A core as a collector reads it; a `StatsClient` fits. */
export interface SnapshotSource {
  /** Reads all counters; stops when the signal is aborted. */
  snapshot(options: CallOptions): Promise<Snapshot>;
}

/** A core and its operator's name for it. */
export interface CollectedNode {
  /** Under what its usage is kept. It stays the same when the address changes. */
  readonly name: string;
  /**
   * Its client, which stays open, or the address for one: `host:port`, `unix:/path`, `https://host:port`. By address
   * answers of up to 256 MiB are taken.
   */
  readonly core: SnapshotSource | string;
}

/** A node whose core can be read. */
export interface OpenNode {
  readonly name: string;
  readonly source: SnapshotSource;
}

/** Nodes with their clients. */
export interface OpenNodes extends AsyncDisposable {
  readonly nodes: readonly OpenNode[];
}

/**
 * Makes clients for the nodes that are given by address; ending this closes them.
 *
 * @throws TypeError for no nodes, a name that is empty or there twice, and an address that is none.
 */
export function openNodes(nodes: readonly CollectedNode[]): OpenNodes {
  if (!Array.isArray(nodes) || nodes.length === 0) throw new TypeError("nodes must be an array of at least one node");
  const names = new Set<string>();
  for (const { name } of nodes) {
    if (typeof name !== "string" || name === "" || !name.isWellFormed())
      throw new TypeError("a node's name must be a text that is not empty");
    if (names.has(name)) throw new TypeError(`there are two nodes of the name ${JSON.stringify(name)}`);
    names.add(name);
  }
  const clients: StatsClient[] = [];
  const opened = nodes.map(({ name, core }: CollectedNode): OpenNode => {
    if (typeof core !== "string") return { name, source: core };
    const client = new StatsClient(core, { maxBytes: longestAnswerBytes });
    clients.push(client);
    return { name, source: client };
  });
  return {
    nodes: opened,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close();
    },
  };
}
