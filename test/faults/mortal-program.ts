import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { type RunningCli, startCli } from "../support/running-cli.ts";

/** How long a life lasts at most when it has come as far as it shall. */
const longestMs = 700;

type Milestone = (life: RunningCli) => Promise<unknown>;

/** What a {@link MortalProgram} is. */
export interface MortalProgramOptions {
  readonly args: readonly string[];
  /** How far a life comes, also while others of its kind die; each resolves when it has. */
  readonly milestones: readonly Milestone[];
  /** Resolves when all is well with a life. */
  readonly well: Milestone;
  /** A directory for compiled modules, kept from life to life: starting would cost more than living. */
  readonly cache: string;
}

/** Our command line as a process that is killed again and again, and comes again each time. */
export class MortalProgram implements AsyncDisposable {
  readonly #options: MortalProgramOptions;
  readonly #lives: RunningCli[] = [];
  #closed = false;

  constructor(options: MortalProgramOptions) {
    this.#options = options;
    this.#start();
  }

  /** The life of now. */
  get life(): RunningCli {
    return this.#lives.at(-1) as RunningCli;
  }

  /** All that was said, in all lives. */
  said(): string {
    return this.#lives.map(({ lines, stderr }) => `${lines.join("\n")}\n${stderr()}`).join("\n");
  }

  /** Waits until all is well with it. */
  well(): Promise<void> {
    return this.#pass(this.#options.well);
  }

  /** Ends it as a service manager does. */
  async end(): Promise<void> {
    const { code } = await this.life.end("SIGTERM");
    assert.equal(code, 0, this.said());
  }

  /** Ends a first life well, which leaves its compiled modules to the others. */
  async beginAnew(): Promise<void> {
    await this.well();
    await this.end();
    this.#start();
  }

  /** Kills it so often, each time at any moment of its life, and starts it again. */
  async die(kills: number, random: () => number): Promise<void> {
    const { milestones } = this.#options;
    for (let kill = 0; kill < kills; kill++) {
      // Some as they are starting.
      const milestone = milestones[Math.floor(random() * (milestones.length + 1))];
      if (milestone !== undefined) await this.#pass(milestone);
      await wait(random() * longestMs);
      await this.life.end("SIGKILL");
      this.#start();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.life[Symbol.asyncDispose]();
  }

  /** Where its address is in use by somebody who passes by, it comes again. */
  async #pass(milestone: Milestone): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        await milestone(this.life);
        return;
      } catch (error) {
        if (!/EADDRINUSE/.test(String(error))) throw error;
        await wait(500);
        this.#start();
      }
    }
    throw new Error(`its address stays in use: ${this.#options.args.join(" ")}`);
  }

  #start(): void {
    if (this.#closed) throw new Error("no more lives: another part of the test has failed");
    const { args, cache } = this.#options;
    this.#lives.push(startCli(args, { env: { NODE_COMPILE_CACHE: cache } }));
  }
}
