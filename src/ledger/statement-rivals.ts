import type { UsageQuery } from "../usage/usage-query.ts";
import type { AliasBody } from "./alias.ts";
import { type Corrections, readCorrections } from "./answer/read-corrections.ts";
import { type StatementBody, sharing } from "./statement.ts";
import type { LedgerRead, StoredEntry } from "./store.ts";

/** A statement of some users, and by which names it was closed. */
interface Closed {
  readonly entry: StoredEntry;
  readonly body: StatementBody;
  /** Whether a name was one of its users' when it was closed. */
  holds(user: string): boolean;
}

/**
 * What a statement of some users has by today's names alone, while it is in another one that holds: users who were
 * billed each for themselves may be shown as one since. A name that neither knew is the older one's.
 *
 * @returns Questions for what to leave out.
 */
export async function askForRivals(tx: LedgerRead, entry: StoredEntry, today: Corrections): Promise<UsageQuery[]> {
  const body = JSON.parse(entry.body) as StatementBody;
  if (body.scope !== "user" || body.subjects === undefined) return [];
  const others = (await sharing(tx, entry, body, today)).filter(({ id }) => id !== entry.id);
  if (others.length === 0) return [];
  const closed: Closed[] = [];
  for (const each of [entry, ...others]) closed.push(await readClosed(tx, each));
  closed.sort((a, b) => a.entry.at - b.entry.at || (a.entry.id < b.entry.id ? -1 : 1));
  const names = new Set(closed.flatMap((each) => each.body.subjects ?? []));
  for (const alias of await tx.entries({ kinds: ["alias"] })) names.add((JSON.parse(alias.body) as AliasBody).name);
  const shown = new Set(body.subjects.map(today.userOf));
  const ofOwner = Map.groupBy(
    [...names].filter((name) => shown.has(today.userOf(name))),
    (name) => closed.find((each) => each.holds(name)) ?? closed[0],
  );
  return closed.flatMap((each): UsageQuery[] => {
    const subject = ofOwner.get(each) ?? [];
    if (each.entry.id === entry.id || subject.length === 0) return [];
    const from = new Date(Math.max(entry.from, each.entry.from));
    const to = new Date(Math.min(entry.to, each.entry.to));
    return [{ from, to, by: ["subject"], subject, node: body.node ?? each.body.node, names: "recorded" }];
  });
}

async function readClosed(tx: LedgerRead, entry: StoredEntry): Promise<Closed> {
  const body = JSON.parse(entry.body) as StatementBody;
  const { userOf } = await readCorrections(tx, { from: entry.from, to: entry.from, asOf: entry.at });
  const subjects = body.subjects && new Set(body.subjects.map(userOf));
  return { entry, body, holds: (user) => subjects === undefined || subjects.has(userOf(user)) };
}
