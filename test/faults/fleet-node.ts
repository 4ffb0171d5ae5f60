import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { StatsClient } from "../../src/client/stats-client.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import type { EmbeddedCore } from "../../src/testing/embedded-core.ts";
import { booked, down, up } from "../support/ledger-session.ts";
import { until } from "../support/until.ts";
import { CoreTraffic, type Flow } from "./core-traffic.ts";
import type { Fleet } from "./fleet.ts";

/** How a core ends: in the middle of traffic, to begin anew at once or after a while; or after `drain`. */
export type CoreEnd = "at-once" | "for-a-while" | "drained";

/** The end of one life of a core. */
export interface Death {
  readonly atMs: number;
  /** What nobody had read, by counter. */
  readonly lost: ReadonlyMap<string, bigint>;
  /** When the first of that flowed. */
  readonly lostFromMs: number | undefined;
}

/** A user whose single bytes say how far a ledger has come. */
const mark = up("mark");

/** A node of a fleet whose every byte is known. */
export class FleetNode implements AsyncDisposable {
  readonly deaths: Death[] = [];
  readonly counters: readonly string[];
  readonly traffic: CoreTraffic;
  readonly #core: EmbeddedCore;
  readonly #name: string;
  readonly #random: () => number;

  /** Its traffic begins at once. */
  constructor(core: EmbeddedCore, name: string, random: () => number) {
    this.#core = core;
    this.#name = name;
    this.#random = random;
    // Some users are on all nodes, and one on this alone.
    const users = ["alice", "bob", "__proto__", `only on ${name}`];
    this.counters = [...users.flatMap((user) => [up(user), down(user)]), mark];
    this.traffic = new CoreTraffic(core, this.counters.slice(0, -1), random);
  }

  /** What was lost of a counter when the core ended. */
  lost(counter: string): bigint {
    return this.deaths.reduce((sum, { lost }) => sum + (lost.get(counter) ?? 0n), 0n);
  }

  /** Ends the core again and again. */
  async live(ends: readonly CoreEnd[], fleet: Fleet): Promise<void> {
    await using kept = await openSqliteLedger(fleet.files.get(this.#name) as string, { readOnly: true });
    for (const end of ends) {
      await this.#age(kept);
      await wait(this.#random() * 400);
      const atMs = await this.#end(end, fleet);
      const before = this.traffic.flowed.length;
      // Before anybody has read the new core.
      for (const counter of this.counters) this.traffic.flow(counter, BigInt(Math.floor(this.#random() * 1000)));
      await this.#markRecorded(kept);
      const lost = await this.#missing(kept);
      const lostFromMs = lostSince(this.traffic.flowed.slice(0, before), lost);
      if (end === "drained") assert.equal(lostFromMs, undefined, "drain has read the last byte");
      this.deaths.push({ atMs, lost, lostFromMs });
      this.traffic.start();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.traffic.stop();
    await this.#core.close();
  }

  /** Lets the core work more than a new one can at once, as the agent has recorded: so a restart shows. */
  async #age(kept: Ledger): Promise<void> {
    {
      await using client = new StatsClient(this.#core.address);
      for (let call = 0; call < 100; call++) await client.query();
    }
    await this.#markRecorded(kept);
  }

  async #markRecorded(kept: Ledger): Promise<void> {
    this.traffic.flow(mark, 1n);
    const flowed = this.traffic.sum(mark) - this.lost(mark);
    await until(async () => (await kept.totals({ subject: "mark" })).total === flowed);
  }

  /** @returns When this life was over. */
  async #end(end: CoreEnd, fleet: Fleet): Promise<number> {
    this.traffic.stop();
    if (end === "drained") await fleet.drain(this.#name);
    if (end === "for-a-while") await this.#core.stop();
    const atMs = Date.now();
    if (end === "for-a-while") await wait(this.#random() * 1500);
    this.#core.restart();
    if (end === "for-a-while") await this.#core.start();
    return atMs;
  }

  /** What the ledger lacks beside what was lost before; nothing flows now. */
  async #missing(kept: Ledger): Promise<ReadonlyMap<string, bigint>> {
    const known = await booked(kept);
    return new Map(this.counters.map((name) => [name, this.traffic.sum(name) - (known[name] ?? 0n) - this.lost(name)]));
  }
}

/**
 * When the first of the lost bytes flowed: since then all is lost, of all counters, and nothing from before.
 *
 * @returns `undefined` where nothing is lost.
 */
function lostSince(flows: readonly Flow[], lost: ReadonlyMap<string, bigint>): number | undefined {
  const left = new Map([...lost].filter(([, bytes]) => bytes !== 0n));
  let sinceMs: number | undefined;
  for (let at = flows.length - 1; left.size > 0; at--) {
    const flow = flows[at];
    const rest = flow && (left.get(flow.name) ?? 0n) - flow.bytes;
    assert.ok(rest !== undefined && rest >= 0n, `what is missing is not the end of what flowed: ${[...lost]}`);
    if (rest === 0n) left.delete((flow as Flow).name);
    else left.set((flow as Flow).name, rest);
    sinceMs = flow?.atMs;
  }
  return sinceMs;
}
