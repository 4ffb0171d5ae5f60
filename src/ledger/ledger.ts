import { randomUUID } from "node:crypto";
import type { GapQuery, LedgerGap } from "../usage/ledger-gap.ts";
import type { UsageAnswer, UsageNotes, UsageTotals } from "../usage/usage-answer.ts";
import type { Usage, UsageQuery } from "../usage/usage-query.ts";
import { type Adjustment, adjust } from "./adjust.ts";
import { type Alias, alias } from "./alias.ts";
import { CounterNames } from "./answer/counter-names.ts";
import { readGaps } from "./answer/read-gaps.ts";
import { readGenerations } from "./answer/read-generations.ts";
import { type ClaimOptions, claimNode } from "./claim.ts";
import type { Book, Signed } from "./corrections.ts";
import { assertScope } from "./counter-owner.ts";
import { type Erasure, erase } from "./erase.ts";
import type {
  ChangeCursor,
  ChangesOptions,
  LedgerChanges,
  LedgerHeld,
  MergeOptions,
  MergeResult,
  SentChanges,
} from "./exchange/changes.ts";
import { collectChanges } from "./exchange/collect-changes.ts";
import { readHeld } from "./exchange/held.ts";
import { KnownIds } from "./exchange/known-ids.ts";
import { mergeChanges } from "./exchange/merge-changes.ts";
import { NodeCounters } from "./exchange/node-counters.ts";
import { type Reconciled, reconcile } from "./exchange/reconcile.ts";
import { type Replaced, type Replacement, replaceLedger } from "./exchange/replace-ledger.ts";
import { keepParts } from "./exchange/stores.ts";
import {
  type BegunGeneration,
  type GenerationQuery,
  type GenerationStart,
  newGeneration,
  type StartedGeneration,
} from "./generations.ts";
import { type CorrectionQuery, type LedgerCorrection, listCorrections } from "./list-corrections.ts";
import { type LedgerNode, listNodes } from "./list-nodes.ts";
import { lookForNodes } from "./look-for-node.ts";
import { openMemoryStore } from "./memory/memory-store.ts";
import { type PackOptions, pack } from "./pack.ts";
import {
  readDifferences,
  readStatement,
  readStatements,
  type Statement,
  type StatementHead,
  type StatementQuery,
  type StatementRow,
} from "./read-statements.ts";
import { readTop, readTotals, readUsage, streamUsage } from "./read-usage.ts";
import { recordUnproven, type UnprovenRecord, type UnprovenResult } from "./record-unproven.ts";
import { type Retraction, retract } from "./retract.ts";
import { type Settlement, settle } from "./settle.ts";
import { closePeriod, type PeriodToClose, reopenPeriod } from "./statement.ts";
import type { LedgerStore } from "./store.ts";
import { assertTime, assertTimeRange } from "./time-range.ts";
import { WriteSessions } from "./write-sessions.ts";
import type { Writer } from "./writer.ts";

export type { GapQuery } from "../usage/ledger-gap.ts";

