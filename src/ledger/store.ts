/** A node as one ledger recorded it. */
export interface StoredNode {
  readonly id: number;
  /** Which ledger recorded it: this one, or another whose rows were merged. */
  readonly ledger: string;
  readonly name: string;
  /** `own`: recorded here; `merged`: another ledger records it; `sealed`: nothing is added to it any more. */
  readonly state: "own" | "merged" | "sealed";
  /** Rises with every write about it, under its lock. */
  readonly revision: number;
  /** Rises whenever a counter of it is added or renamed. */
  readonly names: number;
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
export type NodeChange = {
  readonly [Key in "state" | "revision" | "token" | "holder" | "heartbeat" | "base"]?: StoredNode[Key];
};

/** A counter of a node. */
export interface StoredCounter {
  /** Unique in its node; in some stores in the whole ledger. */
  readonly id: number;
  /** `core` where it is proven; else what told of it. */
  readonly source: string;
  /** Its name in the core. */
  readonly name: string;
  /** Rises where a user begins anew. */
  readonly generation: number;
}

/** A counter to add. */
export type NewCounter = Omit<StoredCounter, "id">;

/** What a counter showed last in the core's present life. */
export interface StoredRaw {
  readonly counter: number;
  readonly value: bigint;
  /** When a reading held it last, where the last one did not: ms since 1970. */
  readonly missingSince: number | undefined;
}

/** Bytes of a node's counters in one quarter hour, counters ascending. */
export interface UsageColumns {
  /** Quarter hours of UTC since 1970. */
  readonly quarter: number;
  /** Which counters. */
  readonly counters: readonly number[];
  /** How much of each. */
  readonly bytes: readonly bigint[];
}

/** A row of a node's usage that changed. */
export interface ChangedUsage {
  readonly quarter: number;
  readonly counter: number;
  readonly bytes: bigint;
}

/** All quarters of one UTC day of a counter in one row, see `day-parts.ts`. */
export interface PackedDay {
  readonly counter: number;
  readonly total: bigint;
  readonly parts: Uint8Array;
  /** The highest of what was packed into it. */
  readonly revision: number;
}

/** Which counters are asked for: all of these nodes, or of one node these, ascending. */
export type CounterChoice = NodeChoice | { readonly node: number; readonly counters: readonly number[] };

/** All counters of these nodes. */
export interface NodeChoice {
  readonly nodes: readonly number[] | "all";
}

/** What counters moved, row by row. */
export interface CounterSums {
  readonly nodes: readonly number[];
  readonly counters: readonly number[];
  /** Numbers as long as these are exact: bigints cost several times as much. */
  readonly bytes: readonly (number | bigint)[];
}

/** Quarters of one packed day, counter by counter. */
export interface PackedParts {
  readonly nodes: readonly number[];
  readonly counters: readonly number[];
  /** How many bytes of `parts` are of each counter. */
  readonly lengths: readonly number[];
  /** One after the other, see `day-parts.ts`. */
  readonly parts: Uint8Array;
}

/** Which rows are summed: unpacked ones by quarter, totals of packed days, or of months of packed days. */
export interface SummedRows {
  readonly of: "quarters" | "days" | "months";
  /** Counted since 1970, UTC. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** One entry of the append-only book: a gap, a correction, a late note. */
export interface StoredEntry {
  /** Random. */
  readonly id: string;
  /** The node it is about. */
  readonly node: number;
  /** What it is: `gap`, `late`, `adjust` and others. */
  readonly kind: string;
  /** When it was written, ms since 1970. */
  readonly at: number;
  /** When the window that it touches begins, ms since 1970. */
  readonly from: number;
  /** When it ends. */
  readonly to: number;
  /** Everything else, as JSON. */
  readonly body: string;
}

/** Which entries are asked for; what is absent does not limit. */
export interface EntryChoice {
  readonly nodes?: readonly number[] | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** Those whose window touches `from` to `to`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Those of a revision above this one. */
  readonly since?: number | undefined;
}

/** How far a receiver holds the rows of a node from one sender. */
export interface Held {
  /** The sender's ledger, which may have recorded the node or merged it. */
  readonly sender: string;
  /** The sender's revision up to which all is held. */
  readonly revision: number;
  /** The sender's last sessions up to there, or how far a sweep of it came, as JSON; see `exchange/held.ts`. */
  readonly session: string;
}

/** From this revision on a node was written by one process that held its claim. */
export interface Session {
  /** The first one that it wrote. */
  readonly revision: number;
  /** Random. */
  readonly id: string;
}

/** A note that something without proof came in. Times are ms since 1970. */
export interface Receipt {
  readonly source: string;
  readonly key: string;
  readonly at: number;
  /** When it may be forgotten; `undefined` for never. */
  readonly until: number | undefined;
}

/** What can be read in one transaction: everything as of one moment. */
export interface LedgerRead {
  /** This ledger's own id: it changes where the ledger turns out to be a copy. */
  ledgerId(): Promise<string>;
  nodes(): Promise<readonly StoredNode[]>;
  /** Those of these names that are not sealed; nothing is locked. */
  nodesNamed(names: readonly string[]): Promise<readonly StoredNode[]>;
  /** How many ledgers recorded a node of this name, sealed ones too. */
  ledgersOf(name: string): Promise<number>;
  counters(node: number): Promise<readonly StoredCounter[]>;
  /** The ids of these counters, in their order; `undefined` where there is none. */
  counterIds(node: number, counters: readonly NewCounter[]): Promise<readonly (number | undefined)[]>;
  /** Those of these names, of each source and generation, by their ids. */
  countersNamed(node: number, names: readonly string[]): Promise<readonly StoredCounter[]>;
  /** What counters show, of these alone where some are given. */
  raws(node: number, counters?: readonly number[]): Promise<readonly StoredRaw[]>;
  sessions(node: number): Promise<readonly Session[]>;
  held(node: number): Promise<readonly Held[]>;

