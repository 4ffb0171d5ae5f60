import { quartersOfDay, sumParts } from "./day-parts.ts";
import { dayMs } from "./quarter.ts";
import type { CounterChoice, CounterSums, LedgerRead, PackedParts, SummedRows } from "./store.ts";

/** To add or to take away. */
type Sign = 1 | -1;

/** Whole days or months of packed rows. */
interface Whole extends SummedRows {
  readonly sign: Sign;
}

/** Quarters of one packed day. */
interface Part {
  readonly day: number;
  readonly from: number;
  readonly to: number;
  readonly sign: Sign;
}

/** Takes sums of counters, to add or to take away; a counter may come several times. */
export type TakeSums = (sums: CounterSums, sign: Sign) => void;

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
  #last: { readonly day: number; readonly rows: PackedParts } | undefined;

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
    if (unpacked !== undefined)
      await this.#tx.sums(this.#choice, { of: "quarters", ...unpacked }, (sums) => take(sums, 1));
    const { wholes, parts } = packedRange(from, to);
    for (const { sign, of, ...range } of wholes) {
      const months = of === "months";
      const days = narrow(
        touched?.days,
        months ? firstDayOf(range.from) : range.from,
        months ? firstDayOf(range.to) : range.to,
      );
      if (days !== undefined)
        await this.#tx.sums(this.#choice, { of, ...(months ? range : days) }, (sums) => take(sums, sign));
    }
    for (const { day, from: first, to: end, sign } of parts) {
      if (narrow(touched?.days, day, day + 1) === undefined) continue;
      const rows = await this.#packed(day);
      take({ nodes: rows.nodes, counters: rows.counters, bytes: sumParts(rows, first, end) }, sign);
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

  async #packed(day: number): Promise<PackedParts> {
    if (this.#last?.day !== day) this.#last = { day, rows: await this.#tx.packedParts(this.#choice, day) };
    return this.#last.rows;
  }
}

/** Sums of a range, once for each counter; those of which nothing is left are left out. */
export async function sumRange(
  tx: LedgerRead,
  choice: CounterChoice,
  from: number,
  to: number,
): Promise<CounterSums & { readonly bytes: readonly bigint[] }> {
  const byNode = new Map<number, Map<number, bigint>>();
  await new RangeSums(tx, choice).sum(from, to, ({ nodes, counters, bytes }, sign) => {
    for (const [at, counter] of counters.entries()) {
      const node = nodes[at] as number;
      const sums = byNode.get(node) ?? new Map<number, bigint>();
      byNode.set(
        node,
        sums.set(counter, (sums.get(counter) ?? 0n) + BigInt(bytes[at] as number | bigint) * BigInt(sign)),
      );
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
  const wholes: Whole[] = [];
  const parts: Part[] = [];
  const addWhole = (of: "days" | "months", start: number, stop: number, sign: Sign): void => {
    const last = wholes.at(-1);
    if (last !== undefined && last.of === of && last.to === start && last.sign === sign)
      wholes[wholes.length - 1] = { ...last, to: stop };
    else wholes.push({ of, from: start, to: stop, sign });
  };
  /** Quarters of one month. */
  const add = (start: number, stop: number, sign: Sign): void => {
    if (start >= stop) return;
    const day = Math.floor(start / quartersOfDay);
    const first = Math.ceil(start / quartersOfDay);
    const end = Math.floor(stop / quartersOfDay);
    const [cut, rest] = [start % quartersOfDay, stop % quartersOfDay];
    if (first > end) parts.push({ day, from: cut, to: rest, sign });
    else {
      if (cut > 0) parts.push({ day, from: cut, to: quartersOfDay, sign });
      if (first < end) addWhole("days", first, end, sign);
      if (rest > 0) parts.push({ day: end, from: 0, to: rest, sign });
    }
  };
  for (let at = from; at < to; ) {
    const month = monthOf(Math.floor(at / quartersOfDay));
    const start = firstDayOf(month) * quartersOfDay;
    const stop = firstDayOf(month + 1) * quartersOfDay;
    const end = Math.min(stop, to);
    if ((end - at) * 2 > stop - start) {
      addWhole("months", month, month + 1, 1);
      add(start, at, -1);
      add(end, stop, -1);
    } else add(at, end, 1);
    at = end;
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
