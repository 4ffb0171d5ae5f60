import type { Counter } from "../../src/snapshot/counter.ts";
import { columnsFrom } from "../../src/snapshot/counter-columns.ts";
import type { SysStats } from "../../src/snapshot/evidence.ts";
import { createSnapshot, type Snapshot } from "../../src/snapshot/snapshot.ts";

/** What may happen between two readings. Seconds are true time, which no clock of the world need show. */
export type WorldEvent =
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "traffic"; readonly counter: number; readonly bytes: number }
  | { readonly kind: "restart"; readonly downSeconds: number }
  | { readonly kind: "foreign-reset"; readonly counters: readonly number[] }
  | { readonly kind: "wall-step"; readonly seconds: number }
  | { readonly kind: "core-sleeps"; readonly seconds: number }
  | { readonly kind: "reader-sleeps"; readonly seconds: number }
  | { readonly kind: "stranger"; readonly uptimeSeconds: number; readonly older: boolean }
  | { readonly kind: "forget"; readonly counter: number }
  | { readonly kind: "read" };

export const counterNames = ["alice", "bob", "__proto__"].flatMap((user) => [
  `user>>>${user}>>>traffic>>>uplink`,
  `user>>>${user}>>>traffic>>>downlink`,
]);

interface Process {
  uptime: number;
  allocated: bigint;
  readonly counters: Map<string, bigint>;
}

/** A core, its traffic, and a machine that reads it, with every clock apart. */
export class SimulatedWorld {
  /** Bytes that truly flowed through our core, since the world began. */
  readonly flowed: Map<string, bigint> = new Map();
  /** Those of them that flowed after the last reading and before a restart or reset: no reading can show them. */
  readonly unreadable: Map<string, bigint> = new Map();
  #true = 1_000_000;
  #wallOffset = 0;
  #monotonic = 0;
  /** True seconds since our core was last read. */
  secondsSinceReading = 0;
  #core: Process = newProcess();
  #sinceReading: Map<string, bigint> = new Map();

  apply(event: Exclude<WorldEvent, { kind: "read" | "stranger" }>): void {
    switch (event.kind) {
      case "pass":
        this.#pass(event.seconds, true);
        return;
      case "traffic":
        this.#flow(counterNames[event.counter] as string, BigInt(event.bytes));
        return;
      case "restart":
        this.#loseUnread(counterNames);
        this.#core = newProcess();
        this.#pass(event.downSeconds, false);
        return;
      case "foreign-reset": {
        const names = event.counters.map((index) => counterNames[index] as string);
        this.#loseUnread(names);
        for (const name of names) if (this.#core.counters.has(name)) this.#core.counters.set(name, 0n);
        return;
      }
      case "wall-step":
        this.#wallOffset += event.seconds;
        return;
      case "core-sleeps":
        this.#pass(event.seconds, false);
        return;
      case "reader-sleeps":
        this.#pass(event.seconds, true);
        this.#monotonic -= event.seconds;
        return;
      case "forget":
        this.#core.counters.delete(counterNames[event.counter] as string);
    }
  }

  /** Reads our core. */
  read(): Snapshot {
    this.#core.allocated += 50_000n;
    this.#sinceReading = new Map();
    this.secondsSinceReading = 0;
    return this.#snapshot(this.#core);
  }

  /** Reads another core that listens on the same port. */
  readStranger(uptime: number, allocated: bigint): Snapshot {
    const counters = new Map(counterNames.map((name) => [name, 1_000_000_000n]));
    return this.#snapshot({ uptime, allocated, counters });
  }

  /** The real core's figures now. */
  get core(): { readonly uptime: number; readonly allocated: bigint } {
    return this.#core;
  }

  #pass(seconds: number, coreRuns: boolean): void {
    this.#true += seconds;
    this.secondsSinceReading += seconds;
    this.#monotonic += seconds;
    if (!coreRuns) return;
    this.#core.uptime += seconds;
    this.#core.allocated += BigInt(Math.round(seconds * 1000));
  }

  #flow(name: string, bytes: bigint): void {
    add(this.flowed, name, bytes);
    add(this.#sinceReading, name, bytes);
    add(this.#core.counters, name, bytes);
    this.#core.allocated += 100n;
  }

  #loseUnread(names: readonly string[]): void {
    for (const name of names) {
      add(this.unreadable, name, this.#sinceReading.get(name) ?? 0n);
      this.#sinceReading.delete(name);
    }
  }

  #snapshot({ uptime, allocated, counters }: Process): Snapshot {
    const instant = {
      at: new Date((this.#true + this.#wallOffset) * 1000),
      // Whole milliseconds: sums of fractions would run backwards.
      monotonicMs: Math.round(this.#monotonic * 1000),
      sinceBootMs: this.#true * 1000,
    };
    const sys = sysStats(Math.floor(uptime), allocated);
    const list: Counter[] = Array.from(counters, ([name, value]) => ({ name, value }));
    return createSnapshot(columnsFrom(list), {
      origin: "core",
      endpoint: "127.0.0.1:10085",
      kind: "v2ray5",
      readerId: "reader",
      bootId: "boot",
      started: instant,
      ended: instant,
      sysBefore: sys,
      sysAfter: sys,
    });
  }
}

/** Figures of a Go runtime, of which the allocations alone matter here. */
export function sysStats(uptimeSeconds: number, totalAllocBytes: bigint): SysStats {
  return {
    goroutines: 10,
    gcCycles: 0,
    allocBytes: 1n,
    totalAllocBytes,
    sysBytes: 1n,
    mallocs: totalAllocBytes / 100n,
    frees: 0n,
    liveObjects: 0n,
    pauseTotalNs: 0n,
    uptimeSeconds,
  };
}

function newProcess(): Process {
  return { uptime: 0, allocated: 3_000_000n, counters: new Map() };
}

function add(map: Map<string, bigint>, name: string, bytes: bigint): void {
  map.set(name, (map.get(name) ?? 0n) + bytes);
}
