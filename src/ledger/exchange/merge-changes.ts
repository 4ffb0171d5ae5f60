import { applyErasures } from "../erase.ts";
import type { LedgerStore } from "../store.ts";
import type { WriteSessions } from "../write-sessions.ts";
import { admitNode, isAllowed, mayCorrect, Refused } from "./admit-node.ts";
import type { HeldNode, MergeOptions, MergeResult, NodeChanges, NodeMerge, SentChanges } from "./changes.ts";
import { keptSessions, noteHeld, nothingHeld, type Standing, sessionAt, standings } from "./held.ts";
import type { KnownIds } from "./known-ids.ts";
import { addChangedEntries, asideEntry, chooseEntries, erasuresOf } from "./merge-entries.ts";
import { addRows } from "./merge-rows.ts";

/** What merging needs beside the store. */
export interface Merger {
  readonly store: LedgerStore;
  readonly ids: KnownIds;
  readonly sessions: WriteSessions;
  /** Tells this opening of the ledger from one of a copy. */
  readonly session: string;
}

/** Merges another ledger's changes, node by node in one transaction each. */
export async function mergeChanges(merger: Merger, changes: SentChanges, options: MergeOptions): Promise<MergeResult> {
  const { maxBytesPerSecond } = options;
  if (maxBytesPerSecond !== undefined && !(maxBytesPerSecond > 0 && maxBytesPerSecond < 2 ** 53))
    throw new RangeError(`maxBytesPerSecond must be above zero, not ${maxBytesPerSecond}`);
  const nodes: NodeMerge[] = [];
  const held: HeldNode[] = [];
  let ledger: string | undefined;
  for (const each of changes.nodes) {
    const { own, standing, result } = await mergeNode(merger, changes.ledger, each, options);
    ledger = own ?? ledger;
    nodes.push(result);
    if (standing === undefined) continue;
    const { revision, sessions } = standing;
    if (result.refused === undefined || result.refused === "rewind" || result.refused === "diverged")
      held.push({ ledger: each.ledger, node: each.node, revision, sessions });
  }
  ledger ??= await merger.store.read((tx) => tx.ledgerId());
  return { nodes, held: { ledger, sender: changes.ledger, nodes: held } };
}

interface Merged {
  /** Our own id, where it was asked for. */
  readonly own: string | undefined;
  /** `undefined` where nothing is noted of it. */
  readonly standing: Standing | undefined;
  readonly result: NodeMerge;
}

async function mergeNode(
  { store, ids, sessions, session }: Merger,
  sender: string,
  changes: NodeChanges,
  options: MergeOptions,
): Promise<Merged> {
  const { ledger, node: name } = changes;
  let standing = nothingHeld;
  let own: string | undefined;
  try {
    if (options.allow !== undefined && !isAllowed(changes, options.allow)) throw new Refused("not-allowed");
    // To note how far it is held would let anybody who knows a ledger's id say so for it.
    if (name === "" && options.allow !== undefined && !mayCorrect(options.allow))
      return { own, standing: undefined, result: nothingOf(changes, options) };
    const erasures = chooseEntries(changes.entries, options).wanted.filter(({ kind }) => kind === "erase");
    if (erasures.length > 0) {
      // Names are taken away before anything is noted as held: a process that dies in between does it again.
      await store.write(async (tx) => {
        const node = await admitNode(tx, { own: await tx.ledgerId(), sender }, changes, options);
        const revision = node.revision + 1;
        if ((await addChangedEntries(tx, node.id, revision, erasures)) === 0) return;
        await tx.changeNode(node.id, { revision });
        await sessions.begin(tx, node, revision);
      });
      await applyErasures({ store, session });
    }
    const merged = await store.write(async (tx) => {
      own = await tx.ledgerId();
      const node = await admitNode(tx, { own, sender }, changes, options);
      standing = (await standings(tx, node.id)).get(sender) ?? nothingHeld;
      standing = standingFor(standing, changes);
      if (changes.upTo < standing.revision)
        return { own, standing, result: repeatOf(changes), node: node.id, revision: 0 };
      const known = ids.of(node);
      const revision = node.revision + 1;
      const erased = erasuresOf(tx);
      const rows = await addRows(tx, node, { revision, known, erased }, changes, options);
      const { wanted, left } = chooseEntries(changes.entries, options);
      const entries = await addChangedEntries(tx, node.id, revision, wanted, erased);
      const aside = await addChangedEntries(
        tx,
        node.id,
        revision,
        rows.aside.map((row) => asideEntry(node, row)),
        erased,
      );
      const moved = rows.grown > 0 || entries + aside > 0;
      if (moved) {
        await tx.changeNode(node.id, { revision });
        await sessions.begin(tx, node, revision);
      }
      const after = await noteHeld(tx, node.id, sender, standing, changes);
      if (changes.state === "sealed" && node.state === "merged" && after.revision >= changes.upTo)
        await tx.changeNode(node.id, { state: "sealed" });
      const result: NodeMerge = {
        ledger,
        node: name,
        refused: undefined,
        rows: rows.grown,
        entries,
        unchanged: rows.unchanged + wanted.length - entries,
        aside: rows.aside.length,
        left: [...(changes.left ?? []), ...rows.left, ...left],
      };
      return { own, standing: after, result, node: node.id, revision: moved ? revision : 0 };
    });
    if (merged.revision > 0) sessions.wrote(merged.node, merged.revision);
    return merged;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { own, standing, result: { ...repeatOf(changes), unchanged: 0, left: [], refused: error.reason } };
  }
}

/** Of changes that can bring nothing: all of them are held, and more. */
function repeatOf({ ledger, node, usage, entries, left = [] }: NodeChanges): NodeMerge {
  const rows = usage.reduce((count, { counters }) => count + counters.length, 0);
  const none = { rows: 0, entries: 0, aside: 0, left };
  return { ledger, node, refused: undefined, ...none, unchanged: rows + entries.length };
}

/** Of changes of which nothing may come. */
function nothingOf(changes: NodeChanges, options: MergeOptions): NodeMerge {
  const { left } = chooseEntries(changes.entries, options);
  return { ...repeatOf(changes), unchanged: 0, left: [...(changes.left ?? []), ...left] };
}

/**
 * How changes stand to what is held. Of a ledger and its copy that both went on only one may come, since both recorded
 * the same traffic; they are told by the session in which what both have last was written. What a ledger has from
 * others may come again from the beginning.
 *
 * @throws Refused
 */
function standingFor(standing: Standing, { since, upTo, sessions, recorded }: NodeChanges): Standing {
  const { revision, sessions: held } = standing;
  if (revision === 0) return standing;
  const both = Math.min(revision, upTo);
  const [first] = sessions;
  if (first !== undefined && first.revision > both && first.revision <= since) throw new Refused("rewind");
  const [kept] = held;
  const known = kept === undefined || kept.revision <= both || held.length < keptSessions;
  if (!known || sessionAt(sessions, both) === sessionAt(held, both)) return standing;
  if (recorded) throw new Refused("diverged");
  if (since > 0) throw new Refused("rewind");
  return { ...standing, revision: 0, sessions: [] };
}
