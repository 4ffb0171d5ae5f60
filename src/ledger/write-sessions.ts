import { randomUUID } from "node:crypto";
import type { LedgerWrite, StoredNode } from "./store.ts";

/**
 * Marks from which revision on a writer, or the merges of an open ledger, wrote a node, so that a copy that goes on by
 * itself can be told. A database may be put back under an open ledger: then it stands before what was written here.
 */
export class WriteSessions {
  /** The highest revision written here, by node. */
  readonly #written = new Map<number, number>();

  /** In a transaction that writes a revision. */
  async begin(tx: LedgerWrite, { id, revision: before }: StoredNode, revision: number): Promise<void> {
    const written = this.#written.get(id);
    if (written === undefined || written > before) await tx.addSession(id, { revision, id: randomUUID() });
  }

  /** Once such a transaction is committed. */
  wrote(node: number, revision: number): void {
    this.#written.set(node, revision);
  }
}
