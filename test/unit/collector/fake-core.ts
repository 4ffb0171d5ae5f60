import type { CallOptions } from "../../../src/client/deadline.ts";
import type { SnapshotSource } from "../../../src/collector/collected-node.ts";
import { StatsError } from "../../../src/errors/stats-error.ts";
import { NameTable } from "../../../src/snapshot/name-table.ts";
import type { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { readingHere } from "../../support/ledger-session.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A core by a virtual clock: one counter, restarts and outages. */
export class FakeCore implements SnapshotSource {
  /** Milliseconds of the clock at which it was read or asked. */
  readonly asked: number[] = [];
  /** What has truly flowed. */
  flowed = 0n;
  state: "up" | "dead" | "hung" | "silent" = "up";
  /** How far the wall clock is off. */
  stepSeconds = 0;
  /** Added to its uptime: another core answers there. */
  strangerSeconds = 0;
  readonly #clock: VirtualClock;
  readonly #table = new NameTable();
  #startedMs = 0;
  #shown = 0n;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  add(bytes: bigint): void {
    this.flowed += bytes;
    this.#shown += bytes;
  }

  restart(): void {
    this.#startedMs = this.#clock.now();
    this.#shown = 0n;
  }

  async snapshot({ signal = new AbortController().signal, timeoutMs = 10_000 }: CallOptions): Promise<Snapshot> {
    this.asked.push(this.#clock.now());
    if (this.state === "dead") throw new StatsError("unreachable", "connection refused");
    // A client that keeps its own time, and one that does not.
    if (this.state === "silent") {
      await this.#clock.sleep(timeoutMs, signal);
      throw new StatsError("timeout", `no answer within ${timeoutMs} ms`);
    }
    if (this.state === "hung") {
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    }
    const up = (this.#clock.now() - this.#startedMs) / 1000 + this.strangerSeconds;
    return readingHere(
      this.#clock.now() / 1000,
      { [counter]: this.#shown },
      { up, allocated: BigInt(Math.round(1000 + up * 1000)), stepSeconds: this.stepSeconds, table: this.#table },
    );
  }
}

export const counter = "user>>>alice>>>traffic>>>uplink";