/** Usage that no crash, restart, reset or repeat can lose or double. */
export interface Ledger extends AsyncDisposable {
  /** Its own id: random, made with it. A copy of a ledger gets a new one as soon as it turns out to be a copy. */
  id(): Promise<string>;
  /**
   * Wins the right to record a node. One writer holds it at a time; another's `record` is refused.
   *
   * @throws {@link LedgerError} `claimed` with `whenHeld: "fail"`, and what the database could not do.
   */
  claim(node: string, options?: ClaimOptions): Promise<Writer>;
  /**
   * What was booked, by time, node, subject, generation, source and direction in that order, as of one moment; and what
   * to know about it.
   *
   * Scopes are never summed together: the same byte is counted for a user, an inbound and an outbound. Where several
   * sources tell of a node, in each quarter hour one of them counts: `core` where it has rows of the node, else the
   * first by name; what is left out is an overlap. Nodes of one name that several ledgers recorded are summed.
   *
   * @throws RangeError where the question has no answer: an unknown time zone, key or scope, a range that ends before
   * it begins.
   */
  usage(query?: UsageQuery): Promise<UsageAnswer>;
  /** All of it in one row, as of one moment; zeros where nothing was booked. */
  totals(query?: Omit<UsageQuery, "by">): Promise<UsageTotals>;
  /** The `count` rows of `usage` with the highest totals, the highest first, as of one moment. @throws RangeError */
  top(count: number, query?: UsageQuery): Promise<UsageAnswer>;
  /**
   * The rows of `usage` one by one, for answers too large for the memory: one bucket of time is held at once. No
   * transaction stays open between two of them. The range, the counters and all corrections are those of the beginning;
   * bytes are as of the moment in which their bucket is read.
   *
   * @returns Rows, and the notes at the end: what the generator's last `next()` gives.
   * @throws RangeError at once, as `usage` does.
   */
  usageRows(query?: UsageQuery): AsyncGenerator<Usage, UsageNotes, undefined>;
  /** Open windows that touch a time and may hold traffic that is not booked, by their beginnings; settled ones if asked. */
  gaps(query?: GapQuery): Promise<LedgerGap[]>;
  /**
   * Packs the quarters of past days, for space and speed; answers stay the same. For long work in small steps: writers
   * beside it go on.
   *
   * @returns How many days of nodes were packed.
   */
  pack(options?: PackOptions): Promise<number>;
  /**
   * Books what flowed as told by a system that cannot prove it: differences, of which a repeat looks like new traffic.
   * They are kept beside what a core showed, under the name of their source.
   *
   * @returns Whether it was booked: a record of an id that came before is not.
   * @throws TypeError or RangeError where one delta is wrong, which says which; nothing of the record is booked then.
   * @throws {@link LedgerError} `sealed` or `other-ledger` where nothing may be added to the node here.
   */
  recordUnproven(record: UnprovenRecord): Promise<UnprovenResult>;
  /**
   * Lets counters begin anew, because their user was deleted and made again, or because a user's, an inbound's or an
   * outbound's count starts over. Cores keep a deleted user's counter, so what it shows already stays with the
   * generation before: no byte is booked twice and none is lost. Bytes that flowed since the last reading count as new;
   * take one right before, as `drain` does, and the cut is exact. Writers go on beside it. A call that failed half way
   * may be repeated.
   *
   * @returns The new generation of each node where there are such counters, which are none where nothing had to be done.
   * @throws TypeError or RangeError where it is wrong whose counters, where, why, or who says so.
   */
  newGeneration(start: GenerationStart): Promise<StartedGeneration[]>;
  /** Generations that were begun, here or where rows were merged from, with who said so and why; the oldest first. @throws RangeError */
  generations(query?: GenerationQuery): Promise<BegunGeneration[]>;
  /**
   * Adds bytes to somebody's usage, or takes some away: a refund, or what is known to be missing.
   *
   * @returns The entry's id.
   * @throws TypeError or RangeError where the adjustment is wrong.
   */
  adjust(adjustment: Adjustment): Promise<string>;
  /**
   * Says what a gap was. A gap is settled once.
   *
   * @returns The entry's id.
   * @throws {@link LedgerError} `unknown-gap`, `settled`, or `not-settleable` where the gap is none that can be settled
   * as `restart`.
   */
  settle(gap: string, settlement: Settlement): Promise<string>;
  /**
   * Closes a period that is over: freezes what it holds, of each user or tag, by an entry with these figures. Nothing
   * of the ledger changes by it; what is booked or corrected for the period later is a difference, see
   * `statementDifferences`. No two statements that hold share a byte of one scope.
   *
   * @returns The statement's id.
   * @throws TypeError or RangeError where it is no period that is over, of full quarter hours.
   * @throws {@link LedgerError} `period-closed` where a statement holds some of it already.
   */
  closePeriod(period: PeriodToClose): Promise<string>;
  /**
   * Takes a statement back, so that its period can be closed again. It stays in the ledger, marked.
   *
   * @returns The entry's id.
   * @throws {@link LedgerError} `unknown-statement`, `reopened`.
   */
  reopenPeriod(statement: string, signed: Signed): Promise<string>;
  /** Statements that touch a time, by when they were written; those that were taken back too. @throws RangeError */
  statements(query?: StatementQuery): Promise<StatementHead[]>;
  /** One statement with its figures. @throws {@link LedgerError} `unknown-statement`, `incomplete`. */
  statement(id: string): Promise<Statement>;
  /**
   * What a closed period holds now beyond its statement, of each user or tag where that is not zero: late rows of nodes
   * above, refunds below. Names are those of today.
   *
   * @throws {@link LedgerError} `unknown-statement`, `incomplete`.
   */
  statementDifferences(id: string): Promise<StatementRow[]>;
  /**
   * Shows a user or a node under another name; what was recorded stays. Two names shown as one are summed, a name that
   * is shown as one that is shown as a third is shown as the third, and of two aliases of one name the later one holds.
   *
   * @returns The entry's id.
   * @throws {@link LedgerError} `alias-cycle`.
   */
  alias(alias: Alias): Promise<string>;
  /**
   * Takes a user's name out of the ledger, for good. Usage stays, under `erased-` and the first 12 digits of the name's
   * hash; entries that name the user are rewritten to it, the one case in which an entry changes. What people wrote as
   * reason or author stays as it is. Delete the user in the cores before: what a core still shows is counted on under
   * the name, until the core's next restart if nothing flows. Each node is its own step: a call that failed half way is
   * finished by the next one. What other ledgers merge here later, of nodes where the user had counters at this time,
   * comes under the pseudonym as well; a ledger they come from keeps the name until it is erased there.
   *
   * A SQLite file overwrites the name where it stood; backups keep it, and free space of the file may until `VACUUM`.
   *
   * @returns The tombstone's id: an entry with the hash of the name in its place.
   * @throws {@link LedgerError} `unknown-user` where the name is not in the ledger.
   */
  erase(erasure: Erasure): Promise<string>;
  /**
   * Takes what a ledger recorded, or one node of it, out of all answers; the rows stay.
   *
   * @returns The entry's id.
   * @throws {@link LedgerError} `unknown-ledger` where nothing came from it.
   */
  retract(retraction: Retraction): Promise<string>;
  /**
   * All that people wrote into the ledger, here or where it was merged from, the oldest first: adjustments,
   * settlements, aliases, erasures, retractions, generations, statements and what took them back. @throws RangeError
   */
  corrections(query?: CorrectionQuery): Promise<LedgerCorrection[]>;
  /** The nodes in the ledger and who recorded each, by name, then by who; sealed and retracted ones too. */
  nodes(): Promise<LedgerNode[]>;
  /**
   * What changed since a cursor, as plain data for another ledger's `merge`: usage as absolute rows, found without
   * looking through the history. What changes meanwhile comes with the next question. A cursor moves only when it is
   * passed back, so nothing is lost when changes are.
   *
   * @throws RangeError where `limit` is no count above zero.
   */
  changes(options?: ChangesOptions): Promise<LedgerChanges>;
  /**
   * Takes in what another ledger sends: of each row the greater bytes stay, entries are told by their ids. Lost,
   * repeated, late and shuffled changes do no harm. Each node is one transaction; the result says what became of each.
   *
   * One ledger at a time may record a node of a name; changes of another are refused until an operator says `replace`,
   * or the other ledger can tell that it was this one before it was restored from a copy.
   */
  merge(changes: SentChanges, options?: MergeOptions): Promise<MergeResult>;
  /**
   * An operator's word that another ledger takes the place of the one that recorded a node here so far: what `merge`
   * does with `replace`, before anything of it came. The old one is sealed, the rows of both count.
   *
   * @returns Which ledger was sealed.
   * @throws RangeError where the node or the id is none.
   * @throws {@link LedgerError} `unknown-node`; `known` where it records the node here already; `sealed` where its own
   * place was taken; `other-ledger` where it is this ledger.
   */
  replace(replacement: Replacement): Promise<Replaced>;
  /** What is held of another ledger's changes: where an exchange with it begins. Of one node's name alone if asked. */
  held(sender: string, options?: { readonly node?: string | undefined }): Promise<LedgerHeld>;
  /**
   * Begins an exchange: compares what a receiver holds with what is here, and says since when changes are to be sent.
   * Where the receiver holds less than it did it was restored, and all it lacks is sent again. Where it holds what is
   * not here, this ledger is a restored or copied one: from then on it is another ledger, with a new id, and the next
   * reading of each node writes a gap `ledger-restored`; writers claim again, as after any `claim-lost`.
   */
  reconcile(held: LedgerHeld, options?: { readonly since?: ChangeCursor | undefined }): Promise<Reconciled>;
  /** Ends it; twice does no harm. */
  close(): Promise<void>;
}

