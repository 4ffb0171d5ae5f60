import { LedgerError } from "./ledger-error.ts";
import type { LedgerWrite, StoredNode } from "./store.ts";

/**
 * A node that is recorded here, made where there is none, and locked.
 *
 * @throws {@link LedgerError} `sealed` or `other-ledger` where nothing may be added to it here.
 */
export async function nodeToWrite(tx: LedgerWrite, name: string): Promise<StoredNode> {
  const node = await tx.ownNode(name);
  if (node.state !== "own")
    throw new LedgerError("sealed", `${name} was moved to another ledger`, {
      advice: "Record it there, or under another name.",
    });
  // Of this and a merge that are the first of a name at the same instant, one sees the other.
  if (node.revision === 0) await tx.ownNode("");
  if ((await tx.nodesNamed([name])).some(({ id }) => id !== node.id)) throw recordedElsewhere(name);
  return node;
}

export function recordedElsewhere(node: string): LedgerError {
  return new LedgerError("other-ledger", `another ledger records ${node}, and this one holds what came from it`, {
    advice: "Record it there, or under another name.",
  });
}
