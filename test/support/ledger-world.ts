import assert from "node:assert/strict";
import { quarterOf } from "../../src/ledger/quarter.ts";
import type { RecordResult } from "../../src/ledger/writer.ts";
import { columnsFrom } from "../../src/snapshot/counter-columns.ts";
import type { Delta, Gap } from "../../src/snapshot/delta.ts";
import { createSnapshot, type Snapshot } from "../../src/snapshot/snapshot.ts";
import { type SnapshotTracker, trackSnapshots } from "../../src/snapshot/track-snapshots.ts";
import { readHere } from "./ledger-session.ts";
import { counterNames, SimulatedWorld, type WorldEvent } from "./simulated-world.ts";

/** What may happen to a core and to who records it. */
export type LedgerStep =
  | Exclude<WorldEvent, { kind: "read" }>
  /** The core does not show a counter, for a while. */
  | { readonly kind: "hide"; readonly counter: number }
  | { readonly kind: "show"; readonly counter: number }
  | { readonly kind: "read"; readonly acceptClock: boolean };

/** A gap as the model foresees it. */
export type ModelGap = Omit<Gap, "cause"> & { readonly cause: Gap["cause"] | "first-sight" };

/**
 * A world, what a ledger must hold of it, and what is true. What it must hold follows from the readings that were
 * recorded, by the pure rule for two readings; what is true follows from the traffic.
 */
export class LedgerWorld {
  /** Bytes booked, by quarter hour and counter. */
  readonly booked: Map<string, bigint> = new Map();
  readonly gaps: ModelGap[] = [];
  /** The number of the reading that is the base; `undefined` before the first. */
  base: number | undefined;
  /** Something was lost that no reading can show, see snapshot-tracking.test.ts. */
  unseen = false;
  readonly #world = new SimulatedWorld();
  readonly #hidden = new Set<string>();
  #tracker: SnapshotTracker | undefined;
  #flowedBefore: ReadonlyMap<string, bigint> = new Map();
  /** Bytes that came after the last recorded reading, and those of them that no reading can show any more. */
  readonly #unread = new Map<string, bigint>();
  readonly #unreadable = new Map<string, bigint>();
  #resets = 0;
  #restarts = 0;
  #uptimeRead = 0;

  constructor() {
    this.#world.apply({ kind: "pass", seconds: 100 });
  }

