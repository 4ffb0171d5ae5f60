import type { Scope } from "../names/stat-name.ts";
import type { UsageQuery } from "../usage/usage-query.ts";
import type { CounterNames } from "./answer/counter-names.ts";
import { readCorrections } from "./answer/read-corrections.ts";
import type { Signed } from "./corrections.ts";
import { LedgerError } from "./ledger-error.ts";
import { usageIn } from "./read-usage.ts";
import {
  findStatement,
  partId,
  type Reopening,
  reopenedIn,
  type StatementBody,
  type StatementPartBody,
} from "./statement.ts";
import { askForRivals } from "./statement-rivals.ts";
import type { LedgerRead, StoredEntry } from "./store.ts";

/** Which statements are asked for. */
export interface StatementQuery {
  /** Those that end after it. @defaultValue no limit */
  readonly from?: Date | undefined;
  /** Those that begin before it. @defaultValue no limit */
  readonly to?: Date | undefined;
}

/** A closed period. */
export interface StatementHead extends Signed {
  /** Random. */
  readonly id: string;
  /** When it was closed. */
  readonly at: Date;
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
  /** Who took it back, when and why; `undefined` where it holds. */
  readonly reopened: Reopening | undefined;
}

/** Bytes of one user or tag in a closed period. */
export interface StatementRow {
  /** By the name that was shown then. */
  readonly subject: string;
  /** From the client; below zero where more was refunded. */
  readonly uplink: bigint;
  /** To the client; below zero where more was refunded. */
  readonly downlink: bigint;
  /** Both. */
  readonly total: bigint;
}

/** What was known of a node when a period was closed. */
export interface StatementNode {
  /** Which ledger recorded it. */
  readonly ledger: string;
  /** Its name; empty for what is about no node, such as adjustments. */
  readonly node: string;
  /** Up to which revision. */
  readonly revision: number;
}

/** A closed period with its figures. */
export interface Statement extends StatementHead {
  /** All that had moved something, by their names. */
  readonly rows: readonly StatementRow[];
  /** What was known of each node. */
  readonly cursor: readonly StatementNode[];
}

/** The statements of a time, by when they were written. */
export async function readStatements(tx: LedgerRead, { from, to }: StatementQuery): Promise<StatementHead[]> {
  const window = { from: from?.getTime(), to: to?.getTime() };
  const reopened = await reopenedIn(tx, window);
  return (await tx.entries({ kinds: ["statement"], ...window }))
    .filter((entry) => entry.to > (window.from ?? entry.from) && entry.from < (window.to ?? entry.to))
    .sort((a, b) => a.at - b.at || a.from - b.from || (a.id < b.id ? -1 : 1))
    .map((entry) => headOf(entry, reopened));
}

/** One statement with its figures. @throws LedgerError `unknown-statement`, `incomplete` */
export async function readStatement(tx: LedgerRead, id: string): Promise<Statement> {
  const entry = await findStatement(tx, id);
  const { from, to } = entry;
  const { parts } = JSON.parse(entry.body) as StatementBody;
  const found = (await tx.entries({ kinds: ["statement-part"], from, to }))
    .map((each) => ({ id: each.id, ...(JSON.parse(each.body) as StatementPartBody) }))
    // Whoever may correct may send others: none counts twice.
    .filter((each) => each.statement === id && each.id === partId(id, each.part) && each.part < parts)
    .sort((a, b) => a.part - b.part);
  if (found.length < parts)
    throw new LedgerError("incomplete", `of the ${parts} parts of statement ${id} only ${found.length} came here`, {
      advice: "Merge the ledger it was written in once more.",
    });
  const rows = found
    .flatMap((part) => part.rows)
    .map(([subject, up, down]) => rowOf(subject, BigInt(up), BigInt(down)));
  const cursor = found.flatMap((part) => part.cursor).map(([ledger, node, revision]) => ({ ledger, node, revision }));
  return { ...headOf(entry, await reopenedIn(tx, { from, to })), rows, cursor };
}

/** What the ledger holds of a closed period beyond its statement: more, or less. */
export async function readDifferences(tx: LedgerRead, names: CounterNames, id: string): Promise<StatementRow[]> {
  const { from, to, scope, subjects, node, rows } = await readStatement(tx, id);
  const corrections = await readCorrections(tx, { from: undefined, to: undefined, asOf: undefined });
  // A name that was given since has no part in what moved.
  const shown = (subject: string): string => (scope === "user" ? corrections.userOf(subject) : subject);
  const query: UsageQuery = { from, to, by: ["subject"], scope, subject: subjects, node };
  const sums = new Map<string, { uplink: bigint; downlink: bigint }>();
  const add = (subject: string, uplink: bigint, downlink: bigint): void => {
    const before = sums.get(subject) ?? { uplink: 0n, downlink: 0n };
    sums.set(subject, { uplink: before.uplink + uplink, downlink: before.downlink + downlink });
  };
  for (const row of (await usageIn(tx, names, query)).rows) add(row.subject ?? "", row.uplink, row.downlink);
  for (const row of rows) add(shown(row.subject), -row.uplink, -row.downlink);
  for (const rival of await askForRivals(tx, await findStatement(tx, id), corrections))
    for (const row of (await usageIn(tx, names, rival)).rows) add(shown(row.subject ?? ""), -row.uplink, -row.downlink);
  return Array.from(sums, ([subject, { uplink, downlink }]) => rowOf(subject, uplink, downlink))
    .filter(({ uplink, downlink }) => uplink !== 0n || downlink !== 0n)
    .sort((a, b) => (a.subject < b.subject ? -1 : 1));
}

function rowOf(subject: string, uplink: bigint, downlink: bigint): StatementRow {
  return { subject, uplink, downlink, total: uplink + downlink };
}

function headOf({ id, at, from, to, body }: StoredEntry, reopened: ReadonlyMap<string, Reopening>): StatementHead {
  const { scope, subjects, node, reason, author } = JSON.parse(body) as StatementBody;
  return {
    ...{ id, at: new Date(at), from: new Date(from), to: new Date(to), scope, subjects, node, reason, author },
    reopened: reopened.get(id),
  };
}
