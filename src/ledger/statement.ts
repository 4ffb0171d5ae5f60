import { randomUUID } from "node:crypto";
import type { Scope } from "../names/stat-name.ts";
import type { CounterNames } from "./answer/counter-names.ts";
import { type Corrections, readCorrections } from "./answer/read-corrections.ts";
import { assertSigned, assertText, type Book, nextRevision, type Signed, writeCorrection } from "./corrections.ts";
import { addChangedEntries } from "./exchange/merge-entries.ts";
import { LedgerError } from "./ledger-error.ts";
import { isBookable, quarterMs, quarterOf } from "./quarter.ts";
import { assertUsageQuery, usageIn } from "./read-usage.ts";
import type { LedgerRead, StoredEntry } from "./store.ts";

/** A period to close, see `Ledger.closePeriod`. */
export interface PeriodToClose extends Signed {
  /** Its beginning: a full quarter hour, as the beginnings of days are in every time zone. */
  readonly from: Date;
  /** Its end, not included: a full quarter hour that is over. */
  readonly to: Date;
  /** Whose usage. @defaultValue "user" */
  readonly scope?: Scope | undefined;
  /** Of these users or tags alone, 10,000 at most, by any name that is an alias of the same. @defaultValue all */
  readonly subjects?: readonly string[] | undefined;
  /** Of one node alone. @defaultValue all */
  readonly node?: string | undefined;
}

/** What an entry of kind `statement` says; its rows and its cursor are in entries of kind `statement-part`. */
export interface StatementBody extends Signed {
  readonly scope: Scope;
  readonly subjects?: readonly string[] | undefined;
  readonly node?: string | undefined;
  /** How many entries hold the rest. */
  readonly parts: number;
}

/** What an entry of kind `statement-part` says. */
export interface StatementPartBody {
  /** The statement's id. */
  readonly statement: string;
  /** Counted from 0. */
  readonly part: number;
  readonly scope: Scope;
  /** Bytes are decimal, with a sign. */
  readonly rows: readonly (readonly [subject: string, uplink: string, downlink: string])[];
  /** What was known of each node. */
  readonly cursor: readonly (readonly [ledger: string, node: string, revision: number])[];
}

/** What an entry of kind `reopen` says. */
export interface ReopenBody extends Signed {
  readonly statement: string;
}

/** Who took a statement back, and why. */
export interface Reopening extends Signed {
  /** When. */
  readonly at: Date;
}

/** So many rows, and so many nodes of a cursor, are in one entry: an exchange can take it. */
const rowsPerPart = 1000;
const mostSubjects = 10_000;

/** Freezes what a period holds now. @returns The statement's id. */
export async function closePeriod(book: Book, names: CounterNames, period: PeriodToClose): Promise<string> {
  const { from, to, scope = "user", subjects, node, reason, author } = period;
  assertPeriod(from, to);
  assertSigned({ reason, author });
  if (node !== undefined) assertText(node, "a node's name");
  if (subjects !== undefined) assertSubjects(subjects);
  const query = { from, to, by: ["subject"], scope, subject: subjects, node } as const;
  assertUsageQuery(query);
  const entry = { at: Date.now(), from: from.getTime(), to: to.getTime() };
  const { rows, cursor } = await book.store.read(async (tx) => {
    const answer = await usageIn(tx, names, query);
    return {
      rows: answer.rows.map(({ subject = "", uplink, downlink }) => [subject, `${uplink}`, `${downlink}`] as const),
      cursor: (await tx.nodes()).map(({ ledger, name, revision }) => [ledger, name, revision] as const),
    };
  });
  const id = randomUUID();
  const parts = Math.ceil(Math.max(rows.length, cursor.length) / rowsPerPart);
  const body: StatementBody = { scope, subjects, node, parts, reason, author };
  const partOf = (part: number): StatementPartBody => {
    const [begin, end] = [part * rowsPerPart, (part + 1) * rowsPerPart];
    return { statement: id, part, scope, rows: rows.slice(begin, end), cursor: cursor.slice(begin, end) };
  };
  const entries = [
    { ...entry, id, kind: "statement", body: JSON.stringify(body) },
    ...Array.from({ length: parts }, (_, at) => {
      return { ...entry, id: partId(id, at), kind: "statement-part", body: JSON.stringify(partOf(at)) };
    }),
  ];
  await book.store.write(async (tx) => {
    const stored = await tx.ownNode("");
    await assertOpen(tx, entry, body);
    // Without names that were erased since they were read.
    await addChangedEntries(tx, stored.id, await nextRevision(tx, stored, book.session), entries);
  });
  return id;
}

