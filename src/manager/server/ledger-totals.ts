import type { Ledger } from "../../ledger/ledger.ts";
import type { Usage } from "../../usage/usage-query.ts";
import { readTime } from "../schemas/tolerant-values.ts";
import type { ServedKey } from "./served-key.ts";
import { TimedCache } from "./timed-cache.ts";

/** What the ledger holds of a key since its creation or its last reset. */
export interface KeyTotals {
  /** Bytes from the user. */
  readonly uplink: bigint;
  /** Bytes to the user. */
  readonly downlink: bigint;
  /** Counted from 0; `undefined` where nothing was ever booked. */
  readonly generation: number | undefined;
  /** From when on its bytes count; `undefined` where that cannot be told. */
  readonly since: Date | undefined;
}

type Scope = ServedKey["counter"]["scope"];
type Sums = Omit<KeyTotals, "since">;

/** All that the ledger tells of a scope. */
interface ScopeTotals {
  readonly sums: ReadonlyMap<string, Sums>;
  /** The last reset of each subject. */
  readonly resets: ReadonlyMap<string, { readonly generation: number; readonly at: Date }>;
  /** The first byte of anybody was booked after this. */
  readonly start: Date | undefined;
}

const none: Sums = { uplink: 0n, downlink: 0n, generation: undefined };

/** What a core's counters showed, without people's corrections and without what cannot be proved. */
export function isCounted({ source }: Usage): boolean {
  return source === "core";
}

/** Answers what keys have used on one node, for all of them by one question a second. */
export class LedgerTotals {
  readonly #ledger: Ledger;
  readonly #node: string;
  readonly #totals = new TimedCache<ScopeTotals>({ maxAgeMs: 1000, most: 2 });
  /** It never changes. */
  readonly #starts = new Map<Scope, Date>();

  constructor(ledger: Ledger, node: string) {
    this.#ledger = ledger;
    this.#node = node;
  }

  /** Forgets what was read: something changed. */
  drop(): void {
    this.#totals.clear();
  }

  /** The totals of one key. */
  async of({ counter, createdAt }: ServedKey): Promise<KeyTotals> {
    const { value } = await this.#totals.get(counter.scope, () => this.#read(counter.scope));
    const { sums, resets, start } = value;
    const found = sums.get(counter.subject) ?? none;
    const reset = resets.get(counter.subject);
    const generation = found.generation ?? reset?.generation;
    if (reset !== undefined && reset.generation === generation) return { ...found, generation, since: reset.at };
    // Of a name that began anew without a reset, as one that was erased, nothing tells when.
    return { ...found, generation, since: generation ? undefined : later(start, readTime(createdAt)?.at) };
  }

  /** Whether the ledger has ever seen a reading of the node. */
  async knowsNode(): Promise<boolean> {
    if ((await this.#ledger.gaps({ node: this.#node, which: "all" })).length > 0) return true;
    for (const scope of ["user", "inbound", "outbound"] as const) {
      if ((await this.#ledger.usage({ node: this.#node, scope })).rows.length > 0) return true;
    }
    return false;
  }

  /** Beginning of the last quarter hour in which something was booked of the node; `undefined` where nothing was. */
  async lastBookedAt(): Promise<Date | undefined> {
    const found: Date[] = [];
    for (const scope of ["user", "inbound"] as const) {
      const question = { node: this.#node, scope };
      const day = (await this.#ledger.usage({ ...question, by: ["day"] })).rows.at(-1)?.start;
      if (day === undefined) continue;
      const quarter = (await this.#ledger.usage({ ...question, by: ["quarter"], from: day })).rows.at(-1)?.start;
      if (quarter !== undefined) found.push(quarter);
    }
    return found.sort((a, b) => b.getTime() - a.getTime())[0];
  }

  async #read(scope: Scope): Promise<ScopeTotals> {
    const { rows } = await this.#ledger.usage({
      node: this.#node,
      scope,
      names: "recorded",
      by: ["subject", "generation", "source"],
      generation: "current",
    });
    const sums = new Map<string, Sums>();
    for (const row of rows.filter(isCounted)) {
      const before = sums.get(row.subject as string) ?? none;
      sums.set(row.subject as string, {
        uplink: before.uplink + row.uplink,
        downlink: before.downlink + row.downlink,
        generation: row.generation,
      });
    }
    const begun = await this.#ledger.generations({ node: this.#node, scope });
    return { sums, resets: new Map(begun.map((each) => [each.subject, each])), start: await this.#startOf(scope) };
  }

  async #startOf(scope: Scope): Promise<Date | undefined> {
    const known = this.#starts.get(scope);
    if (known !== undefined) return known;
    // Step by step: a year has many quarter hours.
    let within: { readonly from: Date; readonly to: Date } | undefined;
    for (const [bucket, days] of steps) {
      const { rows } = await this.#ledger.usage({ node: this.#node, scope, by: ["source", bucket], ...within });
      const from = rows.find(isCounted)?.start;
      if (from === undefined) return undefined;
      within = { from, to: new Date(from.getTime() + days * 86_400_000) };
    }
    // Most often the ledger has seen the node for the first time within that quarter hour.
    const gaps = await this.#ledger.gaps({ node: this.#node, which: "all", ...within });
    const start = later(within?.from, gaps.find(({ cause }) => cause === "first-sight")?.to);
    if (start !== undefined) this.#starts.set(scope, start);
    return start;
  }
}

/** Buckets, and how many days one has at most. */
const steps = [
  ["month", 31],
  ["day", 1],
  ["quarter", 1 / 96],
] as const;

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a !== undefined && b !== undefined && b > a ? b : a;
}
