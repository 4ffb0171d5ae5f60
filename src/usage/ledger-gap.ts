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
  /** What somebody said of it; `undefined` while it is open. */
  readonly settled: GapSettlement | undefined;
}

/** What somebody said of a gap. */
export interface GapSettlement {
  /** `nothing-lost`: no traffic is missing. `restart`: the bound flowed as well, and counts at the gap's end. */
  readonly as: "nothing-lost" | "restart";
  /** When it was said. */
  readonly at: Date;
  /** Why. */
  readonly reason: string;
  /** Who said so. */
  readonly author: string;
}

/** Which gaps are asked for. */
export interface GapQuery {
  /** Beginning. @defaultValue the beginning of time */
  readonly from?: Date | undefined;
  /** End. @defaultValue the end of time */
  readonly to?: Date | undefined;
  /** One node alone, by its own name or the one it is shown by. */
  readonly node?: string | undefined;
  /** `open`: those that nobody has settled; `all`: the settled ones too. @defaultValue "open" */
  readonly which?: "open" | "all" | undefined;
  /** What was known at this time: gaps and settlements that were written later are left out. @defaultValue all */
  readonly asOf?: Date | undefined;
}
