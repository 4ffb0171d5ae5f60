import { parseStatName } from "../../names/parse-stat-name.ts";
import { bucketBounds, bucketIn } from "../../usage/buckets.ts";
import type { LedgerGap } from "../../usage/ledger-gap.ts";
import type { LateNote } from "../../usage/usage-answer.ts";
import type { UsageQuery } from "../../usage/usage-query.ts";
import { quarterMs, quarterOf, quarterStart } from "../quarter.ts";
import type { CounterChoice, LedgerRead } from "../store.ts";
import { Asked } from "./asked.ts";
import type { CounterNames } from "./counter-names.ts";
import { currentGenerations } from "./current-generations.ts";
import type { Groups } from "./groups.ts";
import { type NamedNode, PlannedCounters, type PlannedMix, type PlannedNode } from "./planned-counters.ts";
import { readCorrections } from "./read-corrections.ts";
import { readNotes } from "./read-gaps.ts";

/** How a question is answered: all of it but the bytes. */
export interface Plan {
  readonly buckets: readonly Bucket[];
  readonly groups: Groups;
  /** Which counters are summed. */
  readonly choices: readonly CounterChoice[];
  /** What becomes of their bytes, by stored node. */
  readonly nodes: ReadonlyMap<number, PlannedNode>;
  /** Nodes with several sources, of which in each quarter one counts. */
  readonly mixed: readonly PlannedMix[];
  /** Bytes to add that are no counter's, by their quarters. */
  readonly corrections: readonly Correction[];
  /** Of whose bytes there is a note. */
  readonly unproven: readonly { readonly node: string; readonly source: string }[];
  /** Open ones. */
  readonly gaps: readonly LedgerGap[];
  readonly late: readonly LateNote[];
}

/** Quarters of one bucket, `to` not included. */
export interface Bucket {
  /** `undefined` where usage is not split by time. */
  readonly start: Date | undefined;
  readonly from: number;
  readonly to: number;
}

/** Bytes for a quarter that are no counter's. */
export interface Correction {
  readonly quarter: number;
  /** As in {@link PlannedNode}. */
  readonly sum: number;
  readonly bytes: bigint;
}

/** Finds out what a question is about. */
export async function planAnswer(tx: LedgerRead, names: CounterNames, query: UsageQuery): Promise<Plan> {
  // Both ends are rounded outwards.
  const from = query.from === undefined ? undefined : quarterOf(query.from);
  const to = query.to === undefined ? undefined : Math.ceil(query.to.getTime() / quarterMs);
  const window = {
    from: from === undefined ? undefined : from * quarterMs,
    to: to === undefined ? undefined : to * quarterMs,
    asOf: query.asOf?.getTime(),
  };
  const asked = new Asked(query, await readCorrections(tx, window));
  const stored = await tx.nodes();
  const nodes = stored.filter((node) => asked.hasNode(node));
  const { gaps, late } = await readNotes(tx, nodes, asked.corrections, window);
  const corrections = correctionsOf(asked, gaps)
    .filter(({ quarter }) => quarter >= (from ?? quarter) && quarter < (to ?? quarter + 1))
    .sort((a, b) => a.quarter - b.quarter);

  const named: NamedNode[] = [];
  for (const node of nodes) {
    if (node.names === 0) continue;
    named.push({ stored: node, shown: asked.corrections.nodeOf(node.name), counters: await names.of(tx, node) });
  }
  const planned = new PlannedCounters(asked);
  const current = query.generation === "current" ? currentGenerations(named) : undefined;
  for (const node of named) planned.add(node, current?.get(node.stored.id));

  const extent = widened(await tx.extent(), corrections);
  return {
    // Not further than there is usage: from the year 0 on there are many hours.
    buckets: bucketsOf(query, Math.max(from ?? extent.from, extent.from), Math.min(to ?? extent.to, extent.to)),
    groups: asked.groups,
    choices: planned.choices(named, nodes.length === stored.length),
    nodes: planned.nodes,
    mixed: planned.mixed(named),
    corrections,
    unproven: planned.unproven,
    gaps: gaps.filter(({ settled }) => settled === undefined),
    late,
  };
}

/** Adjustments, and bounds of gaps that turned out to have flowed. */
function correctionsOf(asked: Asked, gaps: readonly LedgerGap[]): Correction[] {
  const found: Correction[] = [];
  for (const { node, at, bytes, ...whose } of asked.corrections.adjustments) {
    const sum = asked.correctedSum(whose, node);
    if (sum !== undefined) found.push({ quarter: quarterOf(new Date(at)), sum, bytes: BigInt(bytes) });
  }
  for (const { node, to, bound, settled } of gaps) {
    if (settled?.as !== "restart" || bound === "unknown") continue;
    for (const [name, bytes] of bound) {
      const parsed = parseStatName(name);
      const sum = parsed.kind === "traffic" ? asked.correctedSum(parsed, node) : undefined;
      if (sum !== undefined) found.push({ quarter: quarterOf(to), sum, bytes });
    }
  }
  return found;
}

function widened(
  extent: { readonly from: number; readonly to: number } | undefined,
  corrections: readonly Correction[],
): { readonly from: number; readonly to: number } {
  const first = corrections[0]?.quarter ?? Number.POSITIVE_INFINITY;
  const end = (corrections.at(-1)?.quarter ?? Number.NEGATIVE_INFINITY) + 1;
  return { from: Math.min(extent?.from ?? first, first), to: Math.max(extent?.to ?? end, end) };
}

function bucketsOf({ by = [], timeZone = "UTC" }: UsageQuery, from: number, to: number): Bucket[] {
  if (from >= to) return [];
  const length = bucketIn(by);
  if (length === undefined) return [{ start: undefined, from, to }];
  const bounds = bucketBounds(length, timeZone, quarterStart(from), quarterStart(to));
  const buckets: Bucket[] = [];
  for (let at = 0; at + 1 < bounds.length; at++) {
    const start = bounds[at] as Date;
    const end = bounds[at + 1] as Date;
    // A quarter hour belongs to the bucket it begins in: of some zones' offsets before 1973 they are no multiple.
    const first = at === 0 ? from : Math.ceil(start.getTime() / quarterMs);
    const last = at + 2 === bounds.length ? to : Math.ceil(end.getTime() / quarterMs);
    if (first < last) buckets.push({ start, from: first, to: last });
  }
  return buckets;
}
