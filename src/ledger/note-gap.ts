import { randomUUID } from "node:crypto";
import { nextRevision } from "./corrections.ts";
import { storeOf } from "./exchange/stores.ts";
import { type GapBetween, gapEntry, gapOf } from "./gap.ts";
import type { Ledger } from "./ledger.ts";

/** A gap that somebody else than a writer found. */
export interface FoundGap extends GapBetween {
  /** Tells it from all others: the same id again is not written. */
  readonly id: string;
  /** The node's name. */
  readonly node: string;
}

const sessions = new WeakMap<Ledger, string>();

/**
 * Writes a gap of a node that is recorded here into the gap book, once.
 *
 * @throws TypeError of a ledger that this package did not open.
 */
export async function noteGap(ledger: Ledger, { id, node, ...gap }: FoundGap): Promise<void> {
  const session = sessions.get(ledger) ?? randomUUID();
  sessions.set(ledger, session);
  await storeOf(ledger).write(async (tx) => {
    const stored = await tx.ownNode(node);
    const entry = gapEntry(stored.id, new Date(), { ...gapOf(node, gap), id });
    await tx.addEntries(await nextRevision(tx, stored, session), [entry]);
  });
}
