import type { Held, PackedDay, Receipt, Session, StoredCounter, StoredNode, StoredRaw } from "../store.ts";

/** Unpacked bytes of a counter in one quarter hour. */
interface Row {
  readonly bytes: bigint;
  readonly revision: number;
}

/** A counter and all its rows. */
export interface KeptCounter {
  stored: StoredCounter & { readonly node: number };
  raw: StoredRaw | undefined;
  /** By quarter. */
  readonly usage: Map<number, Row>;
  /** By day. */
  readonly packed: Map<number, PackedDay>;
  /** Totals of packed days, by month. */
  readonly months: Map<number, bigint>;
}

/** A node and what is not of its counters. */
export interface KeptNode {
  stored: StoredNode;
  sessions: readonly Session[];
  readonly held: Map<string, Held>;
  readonly receipts: Map<string, Receipt>;
}
