import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerErrorReason } from "../../src/ledger/ledger-error.ts";
import type { RecordResult, Writer } from "../../src/ledger/writer.ts";
import type { Snapshot } from "../../src/snapshot/snapshot.ts";
import { compareLedger } from "../support/ledger-compare.ts";
import { expectLedgerError } from "../support/ledger-errors.ts";
import { type FaultPoint, type FaultyStore, faultyStore, InjectedFault } from "../support/ledger-faults.ts";
import { node } from "../support/ledger-session.ts";
import { type LedgerPlace, ledgerKinds } from "../support/ledger-stores.ts";
import { type LedgerStep, LedgerWorld } from "../support/ledger-world.ts";
import { counterNames } from "../support/simulated-world.ts";

/** What may happen to those who record. */
type WriterStep =
  | { readonly kind: "take-over" }
  | { readonly kind: "reopen" }
  /** The reading before the last one is recorded once more, or one that another writer began. */
  | { readonly kind: "record-again" };

type Step = (LedgerStep & { readonly fault?: FaultPoint | undefined }) | WriterStep;

const counter = fc.nat({ max: counterNames.length - 1 });
const seconds = fc.oneof(fc.double({ min: 0.01, max: 5, noNaN: true }), fc.integer({ min: 5, max: 7200 }));
const kind = <const Kind extends string>(word: Kind): fc.Arbitrary<Kind> => fc.constant(word);
// Most transactions have fewer steps than 14.
const fault = fc.option(fc.record({ step: fc.nat({ max: 14 }), after: fc.boolean() }), { nil: undefined, freq: 2 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: kind("pass"), seconds }) },
  { weight: 8, arbitrary: fc.record({ kind: kind("traffic"), counter, bytes: fc.nat({ max: 100_000 }) }) },
  { weight: 10, arbitrary: fc.record({ kind: kind("read"), acceptClock: fc.boolean(), fault }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("restart"), downSeconds: seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("foreign-reset"), counters: fc.uniqueArray(counter) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kind("wall-step"), seconds: fc.integer({ min: -5000, max: 5000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("core-sleeps"), seconds }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind("stranger"),
      uptimeSeconds: fc.integer({ min: 10, max: 1_000_000 }),
      older: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind("hide"), counter }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("show"), counter }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("take-over", "reopen", "record-again") }) },
);

/** A ledger and its writer, and the model beside them. */
class Run {
  readonly #place: LedgerPlace;
  readonly #world = new LedgerWorld();
  #faulty!: FaultyStore;
  #ledger!: Ledger;
  #writer!: Writer;
  #number = 0;
  /** The latest reading of which the model knows that it must not be recorded any more. */
  #old: Snapshot | undefined;

  private constructor(place: LedgerPlace) {
    this.#place = place;
  }

  static async start(place: LedgerPlace): Promise<Run> {
    const run = new Run(place);
    await run.#open();
    await run.step({ kind: "read", acceptClock: false });
    return run;
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case "reopen":
        await this.#ledger.close();
        await this.#open();
        return;
      case "take-over":
        await this.#takeOver();
        return;
      case "record-again":
        if (this.#old !== undefined) await expectLedgerError(this.#writer.record(this.#old), "stale-reading");
        return;
      default: {
        const reading = this.#world.apply(step, this.#number++);
        if (reading !== undefined) await this.#record(reading, step);
      }
    }
  }

  /** Reads a last time, and compares everything. @returns Whether all that flowed had to be booked, and is. */
  async end(): Promise<boolean> {
    for (const index of counterNames.keys()) await this.step({ kind: "show", counter: index });
    await this.step({ kind: "read", acceptClock: true });
    await compareLedger(this.#ledger, node, this.#world);
    return this.#world.checkTruth();
  }

  async #open(): Promise<void> {
    this.#faulty = faultyStore(await this.#place.openStore());
    this.#ledger = createLedger(this.#faulty.store);
    this.#writer = await this.#ledger.claim(node, { whenHeld: "take" });
  }

  async #takeOver(): Promise<void> {
    const fenced = this.#writer;
    const begun = this.#world.apply({ kind: "read", acceptClock: true }, this.#number++) as Snapshot;
    const ledger = createLedger(await this.#place.openStore());
    this.#writer = await ledger.claim(node, { whenHeld: "take" });
    await refused(fenced.record(begun), "claim-lost");
    await refused(this.#writer.record(begun), "stale-reading");
    await this.#ledger.close();
    await this.#open();
  }

  async #record(reading: Snapshot, step: LedgerStep & { readonly fault?: FaultPoint | undefined }): Promise<void> {
    const acceptClock = step.kind === "read" && step.acceptClock;
    this.#faulty.arm(step.fault);
    const recorded = this.#writer.record(reading, { acceptClock });
    const outcome: RecordResult | Error = await recorded.catch((error: Error) => error);
    const { failed, committed } = this.#faulty;
    this.#faulty.arm(undefined);
    if (failed) {
      assert.ok(outcome instanceof InjectedFault, String(outcome));
      if (!committed) return;
    }
    const state = this.#world.record(reading, acceptClock);
    if (!(outcome instanceof Error)) assert.equal(outcome.state, state);
    else if (!failed) throw outcome;
    if (this.#world.base === this.#number - 1) this.#old = reading;
    assert.equal(state === "other-core", step.kind === "stranger" && state !== "clock");
  }
}

async function refused(recorded: Promise<unknown>, reason: LedgerErrorReason): Promise<void> {
  await expectLedgerError(recorded, reason);
}

for (const { kind: store, place } of ledgerKinds) {
  test(`a ledger holds what the model says, whatever fails meanwhile, and never more than flowed (${store})`, async () => {
    let exact = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 40, size: "max" }), async (script) => {
        await using used = place();
        const run = await Run.start(used);
        for (const step of script) await run.step(step);
        if (await run.end()) exact++;
      }),
      { numRuns: store === "memory" ? 1500 : 200 },
    );
    assert.ok(exact >= 20, `only ${exact} worlds without a gap`);
  });
}
