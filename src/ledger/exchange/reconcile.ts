import { randomUUID } from "node:crypto";
import { parseEvidence } from "../../snapshot/snapshot-json.ts";
import { quartersOfDay, unpackParts } from "../day-parts.ts";
import { gapEntry, gapOf } from "../gap.ts";
import { quarterStart } from "../quarter.ts";
import type { LedgerRead, LedgerStore, LedgerWrite, Session, StoredNode } from "../store.ts";
import type { ChangeCursor, CursorNode, HeldNode, LedgerHeld, ReplacedLedger } from "./changes.ts";
import { type MovedNodes, nodeKey, sendableOf } from "./collect-changes.ts";
import { sessionAt } from "./held.ts";
import { sealOwn } from "./seal.ts";

/** Where an exchange begins. */
export interface Reconciled {
  /** For `changes`: what the receiver does not hold yet comes after it. */
  readonly since: ChangeCursor;
  /** This ledger turned out to be a copy, and has a new id. */
  readonly restored: boolean;
}

/** Compares what a receiver holds with what is here. */
export async function reconcile(
  store: LedgerStore,
  held: LedgerHeld,
  since: ChangeCursor | undefined,
  moved: MovedNodes = "without-moved",
): Promise<Reconciled> {
  const found = await store.read((tx) => compare(tx, held, since, moved));
  if (found !== "copy") return { since: found, restored: false };
  return store.write(async (tx) => {
    // Another process may have seen it too: it waits here, and then finds the new id.
    await tx.ownNode("");
    const again = await compare(tx, held, since, moved);
    if (again !== "copy") return { since: again, restored: false };
    return { since: { ledger: await giveIdUp(tx, held), nodes: [] }, restored: true };
  });
}

async function compare(
  tx: LedgerRead,
  held: LedgerHeld,
  since: ChangeCursor | undefined,
  moved: MovedNodes,
): Promise<ChangeCursor | "copy"> {
  const ledger = await tx.ledgerId();
  const before = since?.ledger === ledger ? since : { ledger, nodes: [] };
  // It speaks of an id that was given up meanwhile.
  if (held.sender !== ledger) return before;
  const nodes = new Map((await tx.nodes()).map((node) => [nodeKey(node.ledger, node.name), node]));
  const taken = new Map(before.nodes.map((node) => [nodeKey(node.ledger, node.node), node]));
  for (const each of held.nodes) {
    const key = nodeKey(each.ledger, each.node);
    const node = nodes.get(key);
    const sendable = node && sendableOf(node, moved);
    if (node === undefined || sendable === undefined) {
      // What was recorded here under the own id is here, but in an older copy.
      if (node === undefined && each.ledger === ledger && each.revision > 0) return "copy";
      continue;
    }
    const same =
      each.revision <= sendable.head &&
      sessionAt(await tx.sessions(node.id), each.revision) === (each.sessions.at(-1)?.id ?? "");
    if (!same && each.revision > 0 && node.state === "own") return "copy";
    // Of what was merged here all can be sent again: a restored hub is no danger, only behind.
    taken.set(key, standingAt(each, same ? each.revision : 0, taken.get(key)));
  }
  return { ...before, nodes: [...taken.values()] };
}

/** A sweep goes on only from where it began. */
function standingAt({ ledger, node }: HeldNode, revision: number, before: CursorNode | undefined): CursorNode {
  return before?.revision === revision ? before : { ledger, node, revision };
}

/**
 * This ledger is a copy: whatever it records from here on it records as another one. What it recorded under the old id
 * may be sent up to where the copy was made; the rest may be on its way from the other one too, and is a gap.
 */
