import type { MergeRefusal } from "../../ledger/exchange/changes.ts";

/**
 * How it stands with a receiver.
 *
 * - `starting`: nothing was pushed yet
 * - `current`: the last push ended with all acknowledged
 * - `unavailable`: it does not answer, or not now; tried again after pauses that grow to a minute
 * - `unreadable`: our own ledger cannot be read or written; tried again in the same way
 * - `denied`: it does not let us in with this key (401, 403), or takes none of our nodes; tried again after long pauses
 * - `wrong-address`: nobody takes bodies there; tried again after long pauses
 * - `blocked`: a body was refused and cannot be kept aside, or the hub is of an older release and takes none; tried
 *   again after long pauses
 * - `stopped`: nothing is sent any more
 */
export type SenderStatus =
  | "starting"
  | "current"
  | "unavailable"
  | "unreadable"
  | "denied"
  | "wrong-address"
  | "blocked"
  | "stopped";

/** The state changed; pushes that change nothing are not told. */
export interface SenderStatusEvent {
  /** The state it is in now. */
  readonly kind: Exclude<SenderStatus, "starting">;
  /** When this was noticed. */
  readonly at: Date;
  /** Why; `undefined` where all is well. */
  readonly error: Error | undefined;
}

/** The receiver takes no changes of a node, or takes them again. */
export interface SenderNodeEvent {
  /** Which of both. */
  readonly kind: "refused" | "accepted";
  /** When this was noticed. */
  readonly at: Date;
  /** The id of the ledger that recorded it, which an operator of the hub names to let it take another's place. */
  readonly ledger: string;
  /** The node's name. */
  readonly node: string;
  /** Why it is refused, and what to do; `undefined` with `accepted`. */
  readonly error: Error | undefined;
}

/** A body that the receiver will never take was kept in a file, for `resendRefused`. */
export interface SenderAsideEvent {
  /** Always this. */
  readonly kind: "aside";
  /** When this was noticed. */
  readonly at: Date;
  /** Where it is kept. */
  readonly file: string;
  /** Why it was refused. */
  readonly error: Error;
}

/** The receiver left single rows or entries of a node out. */
export interface SenderLeftOutEvent {
  /** Always this. */
  readonly kind: "left-out";
  /** When this was noticed. */
  readonly at: Date;
  /** The node's name. */
  readonly node: string;
  /** How many. */
  readonly count: number;
  /** Why the first of them was. */
  readonly reason: string;
}

/**
 * What was found when both sides were compared.
 *
 * - `rewound`: the receiver holds less than it did: it was restored, and gets again what it lacks
 * - `restored`: our ledger is a restored or copied one, and has a new id now; the gap book has `ledger-restored`
 */
export interface SenderComparedEvent {
  /** Which of both. */
  readonly kind: "rewound" | "restored";
  /** When this was noticed. */
  readonly at: Date;
}

/** What a 3x-ui receiver may not have got is in the gap book. */
export interface SenderLossEvent {
  /** Always this. */
  readonly kind: "loss";
  /** When this was noticed. */
  readonly at: Date;
  /** The node's name. */
  readonly node: string;
  /** Why nobody knows. */
  readonly error: Error;
}

/** What a sender tells; new kinds may come in a minor release. */
export type InformSenderEvent =
  | SenderStatusEvent
  | SenderNodeEvent
  | SenderAsideEvent
  | SenderLeftOutEvent
  | SenderComparedEvent
  | SenderLossEvent;

/** A node of which the receiver takes nothing. */
export interface RefusedSenderNode {
  /** The ledger that recorded it. */
  readonly ledger: string;
  /** Its name. */
  readonly node: string;
  /** Why; a receiver of another release may have other words. */
  readonly reason: MergeRefusal | (string & {});
}

/** How it stands with a sender. */
export interface InformSenderState {
  /** In a word. */
  readonly status: SenderStatus;
  /** Why; `undefined` where all is well. */
  readonly error: Error | undefined;
  /** When the receiver acknowledged a body, or said what it holds, last. */
  readonly acknowledgedAt: Date | undefined;
  /** Bodies that were acknowledged since the sender was made. */
  readonly bodies: number;
  /** Bodies that were refused and kept aside since the sender was made. */
  readonly aside: number;
  /** Nodes of which the receiver takes nothing. */
  readonly refused: readonly RefusedSenderNode[];
}
