import assert from "node:assert/strict";
import { createLedger } from "../../src/ledger/ledger.ts";
import { compareLedger } from "../support/ledger-compare.ts";
import { node } from "../support/ledger-session.ts";
import { LedgerWorld } from "../support/ledger-world.ts";
import type { CollectorLives } from "./collector-lives.ts";
import { acceptsClock, answered, begun, type CollectorJob, comesLate, readLog } from "./collector-process.ts";
import type { FaultDatabase } from "./fault-database.ts";
import { afterDeath, baseNumber, openFollowedStore } from "./follow-database.ts";
import { closingSteps, seededRandom, stepAt } from "./world-script.ts";

/** How a world went. */
export interface WorldReport {
  readonly kills: number;
  /** Kills while a reading was being recorded, and how many of these readings were recorded all the same. */
  readonly inTheMiddle: number;
  readonly recordedInTheMiddle: number;
  readonly readings: number;
  /** Whether every byte had to be booked, since no gap was told, and was. */
  readonly exact: boolean;
}

/** Options of {@link runKilledWorld}. */
export interface KilledWorldOptions {
  readonly database: FaultDatabase;
  /** Where its collectors write down what they do. */
  readonly log: string;
  readonly seed: number;
  readonly kills: number;
  /** A collector from outside is killed after so many milliseconds at most. */
  readonly longestLifeMs: number;
}

/**
 * Lets a collector record a world and kills it again and again; after each death, and in the end, the ledger must hold
 * exactly what follows from the readings that were recorded, and never more than truly flowed.
 */
export async function runKilledWorld(
  lives: CollectorLives<CollectorJob>,
  options: KilledWorldOptions,
): Promise<WorldReport> {
  const { database, log, seed, kills, longestLifeMs } = options;
  const random = seededRandom(seed);
  const files = { database, log };
  const follower = new WorldFollower(files, seed);
  // Whole worlds, so that these are the same again whenever the seed is.
  const killItself = (seed >> 1) % 2 === 0;
  for (let life = 0; life < kills; life++) {
    const death = killItself ? { step: Math.floor(random() * 300), after: random() < 0.5 } : undefined;
    const killAfterMs = killItself ? undefined : random() * longestLifeMs;
    const end = await lives.live({ ...files, seed, recorded: follower.recorded, death, closing: false }, killAfterMs);
    const story = `life ${life} of world ${seed}, killed ${death ? `at step ${death.step}` : `after ${killAfterMs} ms`}`;
    assert.equal(end.signal, "SIGKILL", `${story}: ${end.said}`);
    await follower.follow(random() < 0.5, false).catch((cause) => {
      throw new Error(`${story}, before step ${follower.steps}: ${cause.message}`, { cause });
    });
  }
  const end = await lives.live({ ...files, seed, recorded: follower.recorded, death: undefined, closing: true });
  assert.equal(end.said, "done", `the last life of world ${seed}`);
  const exact = await follower.follow(false, true);
  return { ...follower, kills, exact };
}

/** Follows a world by its log, and its ledger. */
class WorldFollower {
  readonly recorded: number[] = [];
  inTheMiddle = 0;
  recordedInTheMiddle = 0;
  readings = 0;
  readonly #files: Pick<CollectorJob, "database" | "log">;
  readonly #seed: number;
  readonly #world = new LedgerWorld();
  #followed = 0;
  #number = 0;

  constructor(files: Pick<CollectorJob, "database" | "log">, seed: number) {
    this.#files = files;
    this.#seed = seed;
  }

  /** How many steps the world has taken. */
  get steps(): number {
    return this.#number;
  }

  /** Takes the steps of the life that has just ended. @returns Whether all that flowed had to be booked, and is. */
  async follow(readOnly: boolean, closing: boolean): Promise<boolean> {
    const log = readLog(this.#files.log);
    const steps = log.slice(this.#followed);
    this.#followed = log.length;
    const closingFrom = this.#number;
    await afterDeath(this.#files.database);
    const base = await baseNumber(this.#files.database, readOnly);
    for (let at = 0; at < steps.length; at++) {
      if (steps[at] !== begun) continue;
      const number = this.#number++;
      const step = closing ? closingSteps[number - closingFrom] : stepAt(this.#seed, number);
      assert.ok(step);
      const reading = this.#world.apply(step, number);
      // The one that comes late comes after a later one, and must change nothing.
      if (reading === undefined || steps[at + 1] === comesLate) continue;
      this.readings++;
      const inTheMiddle = steps[at + 1] !== answered;
      if (inTheMiddle) this.inTheMiddle++;
      // Killed before its answer: what the database holds says whether it was recorded, nothing else can.
      if (inTheMiddle && base !== number) continue;
      const state = this.#world.record(reading, acceptsClock(step));
      if (this.#world.base === number) this.recorded.push(number);
      if (inTheMiddle) {
        this.recordedInTheMiddle++;
        assert.ok(this.#world.base === number, `reading ${number}, which is ${state}, must not be recorded`);
      }
    }
    assert.equal(base, this.#world.base, "the base is the last reading that was recorded");
    if (base === undefined) return false;
    await using ledger = createLedger(await openFollowedStore(this.#files.database, readOnly));
    await compareLedger(ledger, node, this.#world);
    return this.#world.checkTruth();
  }
}
