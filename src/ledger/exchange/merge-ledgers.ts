import type { Ledger } from "../ledger.ts";
import { LedgerError } from "../ledger-error.ts";
import type { ChangeCursor, LedgerChanges, LedgerHeld, MergeOptions, MergeRefusal, MergeResult } from "./changes.ts";

/** Options of {@link mergeLedgers}. */
export interface MergeLedgersOptions extends Pick<MergeOptions, "replace"> {
  /** About how many rows are merged at a time. @defaultValue 10000 */
  readonly limit?: number | undefined;
  /** Is told after each step what was merged so far. */
  readonly onProgress?: ((done: LedgersMerged) => void) | undefined;
  /** Ends it between two steps; what is merged stays so. */
  readonly signal?: AbortSignal | undefined;
}

/** What was merged of a whole ledger. */
export interface LedgersMerged {
  /** Rows that grew. */
  readonly rows: number;
  /** Entries that were new. */
  readonly entries: number;
  /** Nodes of which nothing was taken, and why. */
  readonly refused: readonly RefusedNode[];
}

/** A node of which nothing was taken. */
export interface RefusedNode {
  /** The ledger that recorded it. */
  readonly ledger: string;
  /** Its name. */
  readonly node: string;
  /** Why. */
  readonly reason: MergeRefusal;
}

/** One end of an exchange, as `Ledger` has it. */
export interface ChangeSource {
  id(): Promise<string>;
  reconcile(held: LedgerHeld): Promise<{ readonly since: ChangeCursor }>;
  changes(options: { readonly since: ChangeCursor; readonly limit?: number | undefined }): Promise<LedgerChanges>;
}

/** How often an exchange begins anew, where another one of the same ledgers runs beside it. */
const attempts = 5;

/**
 * Merges all of a ledger into another: what that one holds already stays as it is, so that it may be done again and
 * again, and while the first one records. Memory stays bounded.
 *
 * @throws {@link LedgerError} `other-ledger` where one is a copy of the other under the same id.
 */
export function mergeLedgers(from: Ledger, to: Ledger, options: MergeLedgersOptions = {}): Promise<LedgersMerged> {
  return exchange(from, to, options);
}

export async function exchange(
  from: ChangeSource,
  to: Pick<Ledger, "id" | "held" | "merge">,
  { replace, limit, onProgress, signal }: MergeLedgersOptions,
): Promise<LedgersMerged> {
  let done: LedgersMerged = { rows: 0, entries: 0, refused: [] };
  for (let attempt = 1; ; attempt++) {
    const sender = await from.id();
    if (sender === (await to.id()))
      throw new LedgerError("other-ledger", `both ledgers are ${sender}: one is a copy of the other, or the same`, {
        advice: "Merge both into a third ledger: the one that recorded less there gets an id of its own.",
      });
    let { since } = await from.reconcile(await to.held(sender));
    let again = false;
    const refused = new Map<string, RefusedNode>();
    for (let complete = false; !complete && !again; ) {
      signal?.throwIfAborted();
      const changes = await from.changes({ since, limit });
      // Taken as another one meanwhile: it turned out to be a copy.
      if (changes.ledger !== since.ledger) again = true;
      else {
        const result = await to.merge(changes, { replace });
        for (const { ledger, node, refused: reason } of result.nodes)
          if (reason !== undefined) refused.set(JSON.stringify([ledger, node]), { ledger, node, reason });
        again = result.nodes.some(({ refused: reason }) => reason === "rewind" || reason === "diverged");
        done = { ...sumOf(done, result), refused: [...refused.values()] };
        onProgress?.(done);
        ({ cursor: since, complete } = changes);
      }
    }
    if (!again || attempt === attempts) return done;
  }
}

function sumOf(done: LedgersMerged, { nodes }: MergeResult): LedgersMerged {
  let { rows, entries } = done;
  for (const node of nodes) {
    rows += node.rows;
    entries += node.entries;
  }
  return { ...done, rows, entries };
}
