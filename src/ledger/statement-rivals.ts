import type { UsageQuery } from "../usage/usage-query.ts";
import type { AliasBody } from "./alias.ts";
import { type Corrections, readCorrections } from "./answer/read-corrections.ts";
import { type StatementBody, sharing } from "./statement.ts";
import type { LedgerRead, StoredEntry } from "./store.ts";

/** A statement, and by which names it was closed. */
interface Closed {
  readonly entry: StoredEntry;
  readonly body: StatementBody;
  /** Whether a user or tag was in it when it was closed. */
  holds(name: string): boolean;
}

/**
 * What a statement has by today's names alone, while it is in another one that holds: users or nodes that were billed
 * each for itself may be shown as one since. What both held, or neither knew, is the older one's.
 *
 * @returns Questions for what to leave out.
 */
export async function askForRivals(tx: LedgerRead, entry: StoredEntry, today: Corrections): Promise<UsageQuery[]> {
  const body = JSON.parse(entry.body) as StatementBody;
  const others = (await sharing(tx, entry, body, today)).filter(({ id }) => id !== entry.id);
  if (others.length === 0) return [];
  const closed: Closed[] = [];
  for (const each of [entry, ...others]) closed.push(await readClosed(tx, each));
  closed.sort((a, b) => a.entry.at - b.entry.at || (a.entry.id < b.entry.id ? -1 : 1));
  const ask = (of: Closed, subject?: readonly string[]): UsageQuery => {
    const from = new Date(Math.max(entry.from, of.entry.from));
    const to = new Date(Math.min(entry.to, of.entry.to));
    const node = body.node ?? of.body.node;
    return { from, to, by: ["subject"], scope: body.scope, subject, node, names: "recorded" };
  };
  const ofAll = closed.find((each) => each.body.subjects === undefined);
  if (ofAll !== undefined && body.subjects === undefined && ofAll.entry.id !== entry.id) return [ask(ofAll)];
  const names = new Set(closed.flatMap((each) => each.body.subjects ?? []));
  for (const alias of await tx.entries({ kinds: ["alias"] })) names.add((JSON.parse(alias.body) as AliasBody).name);
  const shownAs = shownIn(body, today);
  const shown = body.subjects && new Set(body.subjects.map(shownAs));
  const ofOwner = Map.groupBy(
    [...names].filter((name) => shown?.has(shownAs(name)) !== false),
    (name) => closed.find((each) => each.holds(name)) ?? closed[0],
  );
  return closed
    .filter((each) => each.entry.id !== entry.id && ofOwner.has(each))
    .map((each) => ask(each, ofOwner.get(each)));
}

async function readClosed(tx: LedgerRead, entry: StoredEntry): Promise<Closed> {
  const body = JSON.parse(entry.body) as StatementBody;
  const window = { from: entry.from, to: entry.from, asOf: entry.at };
  const shownAs = shownIn(body, await readCorrections(tx, window));
  const subjects = body.subjects && new Set(body.subjects.map(shownAs));
  return { entry, body, holds: (name) => subjects === undefined || subjects.has(shownAs(name)) };
}

/** The name that a user of a statement is shown by; tags have no other one. */
function shownIn({ scope }: StatementBody, { userOf }: Corrections): (name: string) => string {
  return scope === "user" ? userOf : (name) => name;
}
