import { quartersOfDay, unpackParts } from "./day-parts.ts";
import { dayMs } from "./quarter.ts";
import type { CounterChoice, CounterSums, LedgerRead, SummedRows } from "./store.ts";

/** Whole days or months of packed rows, to add or to take away. */
interface Whole extends SummedRows {
  readonly sign: 1n | -1n;
}

/** Quarters of one packed day. */
interface Part {
  readonly day: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Sums of counters over quarters `from` to `to` (not included). Bytes of one quarter may lie partly in a packed row and
 * partly in one that is not packed yet: the truth is always their sum.
 */
export async function sumRange(tx: LedgerRead, choice: CounterChoice, from: number, to: number): Promise<CounterSums> {
  const unpacked = await tx.sums(choice, { of: "quarters", from, to });
  const { wholes, parts } = packedRange(from, to);
  const sums = new Sums();
  for (const { sign, ...rows } of wholes) sums.add(await tx.sums(choice, rows), sign);
  for (const { day, from: first, to: end } of parts)
    for (const row of await tx.packed(choice, day)) {
      let bytes: bigint | undefined;
      for (const [quarter, part] of unpackParts(row.parts))
        if (quarter >= first && quarter < end) bytes = (bytes ?? 0n) + part;
      if (bytes !== undefined) sums.add({ nodes: [row.node], counters: [row.counter], bytes: [bytes] }, 1n);
    }
  if (sums.empty) return unpacked;
  sums.add(unpacked, 1n);
  return sums.columns();
}

/**
 * How a range is made of few packed rows: of months and days as wholes, and of quarters of its first and last day. Of a
 * month that is covered for the most part the rest is taken away, so that months of any time zone are answered fast.
 */
export function packedRange(from: number, to: number): { readonly wholes: Whole[]; readonly parts: Part[] } {
  const first = Math.ceil(from / quartersOfDay);
  const end = Math.floor(to / quartersOfDay);
  if (first > end) return { wholes: [], parts: [{ day: end, from: from % quartersOfDay, to: to % quartersOfDay }] };
  const parts: Part[] = [];
  if (from % quartersOfDay > 0) parts.push({ day: first - 1, from: from % quartersOfDay, to: quartersOfDay });
  if (to % quartersOfDay > 0) parts.push({ day: end, from: 0, to: to % quartersOfDay });
  const wholes: Whole[] = [];
  const add = (of: "days" | "months", start: number, stop: number, sign: 1n | -1n = 1n): void => {
    const last = wholes.at(-1);
    if (last !== undefined && last.of === of && last.to === start && last.sign === sign)
      wholes[wholes.length - 1] = { ...last, to: stop };
    else if (start < stop) wholes.push({ of, from: start, to: stop, sign });
  };
  for (let day = first; day < end; ) {
    const month = monthOf(day);
    const monthStart = firstDayOf(month);
    const monthEnd = firstDayOf(month + 1);
    const covered = Math.min(monthEnd, end) - day;
    if (covered * 2 > monthEnd - monthStart) {
      add("months", month, month + 1);
      add("days", monthStart, day, -1n);
      add("days", Math.min(monthEnd, end), monthEnd, -1n);
    } else add("days", day, day + covered);
    day += covered;
  }
  return { wholes, parts };
}

/** The month of UTC, counted since 1970, that a day belongs to. */
export function monthOf(day: number): number {
  const at = new Date(day * dayMs);
  return (at.getUTCFullYear() - 1970) * 12 + at.getUTCMonth();
}

function firstDayOf(month: number): number {
  return Date.UTC(1970, month) / dayMs;
}

class Sums {
  readonly #byNode = new Map<number, Map<number, bigint>>();

  get empty(): boolean {
    return this.#byNode.size === 0;
  }

  add({ nodes, counters, bytes }: CounterSums, sign: 1n | -1n): void {
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at] as number;
      let sums = this.#byNode.get(node);
      if (sums === undefined) {
        sums = new Map();
        this.#byNode.set(node, sums);
      }
      const counter = counters[at] as number;
      sums.set(counter, (sums.get(counter) ?? 0n) + sign * (bytes[at] as bigint));
    }
  }

  /** Without those of which nothing is left. */
  columns(): CounterSums {
    const columns: CounterSums = { nodes: [], counters: [], bytes: [] };
    for (const [node, sums] of this.#byNode)
      for (const [counter, bytes] of sums) {
        if (bytes === 0n) continue;
        columns.nodes.push(node);
        columns.counters.push(counter);
        columns.bytes.push(bytes);
      }
    return columns;
  }
}
