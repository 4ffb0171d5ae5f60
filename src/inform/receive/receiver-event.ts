import type { MergeResult } from "../../ledger/exchange/changes.ts";
import type { RefusedItem } from "../three-x-ui/read-inform-body.ts";

/** What happened at a receiver. No key, secret or address with one is ever in it. New kinds may come in a minor release. */
export type InformReceiverEvent = ChangesMerged | UnprovenBooked | RequestRefused | RequestFailed;

/** What every event has. */
export interface InformReceiverEventBase {
  /** When. */
  readonly at: Date;
  /** Who sent it, behind our proxies; `undefined` where nobody told. */
  readonly address: string | undefined;
  /** The id of the key or secret, which is not secret; `undefined` where none was good. */
  readonly key: string | undefined;
  /** The key's node; `undefined` where no key was good. */
  readonly node: string | undefined;
}

/** A ledger's changes came. */
export interface ChangesMerged extends InformReceiverEventBase {
  /** Tells the kinds of events apart. */
  readonly kind: "merged";
  /** The ledger that sent them. */
  readonly sender: string;
  /** What became of each node: some may be refused. */
  readonly nodes: MergeResult["nodes"];
}

/** A body of 3x-ui came. */
export interface UnprovenBooked extends InformReceiverEventBase {
  /** Tells the kinds of events apart. */
  readonly kind: "unproven";
  /** Bytes booked. */
  readonly bytes: bigint;
  /** Whether the same came just before: it may be a repeat. */
  readonly repeated: boolean;
  /** False where its `Idempotency-Key` came before: then nothing was booked. */
  readonly booked: boolean;
  /** How many items could not be booked. */
  readonly refusedCount: number;
  /** The first of these. */
  readonly refused: readonly RefusedItem[];
}

/** A request was not taken. */
export interface RequestRefused extends InformReceiverEventBase {
  /** Tells the kinds of events apart. */
  readonly kind: "refused";
  /** The HTTP status. */
  readonly status: number;
  /** Why, for `switch`. */
  readonly code: string;
  /** Why, one sentence. */
  readonly message: string;
}

/** A request could not be answered for a fault on our side. */
export interface RequestFailed extends InformReceiverEventBase {
  /** Tells the kinds of events apart. */
  readonly kind: "failed";
  /** The HTTP status. */
  readonly status: number;
  /** What failed. */
  readonly error: unknown;
}
