import { counterKey } from "../counter-key.ts";
import type { Ledger } from "../ledger.ts";
import { LedgerError } from "../ledger-error.ts";
import type { LedgerStore, LedgerWrite, StoredCounter, StoredNode, StoredRaw } from "../store.ts";
import { collectChanges } from "./collect-changes.ts";
import { type ChangeSource, exchange, type LedgersMerged, type MergeLedgersOptions } from "./merge-ledgers.ts";
import { NodeCounters } from "./node-counters.ts";
import { reconcile } from "./reconcile.ts";
import { sealOf, sealOwn } from "./seal.ts";
import { storeOf } from "./stores.ts";

/** What was moved. */
export interface LedgerMoved extends LedgersMerged {
  /** Nodes that are recorded in the other ledger from now on; none where all were moved before. */
  readonly nodes: readonly string[];
}

/**
 * Moves a ledger: all of it is merged, and what it records is recorded in the other one from then on, without a gap.
 * Before a node's base goes over, the node is sealed here and every claim of it is void, so that there are never two
 * that can record it. A move that was killed is taken up by the next one.
 *
 * @throws {@link LedgerError} `other-ledger` where the other ledger has a node of the same name from elsewhere,
 *   `sealed` where a node was moved to a third ledger.
 */
export async function moveLedger(from: Ledger, to: Ledger, options: MergeLedgersOptions = {}): Promise<LedgerMoved> {
  const source = storeOf(from);
  const target = storeOf(to);
  const before = await exchange(from, to, options);
  const targetId = await to.id();
  await assertMovable(source, target, targetId);
  for (const { ledger, name } of await movable(source))
    await source.write(async (tx) => {
      const node = await tx.nodeOf(ledger, name);
      // A writer of this process has lost its claim by this, as any other.
      if (node.state === "own") await sealOwn(tx, node, { sealed: "moved", to: targetId });
    });
  const pending = await notTakenOver(source, target, targetId);
  if (pending.length === 0) return { ...before, nodes: [] };
  const after = await exchange(sealedSource(from, source), to, options);
  const nodes: string[] = [];
  for (const node of pending) if (await takeOver(source, target, node)) nodes.push(node.name);
  return {
    rows: before.rows + after.rows,
    entries: before.entries + after.entries,
    // Of a move that was killed some nodes are over there already.
    refused: after.refused.filter(({ reason }) => reason !== "own"),
    nodes,
  };
}

/** Everything is looked at before anything is sealed. */
async function assertMovable(source: LedgerStore, target: LedgerStore, targetId: string): Promise<void> {
  const nodes = await source.read(async (tx) => (await tx.nodes()).filter(({ name }) => name !== ""));
  for (const { ledger, name, state, ...node } of nodes) {
    const seal = sealOf({ ledger, name, state, ...node });
    if (state !== "own" && seal?.sealed !== "moved") continue;
    const others = await target.read((tx) => tx.nodesNamed([name]));
    if (others.some((other) => other.ledger !== ledger))
      throw new LedgerError("other-ledger", `the ledger to move to has a node ${name} of another ledger`, {
        advice: "Merge without moving, or record that node under another name first.",
      });
    if (seal?.sealed === "moved" && seal.to !== targetId)
      throw new LedgerError("sealed", `${name} was moved to the ledger ${seal.to}`, {
        advice: "Finish the move to that ledger: what it does not have yet lies here.",
      });
  }
}

async function movable(source: LedgerStore): Promise<readonly StoredNode[]> {
  return source.read(async (tx) => (await tx.nodes()).filter(({ state, name }) => state === "own" && name !== ""));
}

/** Nodes that were sealed for the target, and that it does not record yet. */
async function notTakenOver(
  source: LedgerStore,
  target: LedgerStore,
  targetId: string,
): Promise<readonly StoredNode[]> {
  const moved = await source.read(async (tx) =>
    (await tx.nodes()).filter((node) => {
      const seal = sealOf(node);
      return seal?.sealed === "moved" && seal.to === targetId;
    }),
  );
  const there = await target.read((tx) => tx.nodes());
  return moved.filter(
    ({ ledger, name }) =>
      (there.find((node) => node.ledger === ledger && node.name === name)?.state ?? "merged") === "merged",
  );
}

/** The source of an exchange that sends what was moved, too: for the ledger it goes to alone. */
function sealedSource(from: Ledger, store: LedgerStore): ChangeSource {
  const counters = new NodeCounters();
  return {
    id: () => from.id(),
    reconcile: (held) => reconcile(store, held, undefined, "with-moved"),
    changes: (options) => collectChanges(store, counters, options, "with-moved"),
  };
}

interface Recorded {
  readonly node: StoredNode;
  readonly raws: readonly (StoredRaw & { readonly counter: number })[];
  readonly counters: readonly StoredCounter[];
}

/** Makes the target record a node from where the sealed source stood. @returns Whether it did not before. */
async function takeOver(source: LedgerStore, target: LedgerStore, { id, ledger, name }: StoredNode): Promise<boolean> {
  const recorded = await source.read(async (tx): Promise<Recorded> => {
    const node = (await tx.nodes()).find((each) => each.id === id) as StoredNode;
    return { node, raws: await tx.raws(id), counters: await tx.counters(id) };
  });
  return target.write(async (tx) => {
    const node = await tx.nodeOf(ledger, name);
    // It was taken over before, and may have recorded on.
    if (node.state !== "merged") return false;
    if ((await tx.nodesNamed([name])).some((other) => other.id !== node.id))
      throw new LedgerError("other-ledger", `the ledger to move to has a node ${name} of another ledger`, {
        advice: "Release that one there; nothing is lost meanwhile.",
      });
    await copyRaws(tx, node, recorded);
    await tx.changeNode(node.id, {
      state: "own",
      base: recorded.node.base,
      token: recorded.node.token,
      holder: undefined,
    });
    return true;
  });
}

/** What the core's counters showed last, and those of them that have no usage yet. */
async function copyRaws(tx: LedgerWrite, node: StoredNode, { raws, counters }: Recorded): Promise<void> {
  const known = new Map((await tx.counters(node.id)).map((counter) => [counterKey(counter), counter.id]));
  const missing = counters.filter((counter) => !known.has(counterKey(counter)));
  const added = await tx.addCounters(
    node.id,
    missing.map(({ source, name, generation }) => ({ source, name, generation })),
  );
  for (const [at, counter] of missing.entries()) known.set(counterKey(counter), added[at] as number);
  const there = new Map(counters.map((counter) => [counter.id, known.get(counterKey(counter)) as number]));
  const moved = raws
    .map((raw) => ({ ...raw, counter: there.get(raw.counter) as number }))
    .sort((a, b) => a.counter - b.counter);
  await tx.setRaws(
    node.id,
    moved.map(({ counter }) => counter),
    moved.map(({ value }) => value),
  );
  for (const [since, those] of Map.groupBy(moved, ({ missingSince }) => missingSince))
    if (since !== undefined)
      await tx.setMissing(
        node.id,
        those.map(({ counter }) => counter),
        since,
      );
}
