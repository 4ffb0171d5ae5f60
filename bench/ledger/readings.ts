import { currentReader } from "../../src/internal/reading-clock.ts";
import { CounterColumns } from "../../src/snapshot/counter-columns.ts";
import type { Instant, SysStats } from "../../src/snapshot/evidence.ts";
import { NameTable, viewOf } from "../../src/snapshot/name-table.ts";
import { createSnapshot, type Snapshot } from "../../src/snapshot/snapshot.ts";

/** Readings of a core with so many counters, as a client makes them: names are shared, values are not. */
export class SimulatedReadings {
  readonly #table = new NameTable();
  readonly #values: BigInt64Array;
  #seconds = 0;

  constructor(counters: number) {
    this.#values = new BigInt64Array(counters).fill(10n ** 9n);
    const encoder = new TextEncoder();
    for (let index = 0; index < counters; index++) {
      const user = `user${String(index >> 1).padStart(6, "0")}@example.com`;
      const bytes = encoder.encode(`user>>>${user}>>>traffic>>>${index % 2 === 0 ? "uplink" : "downlink"}`);
      this.#table.intern(viewOf(bytes), 0, bytes.length);
    }
  }

  /** The next reading, ten seconds later, after every `step`th counter moved. */
  next(step: number, seconds = 10): Snapshot {
    for (let index = this.#seconds % step; index < this.#values.length; index += step)
      this.#values[index] = (this.#values[index] as bigint) + 40_000n + BigInt(index % 1000);
    this.#seconds += seconds;
    const columns = new CounterColumns(this.#table);
    for (let index = 0; index < this.#values.length; index++) columns.set(index, this.#values[index] as bigint);
    const sys = this.#sys();
    return createSnapshot(columns, {
      origin: "core",
      endpoint: "127.0.0.1:10085",
      kind: "xray",
      readerId: currentReader().readerId,
      bootId: "boot",
      started: this.#instant(),
      ended: this.#instant(),
      sysBefore: sys,
      sysAfter: sys,
    });
  }

  #instant(): Instant {
    const atMs = this.#seconds * 1000;
    return { at: new Date(1_790_000_000_000 + atMs), monotonicMs: performance.now(), sinceBootMs: 1e9 + atMs };
  }

  #sys(): SysStats {
    const up = 1000 + this.#seconds;
    const grown = BigInt(up) * 1_000_000n;
    return {
      goroutines: 50,
      gcCycles: up,
      allocBytes: 10_000_000n,
      totalAllocBytes: grown,
      sysBytes: 50_000_000n,
      mallocs: grown,
      frees: grown,
      liveObjects: 1000n,
      pauseTotalNs: grown,
      uptimeSeconds: up,
    };
  }
}
