import type { NewCounter, Session, StoredEntry, UsageColumns } from "../store.ts";

/**
 * What one ledger sends to another: plain data, for `Ledger.merge`. Usage is absolute, so that lost, repeated, late and
 * shuffled changes do no harm. `changesJson` makes JSON of it.
 */
export interface SentChanges {
  /** The sender's id. */
  readonly ledger: string;
  /** What changed, node by node. */
  readonly nodes: readonly NodeChanges[];
}

/** What changed in a ledger since a cursor. */
export interface LedgerChanges extends SentChanges {
  /** To ask for what comes next, once all of this is merged. */
  readonly cursor: ChangeCursor;
  /** Whether this was all there was. */
  readonly complete: boolean;
}

/** What changed of one node. */
export interface NodeChanges {
  /** The ledger that recorded it: the sender, or one whose rows the sender merged. */
  readonly ledger: string;
  /** Its name; empty for entries that are about no node. */
  readonly node: string;
  /**
   * - `growing`: more may come
   * - `sealed`: the sender takes no more of it, another ledger took its place
   * - `given-up`: the sender turned out to be a copy; it sends what was recorded before it was copied
   */
  readonly state: "growing" | "sealed" | "given-up";
  /** Whether the sender records it, or has it from another ledger. */
  readonly recorded: boolean;
  /** Ledgers that this one was before it turned out to be a copy. */
  readonly replaces: readonly ReplacedLedger[];
  /** The sender's revision after which all changes are in this part, or in others of the same sweep. */
  readonly since: number;
  /** The sender's revision up to which they are. */
  readonly upTo: number;
  /** Where this part begins and ends in its sweep. */
  readonly part: SweepPart;
  /** The sender's session at `since`, and those that began from there to `upTo`. */
  readonly sessions: readonly Session[];
  /** Counters that the rows are of. */
  readonly counters: readonly NewCounter[];
  /** Absolute bytes by quarter hour; `counters` are indices into the list above. */
  readonly usage: readonly UsageColumns[];
  /** Entries of the append-only book. */
  readonly entries: readonly ChangedEntry[];
  /** What `parseChangesJson` left out of these changes: `merge` names it in its answer. Absent where all of it is here. */
  readonly left?: readonly LeftOut[] | undefined;
}

/** One entry of the append-only book, see `StoredEntry`. */
export type ChangedEntry = Omit<StoredEntry, "node">;

/** A part of all changes of a node from one revision to another. */
export interface SweepPart {
  /** Which sweep: random. */
  readonly sweep: string;
  /** Where it begins; empty at the sweep's beginning. */
  readonly from: string;
  /** Where it ends; `undefined` at the sweep's end. */
  readonly to: string | undefined;
}

/** A ledger's id that was given up, and how a receiver knows that nobody recorded on under it. */
export interface ReplacedLedger {
  /** The id that was given up. */
  readonly ledger: string;
  /** What is held up to here was recorded before the copy was made. */
  readonly revision: number;
  /** What a receiver held when the id was given up: all of that was recorded before. */
  readonly seen: SeenRevision;
}

/** How far a receiver held a ledger. */
export interface SeenRevision {
  /** Its revision. */
  readonly revision: number;
  /** Ids of its sessions up to there. */
  readonly sessions: readonly string[];
}

/** How far changes are taken. Plain JSON; what is in it is the ledger's own. */
export interface ChangeCursor {
  /** Whose changes. */
  readonly ledger: string;
  /** How far those of each node. */
  readonly nodes: readonly CursorNode[];
  /** The node that was sent last: others come first. */
  readonly last?: Pick<CursorNode, "ledger" | "node"> | undefined;
}

/** How far changes of a node are taken. */
export interface CursorNode {
  /** The ledger that recorded it. */
  readonly ledger: string;
  /** Its name. */
  readonly node: string;
  /** The sender's revision up to which all is taken. */
  readonly revision: number;
  /** A sweep over several parts, and where it goes on. */
  readonly sweep?: OpenSweep | undefined;
}

