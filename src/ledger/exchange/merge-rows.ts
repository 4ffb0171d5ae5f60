import { quartersOfDay, unpackParts } from "../day-parts.ts";
import { isBookable, quarterMs } from "../quarter.ts";
import type { LedgerWrite, NewCounter, StoredNode, UsageColumns } from "../store.ts";
import type { LeftOut, MergeOptions, NodeChanges } from "./changes.ts";
import { type IdSources, incomingIds } from "./incoming-ids.ts";

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
  { revision, ...sources }: IdSources & { readonly revision: number },
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
  const places = new Set<number>();
  for (const ofQuarter of rows.values()) for (const { counter } of ofQuarter) places.add(counter);
  const ids = await incomingIds(tx, node, sources, changes.counters, places);
  const packedDays = new Set((await tx.packedDays(node.id)).map(({ day }) => day));
  for (const [day, quarters] of Map.groupBy(rows.keys(), (quarter) => Math.floor(quarter / quartersOfDay))) {
    const absolute = quarters.map((quarter) => columnsOf(quarter, rows.get(quarter) as Row[], ids));
    const raise = packedDays.has(day) ? await raiseOverPacked(tx, node.id, day, absolute) : tx.raiseUsage.bind(tx);
    for (const usage of absolute) {
      const grown = await raise(node.id, revision, usage);
      result.grown += grown;
      result.unchanged += usage.counters.length - grown;
    }
  }
  return result;
}

/** `LedgerWrite.raiseUsage` for a day that is packed: what is unpacked comes on top. */
async function raiseOverPacked(
  tx: LedgerWrite,
  node: number,
  day: number,
  absolute: readonly UsageColumns[],
): Promise<LedgerWrite["raiseUsage"]> {
  const counters = [...new Set(absolute.flatMap((usage) => usage.counters))].sort((a, b) => a - b);
  const rows = await tx.packed({ node, counters }, day);
  const packed = new Map(rows.map(({ counter, parts }) => [counter, unpackParts(parts)]));
  return async (id, revision, { quarter, counters, bytes }) => {
    const held = await tx.usageOf(id, quarter, counters);
    const grown = { counters: [] as number[], bytes: [] as bigint[] };
    for (const [at, counter] of counters.entries()) {
      const before = (held[at] as bigint) + (packed.get(counter)?.get(quarter % quartersOfDay) ?? 0n);
      const more = (bytes[at] as bigint) - before;
      if (more <= 0n) continue;
      grown.counters.push(counter);
      grown.bytes.push(more);
    }
    await tx.addUsage(id, revision, { quarter, ...grown });
    return grown.counters.length;
  };
}

/** Bytes of a quarter by the ids here: one may stand for several counters after an erasure, of the same rows. */
function columnsOf(quarter: number, rows: readonly Row[], ids: ReadonlyMap<number, number>): UsageColumns {
  const found = new Map<number, bigint>();
  for (const { counter, bytes } of rows) {
    const id = ids.get(counter) as number;
    const before = found.get(id) ?? 0n;
    found.set(id, bytes > before ? bytes : before);
  }
  const counters = [...found.keys()].sort((a, b) => a - b);
  return { quarter, counters, bytes: counters.map((counter) => found.get(counter) as bigint) };
}
