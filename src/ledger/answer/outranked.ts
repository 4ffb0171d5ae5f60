import { quartersHeld, quartersOfDay } from "../day-parts.ts";
import type { LedgerRead, SummedRows } from "../store.ts";
import { monthOf } from "../sum-range.ts";

/** A node of which several sources tell. */
export interface MixedNode {
  /** The name it is shown by. */
  readonly name: string;
  /** The best one first. */
  readonly sources: readonly string[];
  /** The rank of each counter's source, by stored node and counter. */
  readonly ranks: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/** Quarters from one to another, not included. */
export interface Span {
  from: number;
  to: number;
}

/** The quarters of a range, by rank, in which a source has rows and a better one has some as well. */
export async function outrankedSpans(tx: LedgerRead, node: MixedNode, from: number, to: number): Promise<Span[][]> {
  const spans: Span[][] = node.sources.map(() => []);
  const rows = new MixedRows(tx, node);
  const { days, quarters } = await rows.touched(from, to);
  const unpackedOf = Map.groupBy(quarters, (quarter) => Math.floor(quarter / quartersOfDay));
  const packed = new Set(await rows.contestedMonths(days));
  for (const day of [...new Set([...packed, ...unpackedOf.keys()])].sort((a, b) => a - b)) {
    const held = new Map<number, Set<number>>();
    for (const quarter of unpackedOf.get(day) ?? []) held.set(quarter, await rows.ranks("quarters", quarter));
    if (days.has(day)) {
      const ranks = await rows.ranks("days", day);
      for (const each of held.values()) for (const rank of each) ranks.add(rank);
      if (ranks.size < 2) continue;
      await rows.addPacked(day, held);
    }
    for (const [quarter, ranks] of [...held].sort(([a], [b]) => a - b)) {
      if (quarter < from || quarter >= to) continue;
      const best = Math.min(...ranks);
      for (const rank of ranks) if (rank > best) extend(spans[rank] as Span[], quarter);
    }
  }
  return spans;
}

function extend(spans: Span[], quarter: number): void {
  const last = spans.at(-1);
  if (last?.to === quarter) last.to++;
  else spans.push({ from: quarter, to: quarter + 1 });
}

/** Whose rows a node has at which times; each look is coarse as long as that tells enough. */
class MixedRows {
  readonly #tx: LedgerRead;
  readonly #ranks: MixedNode["ranks"];
  readonly #choice: { readonly nodes: readonly number[] };

  constructor(tx: LedgerRead, { ranks }: MixedNode) {
    this.#tx = tx;
    this.#ranks = ranks;
    this.#choice = { nodes: [...ranks.keys()] };
  }

  /** Quarters with unpacked rows in a range, and days with packed ones that touch it. */
  async touched(from: number, to: number): Promise<{ days: Set<number>; quarters: Set<number> }> {
    const days = new Set<number>();
    const quarters = new Set<number>();
    for (const node of this.#choice.nodes) {
      for (const { day } of await this.#tx.packedDays(node))
        if ((day + 1) * quartersOfDay > from && day * quartersOfDay < to) days.add(day);
      for (const { quarter } of await this.#tx.quarters(node))
        if (quarter >= from && quarter < to) quarters.add(quarter);
    }
    return { days, quarters };
  }

  /** Those of these days that lie in a month of which several sources have packed rows. */
  async contestedMonths(days: ReadonlySet<number>): Promise<number[]> {
    const contested: number[] = [];
    // For two days, which is what a day of a time zone touches, the days themselves are looked at.
    for (const [month, ofMonth] of Map.groupBy(days, monthOf))
      if (ofMonth.length <= 2 || (await this.ranks("months", month)).size > 1) contested.push(...ofMonth);
    return contested;
  }

  /** Whose rows there are in a quarter, day or month. */
  async ranks(of: SummedRows["of"], at: number): Promise<Set<number>> {
    const found = new Set<number>();
    await this.#tx.sums(this.#choice, { of, from: at, to: at + 1 }, ({ nodes, counters }) => {
      for (const [index, counter] of counters.entries()) this.#add(found, nodes[index] as number, counter);
    });
    return found;
  }

  /** Adds whose packed rows there are in each quarter of a day. */
  async addPacked(day: number, held: Map<number, Set<number>>): Promise<void> {
    for (const { node, counter, parts } of await this.#tx.packed(this.#choice, day))
      for (const ofDay of quartersHeld(parts)) {
        const quarter = day * quartersOfDay + ofDay;
        let found = held.get(quarter);
        if (found === undefined) {
          found = new Set();
          held.set(quarter, found);
        }
        this.#add(found, node, counter);
      }
  }

  #add(found: Set<number>, node: number, counter: number): void {
    const rank = this.#ranks.get(node)?.get(counter);
    // One that was added after the question was understood.
    if (rank !== undefined) found.add(rank);
  }
}
