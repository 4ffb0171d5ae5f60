import { readCorrections } from "./answer/read-corrections.ts";
import type { LedgerRead } from "./store.ts";

/** A node of a ledger, see `Ledger.nodes`. */
export interface LedgerNode {
  /** Its name as it was recorded. */
  readonly node: string;
  /** The name it is shown by: another one where it has an alias. */
  readonly shownAs: string;
  /** The id of the ledger that recorded it: what `retract` and `replace` are told. */
  readonly ledger: string;
  /**
   * - `own`: this ledger records it
   * - `merged`: another ledger does, and its rows come here
   * - `sealed`: nothing is added to it any more; its rows count
   */
  readonly state: "own" | "merged" | "sealed";
  /** Whether its rows are left out of answers, see `Ledger.retract`. */
  readonly retracted: boolean;
}

/** The nodes of a ledger, by name, then by who recorded them. */
export async function listNodes(tx: LedgerRead): Promise<LedgerNode[]> {
  const { nodeOf, isRetracted } = await readCorrections(tx, { from: undefined, to: undefined, asOf: undefined });
  const keyOf = ({ node, ledger }: LedgerNode): string => JSON.stringify([node, ledger]);
  return (
    (await tx.nodes())
      // The one without a name holds what is about no node.
      .filter(({ name }) => name !== "")
      .map((each) => ({
        ...{ node: each.name, shownAs: nodeOf(each.name), ledger: each.ledger },
        ...{ state: each.state, retracted: isRetracted(each) },
      }))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  );
}