/** The id of a statement's part. */
export function partId(statement: string, part: number): string {
  return `${statement}-${part}`;
}

/** Says that a statement does not hold. @returns The entry's id. */
export async function reopenPeriod(book: Book, statement: string, { reason, author }: Signed): Promise<string> {
  assertText(statement, "a statement's id");
  assertSigned({ reason, author });
  const { from, to } = await book.store.read((tx) => findStatement(tx, statement));
  const body: ReopenBody = { statement, reason, author };
  return writeCorrection(book, { kind: "reopen", from, to, body }, async (tx) => {
    if ((await reopenedIn(tx, { from, to })).has(statement))
      throw new LedgerError("reopened", `the statement ${statement} was taken back before`, {
        advice: "Close the period again where that is wanted.",
      });
  });
}

/** @throws LedgerError `unknown-statement` */
export async function findStatement(tx: LedgerRead, id: string): Promise<StoredEntry> {
  const entry = (await tx.entries({ kinds: ["statement"] })).find((each) => each.id === id);
  if (entry !== undefined) return entry;
  throw new LedgerError("unknown-statement", `there is no statement ${JSON.stringify(id)} in the ledger`, {
    advice: "Ask for the statements: each has its id.",
  });
}

/** Who took statements back, by their ids, of those that touch a time. */
export async function reopenedIn(
  tx: LedgerRead,
  window: { readonly from?: number | undefined; readonly to?: number | undefined },
): Promise<ReadonlyMap<string, Reopening>> {
  const reopened = new Map<string, Reopening>();
  const entries = await tx.entries({ kinds: ["reopen"], ...window });
  for (const { at, body } of entries.toSorted((a, b) => b.at - a.at)) {
    const { statement, reason, author } = JSON.parse(body) as ReopenBody;
    reopened.set(statement, { at: new Date(at), reason, author });
  }
  return reopened;
}

function assertPeriod(from: Date, to: Date): void {
  for (const time of [from, to])
    if (!(time instanceof Date) || !isBookable(quarterOf(time)) || time.getTime() % quarterMs !== 0)
      throw new RangeError("a period is from one full quarter hour to another one, from 1970 to 2089");
  if (from >= to) throw new RangeError(`a period ends after it begins: ${from.toISOString()}`);
  if (to.getTime() > Date.now()) throw new RangeError(`the period is not over before ${to.toISOString()}`);
}

function assertSubjects(subjects: readonly string[]): void {
  if (!Array.isArray(subjects) || subjects.length === 0 || subjects.length > mostSubjects)
    throw new RangeError(`a period is closed for all, or for 1 to ${mostSubjects} users or tags by name`);
  for (const subject of subjects) assertText(subject, "a user or tag");
}

/** Nobody is to be billed twice for the same byte. */
async function assertOpen(
  tx: LedgerRead,
  period: { readonly from: number; readonly to: number },
  wanted: StatementBody,
): Promise<void> {
  const corrections = await readCorrections(tx, { from: undefined, to: undefined, asOf: undefined });
  const [entry] = await sharing(tx, period, wanted, corrections);
  if (entry !== undefined)
    throw new LedgerError("period-closed", `the statement ${entry.id} holds some of this period already`, {
      advice: "Close what follows its end, or take that statement back first.",
    });
}

/** Statements that hold, and in which a byte of this period could be, by the names of these corrections. */
export async function sharing(
  tx: LedgerRead,
  { from, to }: { readonly from: number; readonly to: number },
  wanted: StatementBody,
  corrections: Corrections,
): Promise<StoredEntry[]> {
  const reopened = await reopenedIn(tx, { from, to });
  return (await tx.entries({ kinds: ["statement"], from, to })).filter(
    (entry) =>
      !reopened.has(entry.id) &&
      entry.from < to &&
      entry.to > from &&
      share(JSON.parse(entry.body) as StatementBody, wanted, corrections),
  );
}

/** Whether a byte could be in both. */
function share(a: StatementBody, b: StatementBody, { nodeOf, userOf }: Corrections): boolean {
  if (a.scope !== b.scope) return false;
  if (a.node !== undefined && b.node !== undefined && nodeOf(a.node) !== nodeOf(b.node)) return false;
  if (a.subjects === undefined || b.subjects === undefined) return true;
  const shown = (subject: string): string => (a.scope === "user" ? userOf(subject) : subject);
  const those = new Set(b.subjects.map(shown));
  return a.subjects.some((subject) => those.has(shown(subject)));
}
