import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { StatsClient } from "../../src/client/stats-client.ts";
import type { Loop } from "./loop.ts";
import { until } from "./until.ts";

/**
 * V2Ray 4 and 5 take one of some thousand quick connections for a replay and hold it for a minute ("invalid user >
 * replayed request"; 2 of 3000 within 15 s on each, none on Xray). So there are few, with much in them.
 */
const longestPauseMs = 300;
const mostBytes = 4_000_000;
const mostRefused = 3;

/** Bytes up and down. */
export interface DownloadedBytes {
  readonly uplink: bigint;
  readonly downlink: bigint;
}

/** A user who downloads again and again; each download comes to its own end. */
export class Downloads {
  readonly #loop: Loop;
  readonly #random: () => number;
  #count = 0;
  #completed: DownloadedBytes = { uplink: 0n, downlink: 0n };
  /** What was completed before this life of the core. */
  #before: DownloadedBytes = this.#completed;
  #refused = 0;
  #paused = true;
  #running: Promise<void> = Promise.resolve();

  constructor(loop: Loop, random: () => number) {
    this.#loop = loop;
    this.#random = random;
  }

  /** How many came to their end. */
  get count(): number {
    return this.#count;
  }

  /** What those carried, as the programs at both ends know. */
  get completed(): DownloadedBytes {
    return this.#completed;
  }

  /** Downloads once. */
  async one(): Promise<void> {
    const { uplink, downlink } = await this.#loop.download(Math.floor(this.#random() * mostBytes));
    this.#count++;
    this.#completed = add(this.#completed, { uplink: BigInt(uplink), downlink: BigInt(downlink) });
  }

  /** Where they have begun already they go on. */
  start(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#running = this.#run();
    this.#running.catch(() => undefined); // until somebody waits for it
  }

  /**
   * Waits until nothing flows, and the core shows all that did: it counts some a moment after a connection ended.
   *
   * @returns What the core counts of them since it began.
   */
  async pause(): Promise<bigint> {
    this.#paused = true;
    await this.#running;
    const { uplink, downlink } = subtract(this.#completed, this.#before);
    await using client = new StatsClient(this.#loop.apiAddress);
    await until(async () => {
      const [shown = { uplink: 0n, downlink: 0n }] = (await client.snapshot()).users();
      assert.ok(shown.uplink <= uplink && shown.downlink <= downlink, "the core counted more than was completed");
      return shown.uplink === uplink && shown.downlink === downlink;
    });
    return uplink + downlink;
  }

  /** Says that the core counts from zero from here on. */
  coreBegins(): void {
    this.#before = this.#completed;
  }

  async #run(): Promise<void> {
    while (!this.#paused) {
      // What was refused is not counted.
      await this.one().catch((error: unknown) => {
        if (++this.#refused > mostRefused) throw error;
      });
      await wait(this.#random() * longestPauseMs);
    }
  }
}

function add(a: DownloadedBytes, b: DownloadedBytes): DownloadedBytes {
  return { uplink: a.uplink + b.uplink, downlink: a.downlink + b.downlink };
}

function subtract(a: DownloadedBytes, b: DownloadedBytes): DownloadedBytes {
  return { uplink: a.uplink - b.uplink, downlink: a.downlink - b.downlink };
}
