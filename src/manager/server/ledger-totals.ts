import type { Ledger } from "../../ledger/ledger.ts";
import type { Usage } from "../../usage/usage-query.ts";
import type { ServedKey } from "./served-key.ts";
import { TimedCache } from "./timed-cache.ts";

/** What the ledger holds of a key since its creation or its last reset. */
export interface KeyTotals {
  /** Bytes from the user. */
  readonly uplink: bigint;
  /** Bytes to the user. */
  readonly downlink: bigint;
  /** Counted from 0; `undefined` where nothing was booked since the last reset. */
  readonly generation: number | undefined;
  /** Beginning of the quarter hour in which the first byte was booked; `undefined` where none was. */
  readonly since: Date | undefined;
}

type Scope = ServedKey["counter"]["scope"];
type Sums = Omit<KeyTotals, "since">;

const none: Sums = { uplink: 0n, downlink: 0n, generation: undefined };

/** What a core's counters showed, without people's corrections and without what cannot be proved. */
export function isCounted({ source }: Usage): boolean {
  return source === "core";
}

/** Answers what keys have used on one node, for all of them by one question a second. */
export class LedgerTotals {
  readonly #ledger: Ledger;
  readonly #node: string;
  readonly #sums = new TimedCache<ReadonlyMap<string, Sums>>({ maxAgeMs: 1000, most: 2 });
  /** Of a generation it never changes. */
  readonly #since = new Map<string, Date>();

  constructor(ledger: Ledger, node: string) {
    this.#ledger = ledger;
    this.#node = node;
  }

  /** Forgets what was read: something changed. */
  drop(): void {
    this.#sums.clear();
  }

  /** The totals of one key. */
  async of({ scope, subject }: ServedKey["counter"]): Promise<KeyTotals> {
    const { value: all } = await this.#sums.get(scope, () => this.#read(scope, undefined));
    // A user with an alias stands in the ledger's answers under the other name.
    const sums = all.get(subject) ?? [...(await this.#read(scope, subject)).values()][0] ?? none;
    return { ...sums, since: await this.#sinceOf(scope, subject, sums.generation) };
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

  async #read(scope: Scope, subject: string | undefined): Promise<ReadonlyMap<string, Sums>> {
    const { rows } = await this.#ledger.usage({
      node: this.#node,
      scope,
      subject,
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
    return sums;
  }

  async #sinceOf(scope: Scope, subject: string, generation: number | undefined): Promise<Date | undefined> {
    if (generation === undefined) return undefined;
    const question = JSON.stringify([scope, subject, generation]);
    const known = this.#since.get(question);
    if (known !== undefined) return known;
    const ofKey = { node: this.#node, scope, subject, generation: "current" } as const;
    const day = await this.#firstOf({ ...ofKey, by: ["source", "day"] });
    const quarter = day && (await this.#firstOf({ ...ofKey, by: ["source", "quarter"], from: day }));
    if (quarter !== undefined) this.#since.set(question, quarter);
    return quarter;
  }

  async #firstOf(query: Parameters<Ledger["usageRows"]>[0]): Promise<Date | undefined> {
    for await (const row of this.#ledger.usageRows(query)) if (isCounted(row)) return row.start;
    return undefined;
  }
}
