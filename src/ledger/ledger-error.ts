import { StatsError, type StatsErrorOptions } from "../errors/stats-error.ts";

/**
 * What a ledger could not do, for `switch`. New words may come in a minor release.
 *
 * - `clock`: the wall clock stepped, nothing is booked until it is right
 * - `claimed`: another writer holds the node
 * - `claim-lost`: another writer took the node over
 * - `stale-reading`: the reading was begun before the claim was won, or before the last recorded one
 * - `not-recordable`: a snapshot that this process did not read from a core, or not as a whole
 * - `known`: the node is in the ledger already
 * - `sealed`: nothing is added to the node any more: it was moved, or another ledger took its place
 * - `other-ledger`: another ledger already records the node of this name
 * - `unknown-gap`: no gap of this id is in the ledger
 * - `settled`: the gap was settled before
 * - `not-settleable`: the gap cannot be settled in this way
 * - `alias-cycle`: the name would at last be shown as itself
 * - `unknown-user`: nothing in the ledger is about a user of this name
 * - `unknown-node`: no node of this name is in the ledger
 * - `unknown-ledger`: nothing in the ledger came from a ledger of this id
 * - `period-closed`: a statement holds some of the period already
 * - `unknown-statement`: no statement of this id is in the ledger
 * - `reopened`: the statement was taken back before
 * - `incomplete`: of a statement that was merged here not all parts came
 * - `newer-schema`: the database was made by a newer release
 * - `older-schema`: the database must be migrated by a writer first
 * - `schema-changed`: a newer release migrated the database while this one had it open
 * - `not-a-ledger`: the file is something else, or damaged
 * - `unwritable`: the database cannot be written: no right, no space, a read-only medium
 * - `busy`: another process holds the database for longer than we wait
 * - `unavailable`: the database cannot be reached
 * - `closed`: the ledger was closed
 */
export type LedgerErrorReason =
  | "claimed"
  | "clock"
  | "claim-lost"
  | "stale-reading"
  | "not-recordable"
  | "known"
  | "sealed"
  | "other-ledger"
  | "unknown-gap"
  | "settled"
  | "not-settleable"
  | "alias-cycle"
  | "unknown-user"
  | "unknown-node"
  | "unknown-ledger"
  | "period-closed"
  | "unknown-statement"
  | "reopened"
  | "incomplete"
  | "newer-schema"
  | "older-schema"
  | "schema-changed"
  | "not-a-ledger"
  | "unwritable"
  | "busy"
  | "unavailable"
  | "closed";

/** A ledger that could not do what it was asked. Nothing of it was written. */
export class LedgerError extends StatsError {
  /** `LedgerError`. */
  override readonly name: string = "LedgerError";
  /** Why, for `switch`. */
  readonly reason: LedgerErrorReason;

  constructor(reason: LedgerErrorReason, message: string, options?: StatsErrorOptions) {
    super("ledger", message, options);
    this.reason = reason;
  }
}
