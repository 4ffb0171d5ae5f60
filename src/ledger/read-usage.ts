import { assertTimeZone, bucketIn, usageBuckets } from "../usage/buckets.ts";
import type { SourceOverlap, UsageAnswer, UsageNotes, UsageTotals } from "../usage/usage-answer.ts";
import type { Usage, UsageKey, UsageQuery } from "../usage/usage-query.ts";
import type { CounterNames } from "./answer/counter-names.ts";
import { compareGroups } from "./answer/groups.ts";
import { type Plan, planAnswer } from "./answer/plan-answer.ts";
import { BucketReader, type BucketSums, rowsOf } from "./answer/sum-buckets.ts";
import { assertScope } from "./counter-owner.ts";
import type { LedgerRead, LedgerStore } from "./store.ts";
import { assertTime, assertTimeRange } from "./time-range.ts";

const keys: readonly UsageKey[] = [
  ...usageBuckets,
  ...(["node", "subject", "user", "generation", "source", "direction"] as const),
];

/** A ledger that is asked: its store, and the names it has read. */
export interface UsageSource {
  readonly store: LedgerStore;
  readonly names: CounterNames;
}

/** Answers by time, node, subject, generation, source and direction in that order. */
export async function readUsage({ store, names }: UsageSource, query: UsageQuery): Promise<UsageAnswer> {
  assertUsageQuery(query);
  return store.read((tx) => usageIn(tx, names, query));
}

/** Answers in a transaction that reads other things as well; the question was checked before. */
export async function usageIn(tx: LedgerRead, names: CounterNames, query: UsageQuery): Promise<UsageAnswer> {
  const plan = await planAnswer(tx, names, query);
  const reader = new BucketReader(tx, plan);
  const order = plan.groups.inOrder();
  const notes = new NotedSums(plan);
  const rows: Usage[] = [];
  for (const bucket of plan.buckets) {
    const sums = await reader.sum(bucket);
    notes.add(sums);
    for (const row of rowsOf(plan.groups, order, sums)) rows.push(row);
  }
  return { rows, notes: notes.all() };
}

/** Answers with one row, of zeros where nothing was booked. */
export async function readTotals(source: UsageSource, query: Omit<UsageQuery, "by">): Promise<UsageTotals> {
  const { rows, notes } = await readUsage(source, { ...query, by: [] });
  return { ...(rows[0] ?? nothing), notes };
}

const nothing: Usage = {
  ...{ node: undefined, subject: undefined, generation: undefined, source: undefined, direction: undefined },
  ...{ start: undefined, uplink: 0n, downlink: 0n, total: 0n },
};

/** Answers with the rows of the highest totals, the highest first; of equal ones those that come first in time. */
export async function readTop({ store, names }: UsageSource, count: number, query: UsageQuery): Promise<UsageAnswer> {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`the largest ${count} rows are no answer; 1 or more are`);
  assertUsageQuery(query);
  return store.read(async (tx) => {
    const plan = await planAnswer(tx, names, query);
    const reader = new BucketReader(tx, plan);
    const notes = new NotedSums(plan);
    const largest = new Largest(count);
    for (const bucket of plan.buckets) {
      const sums = await reader.sum(bucket);
      notes.add(sums);
      for (const row of rowsOf(plan.groups, plan.groups.list.keys(), sums)) largest.add(row);
    }
    return { rows: largest.rows(), notes: notes.all() };
  });
}

/** Rows of one transaction at the most, where a bucket has fewer. */
const rowsPerStep = 1000;

/**
 * Answers row by row, and with the notes at the end. What is asked for, and all corrections, are as of the beginning;
 * bytes are as of the moment in which their bucket is read, so that no transaction stays open meanwhile.
 */
export function streamUsage(source: UsageSource, query: UsageQuery): AsyncGenerator<Usage, UsageNotes, undefined> {
  assertUsageQuery(query);
  return steps(source, query);
}

