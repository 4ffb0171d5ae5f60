import { endianness } from "node:os";
import type { Ledger } from "../../ledger/ledger.ts";
import type { KeyConnection } from "../traffic-stats.ts";
import { type CoreReading, CoreReadings, type ManagerCore } from "./core-readings.ts";
import { type InterfaceTotals, parseInterfaceTable } from "./interface-table.ts";
import { LedgerTotals } from "./ledger-totals.ts";
import type { ManagerHost } from "./manager-host.ts";
import { Problem } from "./problem.ts";
import type { ServedKey } from "./served-key.ts";
import {
  connectionsOf,
  type KeyPorts,
  type PortConnections,
  parseSocketTables,
  type SocketTable,
} from "./socket-table.ts";
import { TimedCache } from "./timed-cache.ts";

/** More connections of a key than these are counted, and not listed. */
const mostDetails = 200;

/** Numbers, or why there are none. */
export type Told<Value> = { readonly value: Value } | { readonly reason: string };

/** How old totals are that could not be brought up to date. */
export interface Staleness {
  /** When they were right; `undefined` where nothing tells. */
  readonly asOf: Date | undefined;
  readonly reason: string;
}

/** All that is told of a key at one time. */
export interface KeyRecord {
  readonly key: ServedKey;
  readonly takenAt: Date;
  readonly uplink: bigint;
  readonly downlink: bigint;
  readonly generation: number | undefined;
  readonly since: Date | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly rateOverMs: number | undefined;
  readonly connections: Told<{ readonly count: number; readonly details: readonly KeyConnection[] }>;
  /** How many keys share its ports: their connections cannot be told apart. */
  readonly sharedBy: number;
  readonly interfaces: Told<HostInterfaces>;
  /** Addresses the user is online from; `undefined` where the core cannot tell. */
  readonly online: readonly string[] | undefined;
  readonly stale: Staleness | undefined;
}

/** The chosen interfaces of the host at one time. */
export interface HostInterfaces {
  readonly takenAt: Date;
  readonly list: readonly InterfaceTotals[];
}

/** What a meter needs. */
export interface KeyMeterOptions {
  readonly ledger: Ledger;
  readonly node: string;
  readonly stats: ManagerCore | undefined;
  readonly host: ManagerHost;
  /** Names of interfaces; all but the loopback one where there are none. */
  readonly interfaces: readonly string[] | undefined;
  readonly timeoutMs: number;
}

/** Brings together what the ledger, the core and the host tell of a key. */
export class KeyMeter {
  readonly totals: LedgerTotals;
  readonly #readings: CoreReadings | undefined;
  readonly #host: ManagerHost;
  readonly #chosen: readonly string[] | undefined;
  readonly #sockets = new TimedCache<Told<SocketTable>>({ maxAgeMs: 1000, most: 1 });
  readonly #interfaces = new TimedCache<Told<HostInterfaces>>({ maxAgeMs: 1000, most: 1 });
  readonly #known = new TimedCache<Date | undefined>({ maxAgeMs: 1000, most: 1 });
  #found: { readonly sockets: SocketTable; readonly byPorts: Map<string, PortConnections> } = {
    sockets: new Map(),
    byPorts: new Map(),
  };

  constructor({ ledger, node, stats, host, interfaces, timeoutMs }: KeyMeterOptions) {
    this.totals = new LedgerTotals(ledger, node);
    this.#readings = stats && new CoreReadings(stats, timeoutMs);
    this.#host = host;
    this.#chosen = interfaces;
  }

  /**
   * Measures a key.
   *
   * @param sharersOf How many keys share its ports.
   * @throws Problem 503 where nothing is known of the core.
   */
  async measure(key: ServedKey, sharersOf: (key: ServedKey) => number): Promise<KeyRecord> {
    const [reading, connections, interfaces] = await Promise.all([
      this.#readings?.read(),
      this.#connectionsOf(key),
      this.interfaces(),
    ]);
    // After the reading: what a collector books meanwhile is in.
    const totals = await this.totals.of(key);
    const live = reading?.kind === "live" ? reading : undefined;
    return {
      key,
      takenAt: live?.takenAt ?? new Date(),
      ...totals,
      bytesPerSecond: live?.rateOf(key.counter),
      rateOverMs: live?.rateOverMs,
      connections,
      sharedBy: sharersOf(key),
      interfaces,
      online: key.counter.scope === "user" ? await live?.onlineOf(key.counter.subject) : undefined,
      stale: await this.#staleness(reading),
    };
  }

  /** What the chosen interfaces carried. */
  async interfaces(): Promise<Told<HostInterfaces>> {
    const { value } = await this.#interfaces.get("", () =>
      told(async () => {
        const chosen = this.#chosen;
        const list = parseInterfaceTable(await this.#host.table("dev")).filter(
          ({ name }) => chosen?.includes(name) ?? name !== "lo",
        );
        if (chosen !== undefined && list.length === 0) throw new Error(`there is no interface ${chosen.join(", ")}`);
        return { takenAt: new Date(), list };
      }),
    );
    return value;
  }

  async #connectionsOf({ ports }: ServedKey): Promise<KeyRecord["connections"]> {
    if (ports.length === 0) return { reason: "the key has no TCP port" };
    const { value: sockets } = await this.#sockets.get("", () => told(() => this.#readSockets()));
    if ("reason" in sockets) return sockets;
    const { listening, ...found } = this.#onPorts(sockets.value, ports);
    // Then the core is down, speaks UDP there, or is in another network namespace: 0 would be a guess.
    if (!listening) return { reason: "nothing listens on the key's port for TCP here" };
    return { value: found };
  }

  /** Looked for once in a table: mostly all users have the same port. */
  #onPorts(sockets: SocketTable, ports: readonly KeyPorts[]): PortConnections {
    if (this.#found.sockets !== sockets) this.#found = { sockets, byPorts: new Map() };
    const question = JSON.stringify(ports);
    const known = this.#found.byPorts.get(question);
    const found = known ?? connectionsOf(sockets, ports, { most: mostDetails, endianness: endianness() });
    this.#found.byPorts.set(question, found);
    return found;
  }

  async #readSockets(): Promise<SocketTable> {
    const tcp = await this.#host.table("tcp");
    // A kernel without IPv6 has no second table.
    return parseSocketTables([tcp, await this.#host.table("tcp6").catch(() => "")]);
  }

  async #staleness(reading: CoreReading | undefined): Promise<Staleness | undefined> {
    if (reading?.kind === "live") return undefined;
    if (reading?.lastGoodAt !== undefined) return { asOf: reading.lastGoodAt, reason: reading.reason };
    const { value: asOf } = await this.#known.get("", () => this.#lastKnown(reading?.reason));
    return reading && { asOf, reason: reading.reason };
  }

  async #lastKnown(reason = "there is no reading of the core in the ledger"): Promise<Date | undefined> {
    if (!(await this.totals.knowsNode())) throw new Problem(503, `Nothing is known yet: ${reason}`);
    return this.totals.lastBookedAt();
  }
}

async function told<Value>(read: () => Promise<Value>): Promise<Told<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
