import { quartersOfDay, unpackParts } from "../day-parts.ts";
import { type ErasedNames, twinFinder } from "../erased-names.ts";
import { isBookable, quarterMs } from "../quarter.ts";
import type { LedgerWrite, NewCounter, StoredNode } from "../store.ts";
import type { LeftOut, MergeOptions, NodeChanges } from "./changes.ts";
import { counterKey, type KnownCounters } from "./node-counters.ts";

/** A row above the line rate. */
export interface AsideRow {
  readonly counter: NewCounter;
  readonly quarter: number;
  readonly bytes: bigint;
}

interface AddedRows {
  /** Rows that grew. */
  readonly grown: number;
  readonly unchanged: number;
  readonly aside: readonly AsideRow[];
  readonly left: readonly LeftOut[];
}

interface Row {
  /** Its index in the changes. */
  readonly counter: number;
  readonly bytes: bigint;
}

/** The largest bytes that a store holds in a row. */
const mostBytes = 2n ** 63n - 1n;

/** Adds to what is held of a node what absolute rows have more. */
export async function addRows(
  tx: LedgerWrite,
  node: StoredNode,
  to: { readonly revision: number; readonly known: KnownCounters; readonly erased: () => Promise<ErasedNames> },
  changes: NodeChanges,
  { maxBytesPerSecond }: MergeOptions,
): Promise<AddedRows> {
  const result = { grown: 0, unchanged: 0, aside: [] as AsideRow[], left: [] as LeftOut[] };
  const mostPlausible =
    maxBytesPerSecond === undefined ? mostBytes : BigInt(Math.ceil(maxBytesPerSecond)) * BigInt(quarterMs / 1000);
  const rows = new Map<number, Row[]>();
  for (const { quarter, counters, bytes: all } of changes.usage)
    for (const [at, counter] of counters.entries()) {
      const bytes = all[at] as bigint;
      const named = changes.counters[counter] as NewCounter;
      if (bytes < 0n || bytes > mostBytes || !isBookable(quarter))
        result.left.push({ item: named.name, reason: "out-of-range" });
      else if (bytes > mostPlausible) result.aside.push({ counter: named, quarter, bytes });
      else if (bytes > 0n) {
        const ofQuarter = rows.get(quarter) ?? [];
        rows.set(quarter, ofQuarter);
        ofQuarter.push({ counter, bytes });
      }
    }
  if (rows.size === 0) return result;
  const ids = await counterIds(tx, node, to, changes, rows.values());
  const packedDays = new Set((await tx.packedDays(node.id)).map(({ day }) => day));
  for (const [day, quarters] of Map.groupBy(rows.keys(), (quarter) => Math.floor(quarter / quartersOfDay))) {
    const absolute = quarters.map((quarter) => [quarter, byCounter(rows.get(quarter) as Row[], ids)] as const);
    const counters = [...new Set(absolute.flatMap(([, bytes]) => [...bytes.keys()]))].sort((a, b) => a - b);
    const packed = new Map<number, ReadonlyMap<number, bigint>>();
    if (packedDays.has(day))
      for (const row of await tx.packed({ node: node.id, counters }, day))
        packed.set(row.counter, unpackParts(row.parts));
    for (const [quarter, bytes] of absolute) {
      const sorted = [...bytes.keys()].sort((a, b) => a - b);
      const held = await tx.usageOf(node.id, quarter, sorted);
      const grown = { counters: [] as number[], bytes: [] as bigint[] };
      for (const [at, counter] of sorted.entries()) {
        const before = (held[at] as bigint) + (packed.get(counter)?.get(quarter % quartersOfDay) ?? 0n);
        const more = (bytes.get(counter) as bigint) - before;
        if (more <= 0n) continue;
        grown.counters.push(counter);
        grown.bytes.push(more);
      }
      result.grown += grown.counters.length;
      result.unchanged += sorted.length - grown.counters.length;
      if (grown.counters.length > 0) await tx.addUsage(node.id, to.revision, { quarter, ...grown });
    }
  }
  return result;
}

/** Bytes of a quarter by the counters' ids here: one name may stand for several after an erasure, of the same rows. */
function byCounter(rows: readonly Row[], ids: ReadonlyMap<number, number>): Map<number, bigint> {
  const found = new Map<number, bigint>();
  for (const { counter, bytes } of rows) {
    const id = ids.get(counter) as number;
    const before = found.get(id) ?? 0n;
    found.set(id, bytes > before ? bytes : before);
  }
  return found;
}

/** The ids here of the counters that rows are of, by their indices in the changes; missing ones are added. */
async function counterIds(
  tx: LedgerWrite,
  node: StoredNode,
  { known, erased }: { readonly known: KnownCounters; readonly erased: () => Promise<ErasedNames> },
  { counters }: NodeChanges,
  rows: Iterable<readonly Row[]>,
): Promise<Map<number, number>> {
  const ids = new Map<number, number>();
  const fresh = new Map<string, { readonly counter: NewCounter; readonly indices: number[] }>();
  for (const ofQuarter of rows)
    for (const { counter: index } of ofQuarter) {
      if (ids.has(index)) continue;
      const id = known.byKey.get(counterKey(counters[index] as NewCounter));
      if (id !== undefined) ids.set(index, id);
      else ids.set(index, 0);
    }
  let twin: ReturnType<typeof twinFinder> | undefined;
  for (const [index, id] of ids) {
    if (id !== 0) continue;
    const counter = await incomingCounter(node, counters[index] as NewCounter, erased);
    const key = counterKey(counter);
    twin ??= twinFinder([...known.byId.values()]);
    const before = known.byKey.get(key) ?? twin(counter);
    if (before !== undefined) ids.set(index, before);
    else {
      const added = fresh.get(key) ?? { counter, indices: [] };
      fresh.set(key, added);
      added.indices.push(index);
    }
  }
  if (fresh.size === 0) return ids;
  const added = [...fresh.values()];
  const addedIds = await tx.addCounters(
    node.id,
    added.map(({ counter }) => counter),
  );
  for (const [at, { indices }] of added.entries()) for (const index of indices) ids.set(index, addedIds[at] as number);
  return ids;
}

/** Under which name a counter is kept that came from elsewhere: erased users stay erased. */
async function incomingCounter(
  { ledger, name: node }: StoredNode,
  { source, name, generation }: NewCounter,
  erased: () => Promise<ErasedNames>,
): Promise<NewCounter> {
  const pseudonym = (await erased()).counter({ ledger, node, name, generation });
  return { source, name: pseudonym ?? name, generation };
}