async function* steps({ store, names }: UsageSource, query: UsageQuery): AsyncGenerator<Usage, UsageNotes, undefined> {
  const plan = await store.read((tx) => planAnswer(tx, names, query));
  const order = plan.groups.inOrder();
  const notes = new NotedSums(plan);
  for (let done = 0; done < plan.buckets.length; ) {
    const step = await store.read(async (tx) => {
      const reader = new BucketReader(tx, plan);
      const found: Pick<BucketSums, "unproven" | "overlaps">[] = [];
      const rows: Usage[] = [];
      for (const bucket of plan.buckets.slice(done, done + rowsPerStep)) {
        const sums = await reader.sum(bucket);
        found.push({ unproven: sums.unproven, overlaps: sums.overlaps });
        for (const row of rowsOf(plan.groups, order, sums)) rows.push(row);
        if (rows.length >= rowsPerStep) break;
      }
      return { found, rows };
    });
    for (const sums of step.found) notes.add(sums);
    done += step.found.length;
    yield* step.rows;
  }
  return notes.all();
}

/** Refuses a question that has no answer, before anything is read. @throws TypeError or RangeError */
export function assertUsageQuery(query: UsageQuery): void {
  const { by = [], scope = "user", timeZone = "UTC", generation = "all", names = "shown", from, to, asOf } = query;
  // A program without types would hear that nothing was used.
  if (!Array.isArray(by)) throw new TypeError("by must be an array of keys");
  for (const name of [query.node, query.subject].flat())
    if (name !== undefined && typeof name !== "string") throw new TypeError("node and subject must be texts");
  assertTimeZone(timeZone);
  assertTimeRange(from, to);
  if (asOf !== undefined) assertTime(asOf, "asOf must be a valid Date");
  assertScope(scope);
  if (generation !== "all" && generation !== "current")
    throw new RangeError(`there is no generation ${generation}; it is all or current`);
  if (names !== "shown" && names !== "recorded")
    throw new RangeError(`there are no names ${names}; they are shown or recorded`);
  const unknown = by.find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new RangeError(`usage cannot be split by ${unknown}; it can by ${keys.join(", ")}`);
  const bucket = bucketIn(by);
  if (by.some((key) => key !== bucket && usageBuckets.includes(key as (typeof usageBuckets)[number])))
    throw new RangeError("usage can be split by one length of time, not by several");
  if (by.includes("user") && scope !== "user") throw new RangeError(`usage of scope ${scope} has no users to split by`);
}

/** The notes of an answer, bucket by bucket. */
class NotedSums {
  readonly #plan: Plan;
  readonly #unproven: bigint[];
  readonly #overlaps: SourceOverlap[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#unproven = plan.unproven.map(() => 0n);
  }

  add({ unproven, overlaps }: Pick<BucketSums, "unproven" | "overlaps">): void {
    for (const at of this.#unproven.keys()) this.#unproven[at] = (this.#unproven[at] as bigint) + unproven.get(at);
    for (const overlap of overlaps) {
      const known = this.#overlaps.findIndex(({ node, source }) => node === overlap.node && source === overlap.source);
      const before = this.#overlaps[known];
      if (before === undefined) this.#overlaps.push(overlap);
      else this.#overlaps[known] = { ...before, to: overlap.to, bytes: before.bytes + overlap.bytes };
    }
  }

  all(): UsageNotes {
    const { gaps, late, unproven } = this.#plan;
    return {
      gaps,
      late,
      unproven: unproven
        .map((note, at) => ({ ...note, bytes: this.#unproven[at] as bigint }))
        .filter(({ bytes }) => bytes !== 0n),
      overlaps: this.#overlaps,
    };
  }
}

/** The largest of many rows, in the memory of a few. */
class Largest {
  readonly #count: number;
  #rows: Usage[] = [];
  /** What a row must exceed or equal to be among them. */
  #least: bigint | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  add(row: Usage): void {
    if (this.#least !== undefined && row.total < this.#least) return;
    this.#rows.push(row);
    if (this.#rows.length >= this.#count * 2 + 1000) this.rows();
  }

  rows(): Usage[] {
    this.#rows = this.#rows.sort(largestFirst).slice(0, this.#count);
    if (this.#rows.length === this.#count) this.#least = this.#rows.at(-1)?.total;
    return this.#rows;
  }
}

function largestFirst(a: Usage, b: Usage): number {
  if (a.total !== b.total) return a.total < b.total ? 1 : -1;
  return Number(a.start ?? 0) - Number(b.start ?? 0) || compareGroups(a, b);
}
