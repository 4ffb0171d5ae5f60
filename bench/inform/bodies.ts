import { promisify } from "node:util";
import zlib from "node:zlib";
import type { ChangeCursor } from "../../src/ledger/exchange/changes.ts";
import { changesJson } from "../../src/ledger/exchange/changes-json.ts";
import type { UsageColumns } from "../../src/ledger/store.ts";
import { SimulatedNode } from "../../test/load/simulated-node.ts";

/** A body that a node sends. */
export interface SentBody {
  readonly node: string;
  /** Before compression. */
  readonly plain: Uint8Array;
  readonly zstd: Uint8Array;
  /** The rows in it. */
  readonly usage: readonly UsageColumns[];
}

/** Names as long as people have. */
export function userNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `user${String(at).padStart(6, "0")}@example.com`);
}

/** Bodies of nodes, round by round; in each some users of every node moved. */
export class Bodies {
  readonly #nodes: readonly SimulatedNode[];
  readonly #since = new Map<SimulatedNode, ChangeCursor>();

  static async of(names: readonly string[], users: number): Promise<Bodies> {
    const nodes: SimulatedNode[] = [];
    for (const name of names) {
      const all = userNames(users);
      const key = `vstatskey_0000000000_${"0".repeat(43)}`;
      nodes.push(await SimulatedNode.start({ name, users: all, hub: "http://127.0.0.1:1", key, random: Math.random }));
    }
    return new Bodies(nodes);
  }

  private constructor(nodes: readonly SimulatedNode[]) {
    this.#nodes = nodes;
  }

  /** What all nodes send after a share of their users moved. */
  async next(share: number): Promise<readonly SentBody[]> {
    const bodies: SentBody[] = [];
    for (const node of this.#nodes) {
      await node.move(share);
      for (let complete = false; !complete; ) {
        const changes = await node.ledger.changes({ since: this.#since.get(node) });
        this.#since.set(node, changes.cursor);
        complete = changes.complete;
        const plain = Buffer.from(JSON.stringify({ version: 1, changes: changesJson(changes) }));
        const usage = changes.nodes.flatMap((each) => each.usage);
        bodies.push({ node: node.name, plain, zstd: await promisify(zlib.zstdCompress)(plain), usage });
      }
    }
    return bodies;
  }
}
