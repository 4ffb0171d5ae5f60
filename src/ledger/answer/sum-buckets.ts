import type { SourceOverlap } from "../../usage/usage-answer.ts";
import type { Usage } from "../../usage/usage-query.ts";
import { quartersOfDay } from "../day-parts.ts";
import { ExactSums } from "../exact-sums.ts";
import { quarterStart } from "../quarter.ts";
import type { CounterSums, LedgerRead } from "../store.ts";
import { countBelow, RangeSums, type TakeSums } from "../sum-range.ts";
import type { Group } from "./groups.ts";
import { outrankedSpans, type Span } from "./outranked.ts";
import type { Bucket, Plan } from "./plan-answer.ts";
import type { PlannedMix } from "./planned-counters.ts";

/** The bytes of one bucket. */
export interface BucketSums {
  readonly bucket: Bucket;
  /** Uplink and downlink of each group, in turns. */
  readonly sums: ExactSums;
  /** Groups with corrections: they are shown though nothing may be left of them. */
  readonly corrected: ReadonlySet<number>;
  /** Bytes of each of the plan's unproven notes. */
  readonly unproven: ExactSums;
  readonly overlaps: readonly SourceOverlap[];
}

/** Of so many nodes it is worth to ask each when it has rows. */
const fewNodes = 64;

/** Sums buckets of a plan in one transaction. */
export class BucketReader {
  readonly #tx: LedgerRead;
  readonly #plan: Plan;
  readonly #ranges: readonly RangeSums[];
  /** Of the plan's corrections. */
  readonly #quarters: readonly number[];
  /** Of whole days: of short buckets many lie in one. */
  readonly #outranked = new Map<PlannedMix, { readonly range: Span; readonly spans: readonly Span[][] }>();

  constructor(tx: LedgerRead, plan: Plan) {
    this.#tx = tx;
    this.#plan = plan;
    const nodes = plan.nodes.size <= fewNodes ? [...plan.nodes.keys()] : undefined;
    this.#ranges = plan.choices.map((choice) => new RangeSums(tx, choice, nodes));
    this.#quarters = plan.corrections.map(({ quarter }) => quarter);
  }

  async sum(bucket: Bucket): Promise<BucketSums> {
    const { groups, unproven: notes, corrections, mixed } = this.#plan;
    const sums = new ExactSums(groups.list.length * 2);
    const unproven = new ExactSums(notes.length);
    const overlaps: SourceOverlap[] = [];
    const take: TakeSums = (columns, sign) => this.#add(columns, sign, sums, unproven);
    for (const range of this.#ranges) await range.sum(bucket.from, bucket.to, take);
    for (const mix of mixed) overlaps.push(...(await this.#leaveOut(mix, bucket, take)));
    const corrected = new Set<number>();
    const [first, end] = [countBelow(this.#quarters, bucket.from), countBelow(this.#quarters, bucket.to)];
    for (const { sum, bytes } of corrections.slice(first, end)) {
      sums.add(sum, bytes);
      corrected.add(sum >> 1);
    }
    return { bucket, sums, corrected, unproven, overlaps };
  }

  #add({ nodes, counters, bytes }: CounterSums, sign: 1 | -1, sums: ExactSums, unproven: ExactSums): void {
    let node: number | undefined;
    let planned = this.#plan.nodes.get(0);
    for (let at = 0; at < counters.length; at++) {
      if (nodes[at] !== node) {
        node = nodes[at] as number;
        planned = this.#plan.nodes.get(node);
      }
      const counter = counters[at] as number;
      const sum = planned?.sums.get(counter);
      if (sum === undefined) continue;
      const moved = sign === 1 ? (bytes[at] as number | bigint) : -(bytes[at] as number | bigint);
      sums.add(sum, moved);
      const note = planned?.unproven?.get(counter);
      if (note !== undefined) unproven.add(note, moved);
    }
  }

  /** Takes away what a better source tells of as well. */
  async #leaveOut(mix: PlannedMix, bucket: Bucket, take: TakeSums): Promise<SourceOverlap[]> {
    if (mix.choices.slice(1).every((choices) => choices.length === 0)) return [];
    const overlaps: SourceOverlap[] = [];
    for (const [rank, spans] of (await this.#outrankedIn(mix, bucket)).entries()) {
      let bytes = 0n;
      const leftOut: Span[] = [];
      for (const span of spans) {
        const ofSpan = new ExactSums(1);
        for (const choice of mix.choices[rank] ?? [])
          await new RangeSums(this.#tx, choice).sum(span.from, span.to, (columns, sign) => {
            take(columns, sign === 1 ? -1 : 1);
            for (const each of columns.bytes) ofSpan.add(0, sign === 1 ? each : -each);
          });
        if (ofSpan.get(0) !== 0n) leftOut.push(span);
        bytes += ofSpan.get(0);
      }
      const [first, last] = [leftOut[0], leftOut.at(-1)];
      if (first === undefined || last === undefined) continue;
      const source = mix.sources[rank] as string;
      overlaps.push({ node: mix.name, source, from: quarterStart(first.from), to: quarterStart(last.to), bytes });
    }
    return overlaps;
  }

  async #outrankedIn(mix: PlannedMix, { from, to }: Bucket): Promise<Span[][]> {
    let known = this.#outranked.get(mix);
    if (known === undefined || from < known.range.from || to > known.range.to) {
      const range = {
        from: Math.floor(from / quartersOfDay) * quartersOfDay,
        to: Math.ceil(to / quartersOfDay) * quartersOfDay,
      };
      known = { range, spans: await outrankedSpans(this.#tx, mix, range.from, range.to) };
      this.#outranked.set(mix, known);
    }
    return known.spans.map((spans) =>
      spans
        .filter((span) => span.to > from && span.from < to)
        .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) })),
    );
  }
}

/** The rows of a bucket: those with bytes, or corrections, in them. */
export function* rowsOf({ list }: Plan["groups"], order: Iterable<number>, found: BucketSums): Generator<Usage> {
  for (const at of order) {
    const uplink = found.sums.get(at * 2);
    const downlink = found.sums.get(at * 2 + 1);
    if (uplink === 0n && downlink === 0n && !found.corrected.has(at)) continue;
    const { node, subject, generation, source, direction } = list[at] as Group;
    const { start } = found.bucket;
    yield { node, subject, generation, source, direction, start, uplink, downlink, total: uplink + downlink };
  }
}
