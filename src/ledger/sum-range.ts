import { quartersOfDay, sumParts } from "./day-parts.ts";
import { dayMs } from "./quarter.ts";
import type { CounterChoice, CounterSums, LedgerRead, PackedDay, SummedRows } from "./store.ts";

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

/** Takes sums of counters, to add or to take away; a counter may come several times. */
export type TakeSums = (sums: CounterSums, sign: 1n | -1n) => void;

/**
 * Sums counters over ranges of quarters, in one transaction. Bytes of one quarter may lie partly in a packed row and
 * partly in one that is not packed yet: the truth is always their sum.
 */
export class RangeSums {
  readonly #tx: LedgerRead;
  readonly #choice: CounterChoice;
  readonly #nodes: readonly number[] | undefined;
  /** When the nodes have rows at all. */
  #touched: { readonly quarters: readonly number[]; readonly days: readonly number[] } | undefined;
  /** The packed rows read last: of the next range they are often the first. */
  #last: { readonly day: number; readonly rows: readonly (PackedDay & { readonly node: number })[] } | undefined;

  /** @param nodes Of which no more is asked for than of these; `undefined` where they are too many to look at each. */
  constructor(tx: LedgerRead, choice: CounterChoice, nodes?: readonly number[]) {
    this.#tx = tx;
    this.#choice = choice;
    this.#nodes = "counters" in choice ? [choice.node] : nodes;
  }

  /** Quarters `from` to `to` (not included). */
  async sum(from: number, to: number, take: TakeSums): Promise<void> {
    if (from >= to) return;
    const touched = this.#nodes === undefined ? undefined : await this.#whenTouched(this.#nodes);
    const unpacked = narrow(touched?.quarters, from, to);
    if (unpacked !== undefined) take(await this.#tx.sums(this.#choice, { of: "quarters", ...unpacked }), 1n);
    const { wholes, parts } = packedRange(from, to);
    for (const { sign, of, ...range } of wholes) {
      const months = of === "months";
      const days = narrow(
        touched?.days,
        months ? firstDayOf(range.from) : range.from,
        months ? firstDayOf(range.to) : range.to,
      );
      if (days !== undefined) take(await this.#tx.sums(this.#choice, { of, ...(months ? range : days) }), sign);
    }
    for (const { day, from: first, to: end } of parts) {
      if (narrow(touched?.days, day, day + 1) === undefined) continue;
      const sums: CounterSums = { nodes: [], counters: [], bytes: [] };
      for (const row of await this.#packed(day)) {
        const bytes = sumParts(row.parts, first, end);
        if (bytes === undefined) continue;
        sums.nodes.push(row.node);
        sums.counters.push(row.counter);
        sums.bytes.push(bytes);
      }
      take(sums, 1n);
    }
  }

  async #whenTouched(
    nodes: readonly number[],
  ): Promise<{ readonly quarters: readonly number[]; readonly days: readonly number[] }> {
    if (this.#touched === undefined) {
      const quarters = new Set<number>();
      const days = new Set<number>();
      for (const node of nodes) {
        for (const { quarter } of await this.#tx.quarters(node)) quarters.add(quarter);
        for (const { day } of await this.#tx.packedDays(node)) days.add(day);
      }
      this.#touched = { quarters: [...quarters].sort(ascending), days: [...days].sort(ascending) };
    }
    return this.#touched;
  }

  async #packed(day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    if (this.#last?.day !== day) this.#last = { day, rows: await this.#tx.packed(this.#choice, day) };
    return this.#last.rows;
  }
}

/** Sums of a range, once for each counter; those of which nothing is left are left out. */
export async function sumRange(tx: LedgerRead, choice: CounterChoice, from: number, to: number): Promise<CounterSums> {
  const byNode = new Map<number, Map<number, bigint>>();
  await new RangeSums(tx, choice).sum(from, to, ({ nodes, counters, bytes }, sign) => {
    for (const [at, counter] of counters.entries()) {
      const node = nodes[at] as number;
      const sums = byNode.get(node) ?? new Map<number, bigint>();
      byNode.set(node, sums.set(counter, (sums.get(counter) ?? 0n) + sign * (bytes[at] as bigint)));
    }
  });
  const left = Array.from(byNode, ([node, sums]) => Array.from(sums, ([counter, sum]) => ({ node, counter, sum })))
    .flat()
    .filter(({ sum }) => sum !== 0n);
  return {
    nodes: left.map(({ node }) => node),
    counters: left.map(({ counter }) => counter),
    bytes: left.map(({ sum }) => sum),
  };
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** From the first to the last of these times, ascending, that lie in a range; the range itself where none are given. */
function narrow(
  times: readonly number[] | undefined,
  from: number,
  to: number,
): { readonly from: number; readonly to: number } | undefined {
  if (times === undefined) return { from, to };
  const [first, end] = [countBelow(times, from), countBelow(times, to)];
  return first === end ? undefined : { from: times[first] as number, to: (times[end - 1] as number) + 1 };
}

/** How many of ascending numbers lie below a limit. */
export function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
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
