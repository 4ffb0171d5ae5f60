import type { Direction, Scope } from "../names/stat-name.ts";
import type { AdjustBody } from "./adjust.ts";
import type { AliasBody } from "./alias.ts";
import type { Signed } from "./corrections.ts";
import { type EraseBody, pseudonymOf } from "./erased-names.ts";
import { type GenerationBody, highestOf } from "./generations.ts";
import type { RetractBody } from "./retract.ts";
import type { SettleBody } from "./settle.ts";
import type { ReopenBody, StatementBody } from "./statement.ts";
import type { LedgerRead, StoredEntry } from "./store.ts";
import { inTimeRange } from "./time-range.ts";

/** Which corrections are asked for, see `Ledger.corrections`. */
export interface CorrectionQuery {
  /** Those that were written then or later. @defaultValue no limit */
  readonly from?: Date | undefined;
  /** Those that were written before it. @defaultValue no limit */
  readonly to?: Date | undefined;
}

/** What somebody wrote into a ledger, told apart by `kind`. New kinds may come in a minor release. */
export type LedgerCorrection =
  | BytesCorrection
  | SettlementCorrection
  | AliasCorrection
  | ErasureCorrection
  | RetractionCorrection
  | GenerationCorrection
  | StatementCorrection
  | ReopeningCorrection
  | OtherCorrection;

/** What all corrections have. */
export interface CorrectionHead {
  /** The entry's id. */
  readonly id: string;
  /** When it was written. */
  readonly at: Date;
}

/** Bytes were added to somebody's usage, or taken away, see `Ledger.adjust`. */
export interface BytesCorrection extends CorrectionHead, Signed {
  /** By `adjust`. */
  readonly kind: "adjust";
  /** Whose counters. */
  readonly scope: Scope;
  /** The user's name or the tag. */
  readonly subject: string;
  /** Which way they count as. */
  readonly direction: Direction;
  /** Below 0 where they were taken away. */
  readonly bytes: bigint;
  /** The node they count for; `undefined` where they are of no single one. */
  readonly node: string | undefined;
  /** The time they count for. */
  readonly countsAt: Date;
}

/** A gap was settled, see `Ledger.settle`. */
export interface SettlementCorrection extends CorrectionHead, Signed {
  /** By `settle`. */
  readonly kind: "settle";
  /** The gap's id. */
  readonly gap: string;
  /** As what. */
  readonly as: "nothing-lost" | "restart";
}

/** A user or a node is shown under another name, see `Ledger.alias`. */
export interface AliasCorrection extends CorrectionHead, Signed {
  /** By `alias`. */
  readonly kind: "alias";
  /** Whose name it is. */
  readonly of: "user" | "node";
  /** As it was recorded. */
  readonly name: string;
  /** As it is shown. */
  readonly is: string;
}

/** A user's name was erased, see `Ledger.erase`. */
export interface ErasureCorrection extends CorrectionHead, Signed {
  /** By `erase`. */
  readonly kind: "erase";
  /** What the user is called since. */
  readonly pseudonym: string;
}

/** What a ledger recorded was taken out of answers, see `Ledger.retract`. */
export interface RetractionCorrection extends CorrectionHead, Signed {
  /** By `retract`. */
  readonly kind: "retract";
  /** The id of the ledger that recorded it. */
  readonly ledger: string;
  /** Of this node alone; `undefined` of all. */
  readonly node: string | undefined;
}

/** Counters began anew, see `Ledger.newGeneration`. */
export interface GenerationCorrection extends CorrectionHead, Signed {
  /** By `newGeneration`. */
  readonly kind: "generation";
  /** On which node, as it was recorded. */
  readonly node: string;
  /** Whose counters. */
  readonly scope: Scope;
  /** The user's name or the tag. */
  readonly subject: string;
  /** The new one. */
  readonly generation: number;
}

/** A period was closed, see `Ledger.closePeriod`; `Ledger.statement` has the figures. */
export interface StatementCorrection extends CorrectionHead, Signed {
  /** By `closePeriod`. */
  readonly kind: "statement";
  /** Beginning of the period. */
  readonly from: Date;
  /** Its end, not included. */
  readonly to: Date;
  /** Whose usage. */
  readonly scope: Scope;
  /** Of these alone; `undefined` of all. */
  readonly subjects: readonly string[] | undefined;
  /** Of this node alone; `undefined` of all. */
  readonly node: string | undefined;
}

/** A statement was taken back, see `Ledger.reopenPeriod`. */
export interface ReopeningCorrection extends CorrectionHead, Signed {
  /** By `reopenPeriod`. */
  readonly kind: "reopen";
  /** The statement's id. */
  readonly statement: string;
}

/** An entry that a later release wrote, and another ledger brought here. */
export interface OtherCorrection extends CorrectionHead {
  /** None that this release knows. */
  readonly kind: "other";
  /** Its kind as it is written. */
  readonly name: string;
  /** Who says so, where it says. */
  readonly author: string | undefined;
  /** Why, where it says. */
  readonly reason: string | undefined;
}

/** Entries that no person wrote: each has a place of its own in answers, or none. */
const unsigned: ReadonlySet<string> = new Set(["gap", "late", "aside", "statement-part"]);

/** What people wrote into a ledger, the oldest first. */
export async function listCorrections(tx: LedgerRead, query: CorrectionQuery): Promise<LedgerCorrection[]> {
  const nodes = new Map((await tx.nodes()).map(({ id, name }) => [id, name]));
  return (await tx.entries({}))
    .filter(({ kind, at }) => !unsigned.has(kind) && inTimeRange(at, query))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map((entry) => correctionOf(entry, nodes.get(entry.node) ?? ""));
}

function correctionOf({ id, kind, at, from, to, body: text }: StoredEntry, node: string): LedgerCorrection {
  const said = JSON.parse(text) as Signed;
  const head = { id, at: new Date(at), author: said.author, reason: said.reason };
  switch (kind) {
    case "adjust": {
      const body = said as AdjustBody;
      const { scope, subject, direction } = body;
      const bytes = BigInt(body.bytes);
      return { ...head, kind, scope, subject, direction, bytes, node: body.node, countsAt: new Date(from) };
    }
    case "settle": {
      const { gap, as } = said as SettleBody;
      return { ...head, kind, gap, as };
    }
    case "alias": {
      const { of, name, is } = said as AliasBody;
      return { ...head, kind, of, name, is };
    }
    case "erase":
      return { ...head, kind, pseudonym: pseudonymOf((said as EraseBody).hash) };
    case "retract": {
      const body = said as RetractBody;
      return { ...head, kind, ledger: body.ledger, node: body.node };
    }
    case "generation": {
      const { scope, subject, generations } = said as GenerationBody;
      return { ...head, kind, node, scope, subject, generation: highestOf(generations) };
    }
    case "statement": {
      const body = said as StatementBody;
      const { scope, subjects } = body;
      return { ...head, kind, from: new Date(from), to: new Date(to), scope, subjects, node: body.node };
    }
    case "reopen":
      return { ...head, kind, statement: (said as ReopenBody).statement };
    default:
      return { id, at: head.at, kind: "other", name: kind, author: textIn(head.author), reason: textIn(head.reason) };
  }
}

/** Of a kind that is not known nothing is checked. */
function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