  /** Gives sums of counters, of which one may come several times; those that have no rows are left out. */
  sums(choice: CounterChoice, rows: SummedRows, take: (sums: CounterSums) => void): Promise<void>;
  /** The quarters of packed rows of one day; unpacked bytes of the day come on top of them. */
  packedParts(choice: CounterChoice, day: number): Promise<PackedParts>;
  /** Packed rows of one day, by node and counter; unpacked bytes of the day come on top of them. */
  packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]>;
  /** Unpacked bytes of these counters, ascending, in one quarter; 0 where there are none. */
  usageOf(node: number, quarter: number, counters: readonly number[]): Promise<readonly bigint[]>;
  /** The first quarter with usage, and the one after the last; `undefined` where there is none. */
  extent(): Promise<{ readonly from: number; readonly to: number } | undefined>;

  /** The quarters with unpacked rows of a node, ascending, and the highest revision in each. */
  quarters(node: number): Promise<readonly { readonly quarter: number; readonly revision: number }[]>;
  /** The days with packed rows of a node, ascending, and the highest revision in each. */
  packedDays(node: number): Promise<readonly { readonly day: number; readonly revision: number }[]>;
  /**
   * Unpacked rows of one quarter with `since` < revision ≤ `upTo`, of counters above `after`, ascending, at most
   * `limit`.
   */
  changedUsage(
    node: number,
    quarter: number,
    range: { readonly since: number; readonly upTo: number; readonly after: number; readonly limit: number },
  ): Promise<readonly ChangedUsage[]>;

  /** Entries by the beginning of their window, then by id. */
  entries(choice: EntryChoice): Promise<readonly StoredEntry[]>;
}

/** What can be written in one transaction: all of it or nothing, alone on the node. */
export interface LedgerWrite extends LedgerRead {
  /** The ledger is another one from here on; what it recorded so far stays under the old id. */
  setLedgerId(id: string): Promise<void>;
  /** The node of this name that is recorded here, made where there is none, and locked until the end. */
  ownNode(name: string): Promise<StoredNode>;
  /** A node as this ledger recorded it, made as `merged` where there is none, and locked until the end. */
  nodeOf(ledger: string, name: string): Promise<StoredNode>;
  changeNode(id: number, change: NodeChange): Promise<void>;
  addSession(node: number, session: Session): Promise<void>;
  setHeld(node: number, held: Held): Promise<void>;

  /** Adds counters and answers with their ids, which rise. */
  addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]>;
  renameCounter(node: number, counter: number, name: string): Promise<void>;
  /** Sets what counters show, ids ascending; they are missing no longer. */
  setRaws(node: number, counters: readonly number[], values: readonly bigint[]): Promise<void>;
  setMissing(node: number, counters: readonly number[], since: number): Promise<void>;
  /** Nothing is known any more of what these counters show, or all of the node, as in a core's new life. */
  forgetRaws(node: number, counters: readonly number[] | "all"): Promise<void>;

  /** Raises unpacked rows to these bytes, where they are lower. @returns How many were. */
  raiseUsage(node: number, revision: number, usage: UsageColumns): Promise<number>;
  /** Adds bytes to unpacked rows. */
  addUsage(node: number, revision: number, usage: UsageColumns): Promise<void>;
  /** Unpacked rows of one day, of counters from `first` to `last`, with their revisions. */
  unpacked(
    node: number,
    day: number,
    first: number,
    last: number,
  ): Promise<readonly (ChangedUsage & { readonly revision: number })[]>;
  /**
   * Puts packed rows in the place of those of their counters, and takes the day's unpacked rows of all counters from
   * `first` to `last` away. `added` is what the months' totals grow by.
   */
  pack(
    node: number,
    day: number,
    range: { readonly first: number; readonly last: number },
    rows: readonly PackedDay[],
    added: { readonly month: number; readonly counters: readonly number[]; readonly bytes: readonly bigint[] },
  ): Promise<void>;

  /** Adds entries whose ids are not known. @returns How many that were. */
  addEntries(revision: number, entries: readonly StoredEntry[]): Promise<number>;
  /** Puts another body in the place of an entry's, and leaves no trace of the old one: for erased names alone. */
  rewriteEntry(node: number, id: string, body: string): Promise<void>;
  /**
   * Notes that something without proof came in, and forgets receipts that have run out.
   *
   * @returns When the same came before, `undefined` where it did not.
   */
  addReceipt(node: number, receipt: Receipt): Promise<number | undefined>;
}

/** Where a ledger keeps its rows. */
export interface LedgerStore {
  /**
   * Runs work in one transaction that is durable when it resolves. The work may run again after a failure that another
   * transaction caused, so it must not change anything else.
   */
  write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result>;
  read<Result>(work: (tx: LedgerRead) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
