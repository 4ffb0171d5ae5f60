/** A node as a store keeps it. Its revision rises with every write about it, under its lock. */
export interface StoredNode {
  readonly id: number;
  readonly name: string;
  readonly revision: number;
  /** Rises with every take-over of the claim; writers of older tokens are refused. */
  readonly token: number;
  /** Who holds the claim, as JSON; `undefined` where it was released. */
  readonly holder: string | undefined;
  /** Rises with every sign of life of the holder. */
  readonly heartbeat: number;
  /** Evidence of the last recorded reading, as JSON; `undefined` before the first. */
  readonly base: string | undefined;
}

/** What may change of a node; what is absent stays. */
export type NodeChange = { readonly [Key in keyof Omit<StoredNode, "id" | "name">]?: StoredNode[Key] };

/** A counter of a node. */
export interface StoredCounter {
  readonly id: number;
  readonly source: string;
  readonly name: string;
  readonly generation: number;
  /** What it showed last in the core's present life; `undefined` where it was not seen in that. */
  readonly raw: bigint | undefined;
  /** When a reading held it last, where the last one did not: ms since 1970. */
  readonly missingSince: number | undefined;
}

/** A counter to add. */
export interface NewCounter {
  readonly source: string;
  readonly name: string;
  readonly generation: number;
}

/** Bytes of counters in one quarter hour, counters ascending. */
export interface UsageColumns {
  readonly quarter: number;
  readonly counters: readonly number[];
  readonly bytes: readonly bigint[];
}

/** One entry of the append-only book: a gap, a correction, a late note. */
export interface StoredEntry {
  readonly id: string;
  readonly node: number;
  readonly kind: string;
  /** The window it touches, ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** Everything else, as JSON. */
  readonly body: string;
}

/** What can be read in one transaction: everything as of one moment. */
export interface LedgerRead {
  nodes(): Promise<readonly StoredNode[]>;
  counters(node: number): Promise<readonly StoredCounter[]>;
  /** Sums of counters over quarters `from` to `to` (not included): of these alone, or of all; those of nothing left out. */
  sums(from: number, to: number, counters: readonly number[] | "all"): Promise<readonly CounterSum[]>;
  /** Entries whose window touches `from` to `to`, by their beginning. */
  entries(from: number, to: number): Promise<readonly StoredEntry[]>;
  /** The first and the last quarter with usage; `undefined` where there is none. */
  extent(): Promise<{ readonly first: number; readonly last: number } | undefined>;
}

/** What a counter moved in a time. */
export interface CounterSum {
  readonly counter: number;
  readonly bytes: bigint;
}

/** What can be written in one transaction: all of it or nothing, alone on the node. */
export interface LedgerWrite extends LedgerRead {
  /** The node of this name, made where there is none, and locked until the end. */
  node(name: string): Promise<StoredNode>;
  changeNode(id: number, change: NodeChange): Promise<void>;
  /** Adds counters and answers with their ids, which rise. */
  addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]>;
  /** Sets what counters show, ids ascending; they are missing no longer. */
  setRaws(node: number, counters: readonly number[], raws: readonly bigint[]): Promise<void>;
  /** The core has a new life: nothing of the old one's counters is known in it. */
  forgetRaws(node: number): Promise<void>;
  setMissing(node: number, counters: readonly number[], since: number): Promise<void>;
  /** Adds bytes to usage. */
  addUsage(revision: number, usage: UsageColumns): Promise<void>;
  addEntries(revision: number, entries: readonly StoredEntry[]): Promise<void>;
}

/** Where a ledger keeps its rows. */
export interface LedgerStore {
  /** This ledger's own id. */
  readonly ledgerId: string;
  /** Runs work in one transaction that is durable when it resolves; after a serialisation failure once more. */
  write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result>;
  read<Result>(work: (tx: LedgerRead) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
