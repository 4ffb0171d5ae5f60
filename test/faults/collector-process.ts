// A collector that the kill harness runs in a process of its own, and kills.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { createLedger } from "../../src/ledger/ledger.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import type { RecordResult } from "../../src/ledger/writer.ts";
import type { Snapshot } from "../../src/snapshot/snapshot.ts";
import { type FaultPoint, faultyStore } from "../support/ledger-faults.ts";
import { node } from "../support/ledger-session.ts";
import { type LedgerStep, LedgerWorld } from "../support/ledger-world.ts";
import { type FaultDatabase, openMortalStore } from "./fault-database.ts";
import { doJob } from "./hear-job.ts";
import { closingSteps, readingComes, stepAt } from "./world-script.ts";

/** What one life of the collector is to do. */
export interface CollectorJob {
  readonly database: FaultDatabase;
  /** One byte for each step of the world that was begun, one more for each reading that was answered or comes late. */
  readonly log: string;
  readonly seed: number;
  /** The readings that were recorded before, by their numbers. */
  readonly recorded: readonly number[];
  /** Where in the store's work it is to kill itself; nowhere where somebody else does. */
  readonly death: FaultPoint | undefined;
  /** Whether it is to take the closing steps and end well. */
  readonly closing: boolean;
}

/** Bytes of the log. */
export const begun = "s";
export const answered = "r";
export const comesLate = "l";

if (import.meta.main) await doJob(collect);

async function collect(job: CollectorJob): Promise<void> {
  const { log, seed } = job;
  const recorded = new Set(job.recorded);
  const world = new LedgerWorld();
  let number = 0;
  for (const byte of readLog(log)) {
    if (byte !== begun) continue;
    const step = stepAt(seed, number);
    const reading = world.apply(step, number);
    if (reading !== undefined && recorded.has(number)) world.record(reading, acceptsClock(step));
    number++;
  }
  const ledger = createLedger(mortalStore(await openMortalStore(job.database), job.death));
  const writer = await ledger.claim(node);
  let late: Snapshot | undefined;
  for (let closing = 0; !job.closing || closing < closingSteps.length; closing++, number++) {
    const step = job.closing ? (closingSteps[closing] as LedgerStep) : stepAt(seed, number);
    // Written before it happens, by one system call: what a killed process wrote stays.
    appendFileSync(log, begun);
    const reading = world.apply(step, number);
    if (reading === undefined) continue;
    if (!job.closing && readingComes(seed, number) === "late") {
      appendFileSync(log, comesLate);
      late = reading;
      continue;
    }
    const { state } = await writer.record(reading, { acceptClock: acceptsClock(step) });
    appendFileSync(log, answered);
    const foreseen = world.record(reading, acceptsClock(step));
    if (state !== foreseen) throw new Error(`reading ${number} is ${state}, not ${foreseen}`);
    if (world.base !== number) continue;
    if (late !== undefined) await assertStale(writer.record(late, { acceptClock: true }));
    late = undefined;
    if (readingComes(seed, number) === "twice") await assertStale(writer.record(reading, { acceptClock: true }));
  }
  await writer.release();
  await ledger.close();
}

/** Says that a reading was refused, as one must be that comes after a later one, or once more. */
async function assertStale(recorded: Promise<RecordResult>): Promise<void> {
  await assert.rejects(recorded, { reason: "stale-reading" });
}

/** What is in a log; nothing where there is none yet. */
export function readLog(log: string): string {
  try {
    return readFileSync(log, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Whether a step is a reading with an operator's word for the clock. */
export function acceptsClock(step: LedgerStep): boolean {
  return step.kind === "read" && step.acceptClock;
}

function mortalStore(store: LedgerStore, death: FaultPoint | undefined): LedgerStore {
  const mortal = faultyStore(store, () => process.kill(process.pid, "SIGKILL"));
  mortal.arm(death);
  return mortal.store;
}
