import type { LedgerWrite, NodeChange, StoredNode } from "../store.ts";
import type { ReplacedLedger } from "./changes.ts";

/** Why a node that was recorded here is no more; kept in the place of the claim's holder. */
export type Seal =
  | { readonly sealed: "replaced" }
  | { readonly sealed: "moved"; readonly to: string }
  | ({ readonly sealed: "given-up" } & Omit<ReplacedLedger, "ledger">);

/** What a node's seal says; `undefined` of one that is not sealed, or never was recorded here. */
export function sealOf({ state, holder }: StoredNode): Seal | undefined {
  return state === "sealed" && holder !== undefined ? (JSON.parse(holder) as Seal) : undefined;
}

/** Seals a node that this ledger records. Whoever holds its claim has lost it. */
export async function sealOwn(tx: LedgerWrite, node: StoredNode, seal: Seal): Promise<void> {
  const change: NodeChange = {
    state: "sealed",
    token: node.token + 1,
    holder: JSON.stringify(seal),
    heartbeat: node.heartbeat + 1,
  };
  await tx.changeNode(node.id, change);
}
