/** Why usage may be incomplete. New causes may come in a minor release. */
export type LedgerGapCause =
  | "first-sight"
  | "core-restart"
  | "uncertain-restart"
  | "foreign-reset"
  | "counter-lost"
  | "other-core"
  | "ledger-restored"
  | "clock"
  | "unproven";

/** A window in which traffic may have flowed that is not booked. */
export interface LedgerGap {
  /** The entry's own id, for settling it. */
  readonly id: string;
  /** Which core. */
  readonly node: string;
  /** Why. */
  readonly cause: LedgerGapCause;
  /** Its beginning; `undefined` where it cannot be told. */
  readonly from: Date | undefined;
  /** Its end. */
  readonly to: Date;
  /** At most so many bytes of each counter from before the window are missing; `unknown` where nothing bounds it. */
  readonly bound: ReadonlyMap<string, bigint> | "unknown";
}

/** Its form in a store. */
export interface GapBody {
  readonly cause: LedgerGapCause;
  readonly from: number | null;
  readonly bound: readonly (readonly [name: string, bytes: string])[] | "unknown";
}
