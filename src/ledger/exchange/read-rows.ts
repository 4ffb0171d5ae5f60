import { quartersOfDay, unpackParts } from "../day-parts.ts";
import type { LedgerRead, StoredNode, UsageColumns } from "../store.ts";
import type { ChangedEntry } from "./changes.ts";
import type { KnownCounters } from "./node-counters.ts";

/** Where a sweep stands: in the entries by id, in unpacked quarters, or in packed days by counter. */
type Position =
  | readonly ["entries", id: string]
  | readonly ["quarters", quarter: number, counter: number]
  | readonly ["days", day: number, counter: number];

/** What a sweep asks for. */
export interface RowRange {
  readonly since: number;
  /** Rows that changed later are not sent. */
  readonly notAbove: number;
  /** From the end of the part before. */
  readonly at: string;
  readonly limit: number;
}

/** A part of a node's changes, rows by the counters' ids. */
export interface ReadRows {
  readonly entries: ChangedEntry[];
  readonly usage: UsageColumns[];
  /** Where the next part begins; `undefined` at the end. */
  readonly to: string | undefined;
  /** About what it weighs, in rows. */
  readonly weight: number;
}

/** Packed counters that are looked at in one go. */
const countersPerStep = 2048;

/**
 * Reads a part of what changed of a node: entries, then unpacked rows, then packed ones. In this order, since rows only
 * ever go from unpacked to packed, so that none slips through between two parts. Rows that change while a sweep is on
 * its way come with the newest bytes and again in the next one: else rows that never rest would never come.
 */
export async function readRows(
  tx: LedgerRead,
  { id: node }: StoredNode,
  known: KnownCounters,
  { since, notAbove, at, limit }: RowRange,
): Promise<ReadRows> {
  const position: Position = at === "" ? ["entries", ""] : (JSON.parse(at) as Position);
  const read = { entries: [] as ChangedEntry[], weight: 0 };
  const usage = new Map<number, { readonly quarter: number; readonly counters: number[]; readonly bytes: bigint[] }>();
  const end = (to: Position | undefined): ReadRows => {
    return { ...read, usage: [...usage.values()], to: to && JSON.stringify(to) };
  };
  const add = (quarter: number, counter: number, bytes: bigint): void => {
    const columns = usage.get(quarter) ?? { quarter, counters: [], bytes: [] };
    usage.set(quarter, columns);
    columns.counters.push(counter);
    columns.bytes.push(bytes);
    read.weight++;
  };

  if (position[0] === "entries") {
    const entries = (await tx.entries({ nodes: [node], since })).filter(({ id }) => id > position[1]);
    for (const { node: _, ...entry } of entries.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const last = read.entries.at(-1);
      if (last !== undefined && read.weight >= limit) return end(["entries", last.id]);
      read.entries.push(entry);
      // A gap's body names counters: about so many bytes are a row.
      read.weight += 1 + Math.floor(entry.body.length / 64);
    }
  }

  const quarters = await tx.quarters(node);
  const days = await tx.packedDays(node);
  if (position[0] !== "days") {
    const [first, after] = position[0] === "quarters" ? [position[1], position[2]] : [0, 0];
    const packedDays = new Set(days.map(({ day }) => day));
    for (const { quarter, revision } of quarters) {
      if (quarter < first || revision <= since) continue;
      const from = quarter === first ? after : 0;
      const rest = limit - read.weight;
      if (rest <= 0) return end(["quarters", quarter, from]);
      const rows = await tx.changedUsage(node, quarter, { since, upTo: notAbove, after: from, limit: rest });
      const day = Math.floor(quarter / quartersOfDay);
      const counters = rows.map(({ counter }) => counter);
      const packed =
        packedDays.has(day) && rows.length > 0
          ? partsOf(await tx.packed({ node, counters }, day), quarter % quartersOfDay, notAbove)
          : new Map<number, bigint>();
      for (const { counter, bytes } of rows) add(quarter, counter, bytes + (packed.get(counter) ?? 0n));
      if (rows.length === rest) return end(["quarters", quarter, counters.at(-1) as number]);
    }
  }

  const [first, after] = position[0] === "days" ? [position[1], position[2]] : [0, 0];
  // What lies unpacked on top of them is newer, and came with both above.
  for (const { day, revision } of days) {
    if (day < first || revision <= since) continue;
    const ids = known.ids.filter((id) => day !== first || id > after);
    for (let start = 0; start < ids.length; start += countersPerStep) {
      if (read.weight >= limit)
        return end(["days", day, start === 0 ? (day === first ? after : 0) : (ids[start - 1] as number)]);
      const step = ids.slice(start, start + countersPerStep);
      const rows = (await tx.packed({ node, counters: step }, day)).filter(
        (row) => row.revision > since && row.revision <= notAbove,
      );
      for (const { counter, parts } of rows) {
        if (read.weight >= limit) return end(["days", day, counter - 1]);
        for (const [part, bytes] of unpackParts(parts)) {
          const quarter = day * quartersOfDay + part;
          add(quarter, counter, bytes);
        }
      }
    }
  }
  return end(undefined);
}

function partsOf(
  rows: readonly { readonly counter: number; readonly parts: Uint8Array; readonly revision: number }[],
  part: number,
  notAbove: number,
): Map<number, bigint> {
  const found = new Map<number, bigint>();
  for (const { counter, parts, revision } of rows) {
    const bytes = revision <= notAbove ? unpackParts(parts).get(part) : undefined;
    if (bytes !== undefined) found.set(counter, bytes);
  }
  return found;
}
