import type { PushResult } from "../../src/inform/send/push-loop.ts";
import { createInformSender, type InformSender } from "../../src/inform/send/sender.ts";
import { currentReader } from "../../src/internal/reading-clock.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import type { Writer } from "../../src/ledger/writer.ts";
import { CounterColumns } from "../../src/snapshot/counter-columns.ts";
import { NameTable, viewOf } from "../../src/snapshot/name-table.ts";
import { createSnapshot, type Snapshot } from "../../src/snapshot/snapshot.ts";
import { sysStats } from "../support/simulated-world.ts";

/** What a simulated node is given. */
export interface SimulatedNodeOptions {
  readonly name: string;
  readonly users: readonly string[];
  readonly hub: string;
  readonly key: string;
  /** @defaultValue Node's own client */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** @defaultValue one in memory */
  readonly ledger?: Ledger | undefined;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
}

/** A node whose core is simulated: its ledger and its sender are real. */
export class SimulatedNode {
  readonly name: string;
  readonly ledger: Ledger;
  readonly #users: readonly string[];
  readonly #random: () => number;
  readonly #table = new NameTable();
  readonly #values: BigInt64Array;
  readonly #writer: Writer;
  readonly #sender: InformSender;
  readonly #bootMs = Date.now() - 1_000_000;
  /** Rows that moved and were recorded. */
  rows = 0;

  /** Starts with a first reading, at which every user exists and nothing has flowed. */
  static async start(options: SimulatedNodeOptions): Promise<SimulatedNode> {
    const { ledger = openMemoryLedger() } = options;
    const node = new SimulatedNode(options, ledger, await ledger.claim(options.name));
    await node.#writer.record(node.#reading());
    return node;
  }

  private constructor(options: SimulatedNodeOptions, ledger: Ledger, writer: Writer) {
    const { name, users, random } = options;
    this.name = name;
    this.ledger = ledger;
    this.#users = users;
    this.#random = random;
    this.#writer = writer;
    this.#sender = createInformSender({ ...options, ledger });
    this.#values = new BigInt64Array(users.length * 2);
    for (const user of users) {
      for (const direction of ["uplink", "downlink"]) {
        const bytes = Buffer.from(`user>>>${user}>>>traffic>>>${direction}`);
        this.#table.intern(viewOf(bytes), 0, bytes.length);
      }
    }
  }

  /** Lets a share of the users move bytes in both directions, and reads the core. */
  async move(share: number): Promise<void> {
    const users = this.#users.length;
    const moving = Math.ceil(users * share);
    const first = Math.floor(this.#random() * users);
    for (let at = 0; at < moving; at++) {
      const index = ((first + at) % users) * 2;
      this.#add(index, 1 + this.#random() * 1e6);
      this.#add(index + 1, 1 + this.#random() * 1e8);
    }
    const { counters } = await this.#writer.record(this.#reading());
    this.rows += counters;
  }

  push(signal?: AbortSignal): Promise<PushResult> {
    return this.#sender.pushOnce(signal);
  }

  /** What truly flowed, by user. */
  *flowed(): Generator<readonly [user: string, uplink: bigint, downlink: bigint]> {
    for (const [at, user] of this.#users.entries())
      yield [user, this.#values[at * 2] as bigint, this.#values[at * 2 + 1] as bigint];
  }

  #add(index: number, bytes: number): void {
    this.#values[index] = (this.#values[index] as bigint) + BigInt(Math.floor(bytes));
  }

  #reading(): Snapshot {
    const columns = new CounterColumns(this.#table);
    for (let index = 0; index < this.#values.length; index++) columns.set(index, this.#values[index] as bigint);
    const at = new Date();
    const sinceBootMs = at.getTime() - this.#bootMs;
    const instant = { at, monotonicMs: performance.now(), sinceBootMs };
    const sys = sysStats(Math.floor(sinceBootMs / 1000), BigInt(sinceBootMs));
    return createSnapshot(columns, {
      origin: "core",
      endpoint: "127.0.0.1:10085",
      kind: "xray",
      readerId: currentReader().readerId,
      bootId: "boot",
      started: instant,
      ended: instant,
      sysBefore: sys,
      sysAfter: sys,
    });
  }
}