  /** Lets a step happen. @returns What was read, where it is a reading; its number is among its evidence. */
  apply(step: LedgerStep, number: number): Snapshot | undefined {
    switch (step.kind) {
      case "read":
        return numbered(this.#visible(this.#world.read()), number);
      case "stranger":
        // Whoever answers first is the node's core, to any ledger: then ours would be the stranger.
        if (this.#tracker === undefined) return undefined;
        return numbered(this.#readStranger(step), number);
      case "hide":
        // One that was hidden from the start would be taken for new.
        if (this.#tracker !== undefined) this.#hidden.add(counterNames[step.counter] as string);
        return undefined;
      case "show":
        this.#hidden.delete(counterNames[step.counter] as string);
        return undefined;
      case "traffic":
        add(this.#unread, counterNames[step.counter] as string, BigInt(step.bytes));
        break;
      case "restart":
        this.#restarts++;
        this.#lose(counterNames);
        break;
      case "foreign-reset":
        this.#resets++;
        this.#lose(step.counters.map((index) => counterNames[index] as string));
        break;
      case "forget":
        // One that begins anew above its old value cannot be told from one that went on.
        this.unseen = true;
    }
    this.#world.apply(step);
    return undefined;
  }

  /** Says that the ledger took a reading. @returns What it must say of it. */
  record(reading: Snapshot, acceptClock: boolean): RecordResult["state"] {
    if (this.#tracker === undefined) {
      this.#tracker = trackSnapshots(reading);
      this.#flowedBefore = new Map(this.#world.flowed);
      const bound = reading.counters().filter(({ value }) => value > 0n);
      this.gaps.push({ cause: "first-sight", from: undefined, to: reading.takenAt, bound });
      this.#unreadable.clear();
      this.#taken(reading);
      return "first";
    }
    if (!acceptClock && clockStepped(this.#tracker.last, reading)) return "clock";
    const delta = this.#tracker.next(reading);
    if (delta.error !== undefined) return "other-core";
    for (const { name, bytes } of delta.counters()) add(this.booked, `${quarterOf(reading.takenAt)} ${name}`, bytes);
    this.gaps.push(...delta.gaps);
    this.#notice(delta);
    this.#taken(reading);
    return delta.restarted ? "restarted" : "ok";
  }

  /** Compares what is booked with what truly flowed. @returns Whether it had to be, and is, the same. */
  checkTruth(): boolean {
    const told = this.gaps.filter(({ cause }) => cause !== "first-sight");
    const exact = !this.unseen && told.length === 0 && this.#resets + this.#restarts === 0;
    for (const name of counterNames) {
      const flowed = (this.#world.flowed.get(name) ?? 0n) - (this.#flowedBefore.get(name) ?? 0n);
      let booked = 0n;
      for (const [key, bytes] of this.booked) if (key.slice(key.indexOf(" ") + 1) === name) booked += bytes;
      assert.ok(booked <= flowed, `${name}: ${booked} booked, ${flowed} flowed`);
      if (this.unseen) continue;
      const unread = this.#unread.get(name) ?? 0n;
      if (exact) assert.equal(booked + unread, flowed, name);
      let bound = this.#unreadable.get(name) ?? 0n;
      for (const gap of told) {
        if (gap.bound === "unknown") continue;
        for (const counter of gap.bound) if (counter.name === name) bound += counter.value;
      }
      const lost = told.some(({ cause }) => cause === "counter-lost");
      const missing = flowed - booked - unread;
      assert.ok(lost || missing <= bound, `${name}: ${missing} missing, at most ${bound} may`);
    }
    return exact;
  }

  #lose(names: readonly string[]): void {
    for (const name of names) {
      add(this.#unreadable, name, this.#unread.get(name) ?? 0n);
      this.#unread.delete(name);
    }
  }

  #notice(delta: Delta): void {
    if (this.#resets > 0 && !delta.foreignReset && !delta.restarted) this.unseen = true;
    const restartShown = delta.restarted || delta.gaps.length > 0;
    if (this.#restarts > 0 && !restartShown && this.#uptimeRead <= 3) this.unseen = true;
  }

  #taken(reading: Snapshot): void {
    this.base = numberOf(reading);
    for (const name of counterNames) if (!this.#hidden.has(name)) this.#unread.delete(name);
    this.#resets = 0;
    this.#restarts = 0;
    this.#uptimeRead = this.#world.core.uptime;
  }

  #visible(reading: Snapshot): Snapshot {
    if (this.#hidden.size === 0) return reading;
    const shown = reading.counters().filter(({ name }) => !this.#hidden.has(name));
    return createSnapshot(columnsFrom(shown), reading.evidence);
  }

  /**
   * A stranger that can be told: much older than our core can be, or younger than it was but up since before the last
   * recorded reading. One whose uptime fits as a restart cannot.
   */
  #readStranger({ older, uptimeSeconds }: WorldEvent & { kind: "stranger" }): Snapshot {
    if (older) return this.#world.readStranger(this.#world.core.uptime + 10_000_000 + uptimeSeconds, 10n ** 15n);
    const now = this.#world.readStranger(0, 1n).evidence.ended.sinceBootMs;
    const last = this.#tracker?.last.evidence.ended.sinceBootMs ?? now;
    return this.#world.readStranger((now - last) / 1000 + uptimeSeconds, 1n);
  }
}

/** Whether wall clock and time since boot disagree by more than a quarter hour. */
function clockStepped({ evidence: a }: Snapshot, { evidence: b }: Snapshot): boolean {
  const wall = b.ended.at.getTime() - a.ended.at.getTime();
  return Math.abs(wall - (b.ended.sinceBootMs - a.ended.sinceBootMs)) > 900_000;
}

/** 1970 is too near to the end of time for clocks that step. */
const worldStartSeconds = 1_700_000_000;

function numbered(snapshot: Snapshot, number: number): Snapshot {
  const here = readHere(snapshot, worldStartSeconds);
  const { evidence } = here;
  // A figure that no rule looks at carries it through the database.
  const sysAfter = { ...evidence.sysAfter, goroutines: number };
  return createSnapshot(columnsFrom(here.counters()), { ...evidence, sysAfter });
}

/** The number of a reading. */
export function numberOf({ evidence }: Pick<Snapshot, "evidence">): number {
  return evidence.sysAfter.goroutines;
}

function add(map: Map<string, bigint>, key: string, bytes: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + bytes);
}
