import { packParts, quartersOfDay, unpackParts } from "./day-parts.ts";
import { dayMs } from "./quarter.ts";
import type { ChangedUsage, LedgerStore, LedgerWrite, PackedDay, StoredNode } from "./store.ts";
import { monthOf } from "./sum-range.ts";

/** Options of `Ledger.pack`. */
export interface PackOptions {
  /** Days that ended before this time are packed. @defaultValue two days ago: rows still come in for younger ones */
  readonly before?: Date | undefined;
  /** Ends it between two steps; what is packed stays so. */
  readonly signal?: AbortSignal | undefined;
  /** Is told after each step, of which each is short: how many days of how many are done. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Counters of one transaction: few enough that a writer beside it hardly waits. */
const countersPerStep = 2048;

/** A day of more stays as it is, so that a month's total never overflows an int64. */
const mostBytes = 2n ** 58n;

/**
 * Packs all quarters of each past day of a counter into one row. Nothing is summed away.
 *
 * @returns How many days of nodes were packed.
 */
export async function pack(store: LedgerStore, { before, signal, onProgress }: PackOptions): Promise<number> {
  const end = Math.floor((before?.getTime() ?? Date.now() - 2 * dayMs) / dayMs);
  const days = await store.read(async (tx) => {
    const found: { readonly node: StoredNode; readonly day: number }[] = [];
    for (const node of await tx.nodes()) {
      const quarters = await tx.quarters(node.id);
      const past = new Set(quarters.map(({ quarter }) => Math.floor(quarter / quartersOfDay)));
      for (const day of past) if (day < end) found.push({ node, day });
    }
    return found;
  });
  for (const [done, { node, day }] of days.entries()) {
    const ids = await store.read(async (tx) => (await tx.counters(node.id)).map(({ id }) => id));
    for (let at = 0; at < ids.length; at += countersPerStep) {
      signal?.throwIfAborted();
      const first = ids[at] as number;
      const last = ids[Math.min(at + countersPerStep, ids.length) - 1] as number;
      await store.write((tx) => packCounters(tx, node, day, { first, last }));
    }
    onProgress?.(done + 1, days.length);
  }
  return days.length;
}

async function packCounters(
  tx: LedgerWrite,
  { ledger, name }: StoredNode,
  day: number,
  range: { readonly first: number; readonly last: number },
): Promise<void> {
  // Locks it.
  const { id: node } = await tx.nodeOf(ledger, name);
  const fresh = Map.groupBy(await tx.unpacked(node, day, range.first, range.last), ({ counter }) => counter);
  if (fresh.size === 0) return;
  const counters = [...fresh.keys()].sort((a, b) => a - b);
  const packed = new Map((await tx.packed({ node, counters }, day)).map((row) => [row.counter, row]));
  const rows: PackedDay[] = [];
  const added = { month: monthOf(day), counters: [] as number[], bytes: [] as bigint[] };
  for (const counter of counters) {
    const row = addRows(packed.get(counter), counter, fresh.get(counter) as FreshRow[]);
    if (row.total >= mostBytes) return;
    rows.push(row);
    added.counters.push(counter);
    added.bytes.push(row.total - (packed.get(counter)?.total ?? 0n));
  }
  await tx.pack(node, day, range, rows, added);
}

type FreshRow = ChangedUsage & { readonly revision: number };

function addRows(before: PackedDay | undefined, counter: number, fresh: readonly FreshRow[]): PackedDay {
  const parts = before === undefined ? new Map<number, bigint>() : unpackParts(before.parts);
  let total = before?.total ?? 0n;
  let revision = before?.revision ?? 0;
  for (const row of fresh) {
    const at = row.quarter % quartersOfDay;
    parts.set(at, (parts.get(at) ?? 0n) + row.bytes);
    total += row.bytes;
    revision = Math.max(revision, row.revision);
  }
  return { counter, total, parts: packParts(parts), revision };
}