async function giveIdUp(tx: LedgerWrite, held: LedgerHeld): Promise<string> {
  const id = randomUUID();
  // First: a node that another process makes meanwhile is either among those that follow, or of the new id.
  await tx.setLedgerId(id);
  const nodes = await tx.nodes();
  const own = nodes.filter(({ state, name }) => state === "own" && name !== "");
  for (const { ledger, name } of own) {
    const node = await tx.ownNode(name);
    const theirs = held.nodes.find((each) => each.ledger === ledger && each.node === name);
    const revision = sharedRevision(node, await tx.sessions(node.id), theirs);
    await sealOwn(tx, node, { sealed: "given-up", revision, seen: seenOf(theirs) });
    const next = await tx.ownNode(name);
    // Above the old one: else a writer of before could pass for one of now.
    await tx.changeNode(next.id, { token: node.token + 1 });
    await writeLost(tx, node, next, revision);
  }
  for (const each of held.nodes) {
    if (each.ledger !== held.sender || each.node === "" || nodes.some(({ name }) => name === each.node)) continue;
    // Recorded after the copy was made: nothing of it is here but the word that it was given up.
    await sealOwn(tx, await tx.nodeOf(each.ledger, each.node), { sealed: "given-up", revision: 0, seen: seenOf(each) });
  }
  return id;
}

function seenOf(held: HeldNode | undefined): ReplacedLedger["seen"] {
  return { revision: held?.revision ?? 0, sessions: (held?.sessions ?? []).map(({ id }) => id) };
}

/** The last revision that a ledger and a copy of it have in common, as far as that is sure. */
function sharedRevision({ revision }: StoredNode, here: readonly Session[], theirs: HeldNode | undefined): number {
  if (theirs === undefined) return 0;
  const same = (a: Session, b: Session): boolean => a.id === b.id && a.revision === b.revision;
  const last = here.findLast((session) => theirs.sessions.some((other) => same(session, other)));
  const after = (sessions: readonly Session[]): number =>
    sessions.find((session) => last === undefined || session.revision > last.revision)?.revision ??
    Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(revision, after(here) - 1, after(theirs.sessions) - 1));
}

/** Notes the time and the bytes of rows that are not sent. */
async function writeLost(tx: LedgerWrite, old: StoredNode, next: StoredNode, revision: number): Promise<void> {
  const quarters = (await tx.quarters(old.id)).filter((each) => each.revision > revision);
  const days = (await tx.packedDays(old.id)).filter((each) => each.revision > revision).map(({ day }) => day);
  const touched = [...quarters.map(({ quarter }) => Math.floor(quarter / quartersOfDay)), ...days];
  if (touched.length === 0) return;
  // From the beginning of the day: it may be packed later, and what was recorded before would stay with it.
  const first = Math.min(...touched);
  const names = new Map((await tx.counters(old.id)).map(({ id, name }) => [id, name]));
  const bound = new Map<string, bigint>();
  const add = (counter: number, bytes: bigint): void => {
    const name = names.get(counter) as string;
    bound.set(name, (bound.get(name) ?? 0n) + bytes);
  };
  let lastQuarter = 0;
  for (const { quarter } of await tx.quarters(old.id)) {
    if (quarter < first * quartersOfDay) continue;
    lastQuarter = Math.max(lastQuarter, quarter);
    const all = { since: 0, upTo: Number.MAX_SAFE_INTEGER, after: 0, limit: Number.MAX_SAFE_INTEGER };
    for (const { counter, bytes } of await tx.changedUsage(old.id, quarter, all)) add(counter, bytes);
  }
  for (const { day } of await tx.packedDays(old.id)) {
    if (day < first) continue;
    for (const { counter, parts } of await tx.packed({ nodes: [old.id] }, day))
      for (const [part, bytes] of unpackParts(parts)) {
        lastQuarter = Math.max(lastQuarter, day * quartersOfDay + part);
        add(counter, bytes);
      }
  }
  const now = new Date();
  const to =
    old.base === undefined ? quarterStart(lastQuarter + 1) : parseEvidence(JSON.parse(old.base), "base").ended.at;
  // Bytes that were booked late flowed before.
  const late = await tx.entries({ nodes: [old.id], kinds: ["late"], since: revision });
  const from = new Date(Math.min(quarterStart(first * quartersOfDay).getTime(), ...late.map((note) => note.from)));
  const counters = Array.from(bound, ([name, value]) => ({ name, value }));
  const gap = gapOf(old.name, { cause: "ledger-restored", from, to, bound: counters });
  await tx.addEntries(1, [gapEntry(next.id, now, gap)]);
  await tx.addSession(next.id, { revision: 1, id: randomUUID() });
  await tx.changeNode(next.id, { revision: 1 });
}