/** A ledger that ends with the process. */
export function openMemoryLedger(): Ledger {
  return createLedger(openMemoryStore());
}

/** The ledger's rules over a store. */
export function createLedger(store: LedgerStore): Ledger {
  const close = (): Promise<void> => store.close();
  const source = { store, names: new CounterNames() };
  const look = lookForNodes(store);
  const book: Book = { store, session: randomUUID() };
  const counters = new NodeCounters();
  const merger = { ...book, ids: new KnownIds(), sessions: new WriteSessions() };
  const ledger: Ledger = {
    id: () => store.read((tx) => tx.ledgerId()),
    claim: (node, options = {}) => claimNode(store, look, node, options),
    usage: (query = {}) => readUsage(source, query),
    totals: (query = {}) => readTotals(source, query),
    top: (count, query = {}) => readTop(source, count, query),
    usageRows: (query = {}) => streamUsage(source, query),
    async gaps(query = {}) {
      assertTimeRange(query.from, query.to);
      if (query.asOf !== undefined) assertTime(query.asOf, "asOf must be a valid Date");
      return store.read((tx) => readGaps(tx, query));
    },
    pack: (options = {}) => pack(store, options),
    recordUnproven: (record) => recordUnproven(book, record),
    newGeneration: (start) => newGeneration(book, start),
    async generations(query = {}) {
      if (query.scope !== undefined) assertScope(query.scope);
      return store.read((tx) => readGenerations(tx, query));
    },
    adjust: (adjustment) => adjust(book, adjustment),
    settle: (gap, settlement) => settle(book, gap, settlement),
    closePeriod: (period) => closePeriod(book, source.names, period),
    reopenPeriod: (statement, signed) => reopenPeriod(book, statement, signed),
    async statements(query = {}) {
      assertTimeRange(query.from, query.to);
      return store.read((tx) => readStatements(tx, query));
    },
    statement: (id) => store.read((tx) => readStatement(tx, id)),
    statementDifferences: (id) => store.read((tx) => readDifferences(tx, source.names, id)),
    alias: (wanted) => alias(book, wanted),
    erase: (erasure) => erase(book, erasure),
    retract: (retraction) => retract(book, retraction),
    async corrections(query = {}) {
      assertTimeRange(query.from, query.to);
      return store.read((tx) => listCorrections(tx, query));
    },
    nodes: () => store.read(listNodes),
    changes: (options = {}) => collectChanges(store, counters, options),
    merge: (changes, options = {}) => mergeChanges(merger, changes, options),
    replace: (replacement) => replaceLedger(store, replacement),
    held: (sender, { node } = {}) => readHeld(store, sender, node),
    reconcile: (held, { since } = {}) => reconcile(store, held, since),
    close,
    [Symbol.asyncDispose]: close,
  };
  return keepParts(ledger, source);
}
