import { readCorrections } from "../../ledger/answer/read-corrections.ts";
import type { ChangeCursor, NodeChanges } from "../../ledger/exchange/changes.ts";
import { partsOf, storeOf } from "../../ledger/exchange/stores.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { StoredNode } from "../../ledger/store.ts";
import { parseStatName } from "../../names/parse-stat-name.ts";

/** Where a ledger stands. */
export interface LedgerHead {
  readonly ledger: string;
  readonly nodes: readonly StoredNode[];
}

/** The revision of each node, by its number in the ledger. */
export type Revisions = ReadonlyMap<number, number>;

/** Whether a ledger stands where revisions are known of, or beyond. */
export function covers({ nodes }: LedgerHead, known: Revisions): boolean {
  const standing = new Map(nodes.map(({ id, revision }) => [id, revision]));
  return [...known].every(([node, revision]) => (standing.get(node) ?? -1) >= revision);
}

/** Reads where a ledger stands. */
export function readHead(ledger: Ledger): Promise<LedgerHead> {
  return storeOf(ledger).read(async (tx) => ({ ledger: await tx.ledgerId(), nodes: await tx.nodes() }));
}

/**
 * Whether cores alone told of all nodes. Where a panel told of one too, a row of the core takes other users' rows of the
 * panel out of the totals, and these users did not change.
 */
export function isProven(ledger: Ledger): Promise<boolean> {
  const { store, names } = partsOf(ledger);
  return store.read(async (tx) => {
    for (const node of await tx.nodes()) if (node.names > 0 && !(await names.of(tx, node)).proven) return false;
    return true;
  });
}

// More than these are not looked through: then all totals are given.
const pageRows = 10_000;
const mostPages = 10;

// What changes nothing but the notes of an answer, but for a gap that was settled before it came.
const harmless: ReadonlySet<string> = new Set(["gap", "late", "aside"]);

/**
 * Users of whom anything was booked since these revisions, under the names that they are shown by; `undefined` where
 * anybody's totals may have changed, or it is too much to tell.
 */
export async function changedUsers(
  ledger: Ledger,
  head: LedgerHead,
  known: Revisions,
): Promise<ReadonlySet<string> | undefined> {
  // Else it was put back from a backup.
  if (!covers(head, known)) return undefined;
  let since: ChangeCursor = {
    ledger: head.ledger,
    nodes: head.nodes.map(({ id, ledger, name }) => ({ ledger, node: name, revision: known.get(id) ?? 0 })),
  };
  const names = new Set<string>();
  const gaps = new Set<string>();
  for (let page = 0; page < mostPages; page++) {
    const { nodes, cursor, complete } = await ledger.changes({ since, limit: pageRows });
    if (nodes.some(changesAnything)) return undefined;
    for (const { counters, entries } of nodes) {
      for (const { name } of counters) {
        const parsed = parseStatName(name);
        if (parsed.kind === "traffic" && parsed.scope === "user") names.add(parsed.subject);
      }
      for (const { id, kind } of entries) if (kind === "gap") gaps.add(id);
    }
    if (complete) return shown(ledger, names, gaps);
    since = cursor;
  }
  return undefined;
}

/** What people wrote, names that were erased because of it, and nodes that do not send all their rows. */
function changesAnything({ node, state, entries }: NodeChanges): boolean {
  return node === "" || state !== "growing" || entries.some(({ kind }) => !harmless.has(kind));
}

async function shown(
  ledger: Ledger,
  names: ReadonlySet<string>,
  gaps: ReadonlySet<string>,
): Promise<ReadonlySet<string> | undefined> {
  if (names.size + gaps.size === 0) return names;
  const everything = { from: undefined, to: undefined, asOf: undefined };
  const { userOf, settlements } = await storeOf(ledger).read((tx) => readCorrections(tx, everything));
  for (const gap of gaps) if (settlements.has(gap)) return undefined;
  return new Set([...names].map(userOf));
}
