import type { LedgerGap } from "../ledger/gap.ts";

/**
 * How it stands with a node.
 *
 * - `recording`: its readings are recorded
 * - `standby`: another collector records it; this one waits for its end
 * - `claim-lost`: another took it over, as `drain` does for a moment; this one claims it again
 * - `unreachable`: it cannot be read
 * - `unrecorded`: it is read, and the ledger or sink cannot take it; the next reading that is recorded makes up for it
 * - `clock`: the wall clock stepped; nothing is booked until it is right, and nothing is lost by that
 * - `other-core`: another core answers at its address; nothing is booked
 * - `stopped`: nothing is recorded any more
 */
export type NodeState =
  | "recording"
  | "standby"
  | "claim-lost"
  | "unreachable"
  | "unrecorded"
  | "clock"
  | "other-core"
  | "stopped";

/** A node's state changed; polls that change nothing are not told. */
export interface NodeStateEvent {
  /** The state it is in now. */
  readonly kind: NodeState;
  /** The node's name. */
  readonly node: string;
  /** When this was noticed. */
  readonly at: Date;
  /** Why; `undefined` where all is well. With `stopped`: why there is no last reading of it. */
  readonly error: Error | undefined;
}

/**
 * A reading that does not go on where the last one ended; a gap follows.
 *
 * - `restarted`: the node's core began anew
 * - `new-base`: the node's address or kind is another one, or its ledger was restored: it is counted from here on
 */
export interface NodeRestartEvent {
  /** Which of both. */
  readonly kind: "restarted" | "new-base";
  /** The node's name. */
  readonly node: string;
  /** When this was noticed. */
  readonly at: Date;
}

/** A gap was written into the ledger. */
export interface NodeGapEvent {
  /** Always this. */
  readonly kind: "gap";
  /** The node's name. */
  readonly node: string;
  /** When this was noticed. */
  readonly at: Date;
  /** Which window, why, and what bounds it. */
  readonly gap: LedgerGap;
}

/** A user was made anew: what is booked from here on is a generation of its own. */
export interface NodeGenerationEvent {
  /** Always this. */
  readonly kind: "generation";
  /** The node's name. */
  readonly node: string;
  /** When it began. */
  readonly at: Date;
  /** Whose counters began anew. */
  readonly user: string;
}

/** Something beside the readings went wrong; it is tried again, and told once until it is well. */
export interface CollectorTroubleEvent {
  /** Always this. */
  readonly kind: "trouble";
  /** The node's name; `undefined` where it is about the ledger as a whole. */
  readonly node: string | undefined;
  /** When this was noticed. */
  readonly at: Date;
  /** What was tried: to learn which users were made anew, to let one begin anew, to pack the ledger. */
  readonly task: "made-anew" | "generation" | "pack";
  /** Why it did not go. */
  readonly error: Error;
}

/** What a collector tells; new kinds may come in a minor release. */
export type CollectorEvent =
  | NodeStateEvent
  | NodeRestartEvent
  | NodeGapEvent
  | NodeGenerationEvent
  | CollectorTroubleEvent;
