import { randomUUID } from "node:crypto";
import { counterKey } from "../counter-key.ts";
import type { LedgerRead, LedgerStore, Session, StoredNode } from "../store.ts";
import type {
  ChangeCursor,
  ChangesOptions,
  CursorNode,
  LedgerChanges,
  NodeChanges,
  ReplacedLedger,
} from "./changes.ts";
import type { NodeCounters } from "./node-counters.ts";
import { readRows } from "./read-rows.ts";
import { sealOf } from "./seal.ts";

/** How much of a node may leave this ledger. */
interface Sendable {
  readonly state: NodeChanges["state"];
  /** Up to which revision. */
  readonly head: number;
  readonly notAbove: number;
}

/** Nodes that were moved to another ledger are sent by that one; by this one only while they are moved. */
export type MovedNodes = "with-moved" | "without-moved";

/** What may be sent of a node; `undefined` where nothing may. */
export function sendableOf(node: StoredNode, moved: MovedNodes = "without-moved"): Sendable | undefined {
  const seal = sealOf(node);
  const all = { head: node.revision, notAbove: Number.MAX_SAFE_INTEGER };
  if (seal?.sealed === "moved") return moved === "with-moved" ? { state: "growing", ...all } : undefined;
  // Its gaps are told all the same: they are of a time that others may not have recorded either.
  if (seal?.sealed === "given-up") return { state: "given-up", head: node.revision, notAbove: seal.revision };
  return { state: node.state === "sealed" ? "sealed" : "growing", ...all };
}

/** Reads what changed since a cursor, about so many rows. */
export async function collectChanges(
  store: LedgerStore,
  counters: NodeCounters,
  options: ChangesOptions,
  moved: MovedNodes = "without-moved",
): Promise<LedgerChanges> {
  const { since, limit = 10_000, node: name } = options;
  if (!(Number.isSafeInteger(limit) && limit > 0))
    throw new RangeError(`limit must be a count above zero, not ${limit}`);
  return store.read(async (tx) => {
    const ledger = await tx.ledgerId();
    // Under another id nothing is acknowledged.
    const start = since?.ledger === ledger ? since : undefined;
    const taken = new Map((start?.nodes ?? []).map((each) => [nodeKey(each.ledger, each.node), each]));
    const all = await tx.nodes();
    const asked = all.filter((node) => name === undefined || node.name === name || node.name === "");
    const changes: NodeChanges[] = [];
    let last = start?.last;
    const goesOn = last !== undefined && taken.get(nodeKey(last.ledger, last.node))?.sweep !== undefined;
    let weight = 0;
    let complete = true;
    for (const node of inTurn(asked, last, goesOn)) {
      const sendable = sendableOf(node, moved);
      const key = nodeKey(node.ledger, node.name);
      const before = taken.get(key);
      if (sendable === undefined || (before?.sweep === undefined && sendable.head <= (before?.revision ?? 0))) continue;
      if (weight >= limit) {
        complete = false;
        break;
      }
      const read = await collectNode(tx, node, sendable, { before, counters, limit: limit - weight, all });
      changes.push(read.changes);
      weight += read.weight;
      const { part, upTo } = read.changes;
      const at = { ledger: node.ledger, node: node.name };
      const sweep = part.to === undefined ? undefined : { id: part.sweep, upTo, at: part.to };
      taken.set(key, sweep ? { ...at, revision: before?.revision ?? 0, sweep } : { ...at, revision: upTo });
      last = at;
      if (sweep !== undefined) {
        complete = false;
        break;
      }
    }
    const cursor: ChangeCursor = { ledger, nodes: [...taken.values()], ...(last === undefined ? {} : { last }) };
    return { ledger, nodes: changes, cursor, complete };
  });
}

/** A node whose sweep is on its way goes on; else the one that was sent last comes last. */
function inTurn(nodes: readonly StoredNode[], last: ChangeCursor["last"], goesOn: boolean): readonly StoredNode[] {
  const at = nodes.findIndex(({ ledger, name }) => ledger === last?.ledger && name === last.node);
  const first = goesOn ? Math.max(at, 0) : at + 1;
  return [...nodes.slice(first), ...nodes.slice(0, first)];
}

async function collectNode(
  tx: LedgerRead,
  node: StoredNode,
  { state, head, notAbove }: Sendable,
  from: {
    readonly before: CursorNode | undefined;
    readonly counters: NodeCounters;
    readonly limit: number;
    readonly all: readonly StoredNode[];
  },
): Promise<{ readonly changes: NodeChanges; readonly weight: number }> {
  const { before, counters, limit, all } = from;
  const since = before?.revision ?? 0;
  const { id: sweep, upTo, at } = before?.sweep ?? { id: randomUUID() as string, upTo: head, at: "" };
  const known = await counters.of(tx, node);
  const { entries, usage, to, weight } = await readRows(tx, node, known, { since, notAbove, at, limit });
  const sent = new Map<number, number>();
  const columns = usage.map(({ quarter, counters: ids, bytes }) => {
    const indices = ids.map((id) => {
      const index = sent.get(id) ?? sent.size;
      sent.set(id, index);
      return index;
    });
    return { quarter, counters: indices, bytes };
  });
  const changes: NodeChanges = {
    ledger: node.ledger,
    node: node.name,
    state,
    recorded: node.state === "own",
    replaces: node.state === "own" ? replacedBy(node, all) : [],
    since,
    upTo,
    part: { sweep, from: at, to },
    sessions: sessionsBetween(await tx.sessions(node.id), since, upTo),
    counters: Array.from(sent.keys(), (id) => {
      const { source, name, generation } = known.byId.get(id) as { source: string; name: string; generation: number };
      return { source, name, generation };
    }),
    usage: columns,
    entries,
  };
  return { changes, weight };
}

function replacedBy({ name }: StoredNode, nodes: readonly StoredNode[]): ReplacedLedger[] {
  return nodes.flatMap((node) => {
    const seal = node.name === name ? sealOf(node) : undefined;
    return seal?.sealed === "given-up" ? { ledger: node.ledger, revision: seal.revision, seen: seal.seen } : [];
  });
}

/** The session at a revision, and those that began after it. */
function sessionsBetween(sessions: readonly Session[], since: number, upTo: number): Session[] {
  const first = sessions.findLastIndex(({ revision }) => revision <= since);
  return sessions.slice(Math.max(first, 0)).filter(({ revision }) => revision <= upTo);
}

/** One text for what tells a node from others. */
export function nodeKey(ledger: string, name: string): string {
  return counterKey({ source: ledger, name, generation: 0 });
}