/** A sweep that has not ended. */
export interface OpenSweep {
  /** Which one: random. */
  readonly id: string;
  /** The sender's revision up to which it goes. */
  readonly upTo: number;
  /** Where it goes on. */
  readonly at: string;
}

/** Options of `Ledger.changes`. */
export interface ChangesOptions {
  /** What is taken already. @defaultValue nothing */
  readonly since?: ChangeCursor | undefined;
  /** About how many rows at most. @defaultValue 10000 */
  readonly limit?: number | undefined;
  /** Nodes of this name alone, and entries about no node. */
  readonly node?: string | undefined;
}

/** What a receiver holds of a sender: where an exchange begins. */
export interface LedgerHeld {
  /** The receiver's id. */
  readonly ledger: string;
  /** The sender's. */
  readonly sender: string;
  /** How much of each node. */
  readonly nodes: readonly HeldNode[];
}

/** How far a receiver holds a node's changes from a sender. */
export interface HeldNode {
  /** The ledger that recorded it. */
  readonly ledger: string;
  /** Its name. */
  readonly node: string;
  /** The sender's revision up to which all is held. */
  readonly revision: number;
  /** The sender's last sessions up to there, the last one last. */
  readonly sessions: readonly Session[];
}

/** Options of `Ledger.merge`. */
export interface MergeOptions {
  /** An operator's word that the sender takes the place of the ledger that recorded a node so far; that one is sealed. */
  readonly replace?: boolean | undefined;
  /** What an untrusted sender may bring: this node alone, and entries of these kinds. @defaultValue everything */
  readonly allow?: AllowedChanges | undefined;
  /** Rows that are above this line rate for their quarter hour are kept aside. @defaultValue no limit */
  readonly maxBytesPerSecond?: number | undefined;
}

/** What an untrusted sender may bring. */
export interface AllowedChanges {
  /** Usage, gaps and notes of this node alone. */
  readonly node: string;
  /** Entries of these kinds; those of people are about no node. */
  readonly entries: readonly string[];
}

/** What became of changes. */
export interface MergeResult {
  /** In the order of the changes. */
  readonly nodes: readonly NodeMerge[];
  /** What is held now of the nodes that came, for the sender's `reconcile`. */
  readonly held: LedgerHeld;
}

/**
 * Why a node's changes were refused. New words may come in a minor release.
 *
 * - `other-ledger`: another ledger records the node; an operator may say `replace`
 * - `sealed`: another ledger took its place
 * - `own`: the node is recorded here, so these can only be its own changes, or those of a copy
 * - `diverged`: the sender is a restored or copied ledger; it finds that out by `reconcile`
 * - `rewind`: changes before these are missing, and it cannot be told who sent them; `reconcile` rewinds
 * - `not-allowed`: the sender may not bring this node
 */
export type MergeRefusal = "other-ledger" | "sealed" | "own" | "diverged" | "rewind" | "not-allowed";

/** What became of one node's changes. */
export interface NodeMerge {
  /** The ledger that recorded it. */
  readonly ledger: string;
  /** Its name. */
  readonly node: string;
  /** Why nothing of it was taken; `undefined` where it was. */
  readonly refused: MergeRefusal | undefined;
  /** Rows that grew. */
  readonly rows: number;
  /** Entries that were new. */
  readonly entries: number;
  /** Rows and entries that were held already. */
  readonly unchanged: number;
  /** Rows above the line rate, in entries of kind `aside`. */
  readonly aside: number;
  /** Single rows and entries that were left out, and why. */
  readonly left: readonly LeftOut[];
}

/** A row, a counter with all its rows, or an entry that was not taken. */
export interface LeftOut {
  /** The entry's id, or the counter's name; where it has none that could be shown, its place, such as `usage[2]`. */
  readonly item: string;
  /**
   * - `not-allowed`: the sender may not bring entries of this kind
   * - `out-of-range`: a time before 1970 or after 2089, or bytes that are no int64
   * - `malformed`: it is not of the right shape, or the entry's body is not what its kind says
   */
  readonly reason: "not-allowed" | "out-of-range" | "malformed";
}
