import { StatsError } from "../errors/stats-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Clock } from "./clock.ts";
import type { CollectorEvent } from "./collector-event.ts";
import type { Troubles } from "./troubles.ts";

/** Who was made anew on a node since it was asked last, see `CollectOptions.madeAnew`. */
export type MadeAnew = (node: string, signal: AbortSignal) => Promise<readonly string[]> | readonly string[];

/** How long a poll waits for the answer. */
const patienceMs = 1000;

/** What the keepers of all nodes share. */
interface GenerationsContext {
  readonly ledger: Ledger;
  readonly madeAnew: MadeAnew;
  readonly emit: (event: CollectorEvent) => void;
  readonly clock: Clock;
}

/** Lets users of one node begin anew. */
export class GenerationKeeper {
  readonly #node: string;
  readonly #ledger: Ledger;
  readonly #madeAnew: MadeAnew;
  readonly #emit: (event: CollectorEvent) => void;
  readonly #clock: Clock;
  readonly #troubles: Troubles;
  /** Told and not begun yet. */
  readonly #due = new Set<string>();
  #asking = false;

  constructor(node: string, { ledger, madeAnew, emit, clock }: GenerationsContext, troubles: Troubles) {
    this.#node = node;
    this.#ledger = ledger;
    this.#madeAnew = madeAnew;
    this.#emit = emit;
    this.#clock = clock;
    this.#troubles = troubles;
  }

  /** To be called right after a recorded reading: what it showed stays with those that were before. */
  async cut(signal: AbortSignal): Promise<void> {
    // Asked again only when all have begun: that tells whoever answers that its last answer has arrived.
    if (this.#due.size === 0) await this.#askInTime(signal);
    for (const user of this.#due) {
      try {
        await this.#ledger.newGeneration({ user, node: this.#node, reason: "made anew", author: "collector" });
      } catch (error) {
        this.#troubles.failed("generation", error);
        return;
      }
      this.#due.delete(user);
      this.#emit({ kind: "generation", node: this.#node, at: new Date(), user });
    }
    this.#troubles.well("generation");
  }

  /** Asks, and goes on without the answer where it is late: then it holds from a later reading on. */
  async #askInTime(signal: AbortSignal): Promise<void> {
    if (this.#asking) return;
    const answered = new AbortController();
    const late = this.#clock.sleep(patienceMs, AbortSignal.any([signal, answered.signal])).then(
      () => {
        const what = `madeAnew has not answered for ${this.#node} within ${patienceMs} ms`;
        const advice = "Polls go on, and its answer is taken when it comes. Is what it asks slow, or away?";
        this.#troubles.failed("made-anew", new StatsError("timeout", what, { advice }));
      },
      () => undefined,
    );
    await Promise.race([late, this.#ask(signal).finally(() => answered.abort())]);
  }

  async #ask(signal: AbortSignal): Promise<void> {
    this.#asking = true;
    try {
      const users = await this.#madeAnew(this.#node, signal);
      if (!users.every((user) => typeof user === "string" && user !== "" && user.isWellFormed()))
        throw new TypeError("madeAnew must answer with names that are not empty");
      for (const user of users) this.#due.add(user);
      this.#troubles.well("made-anew");
    } catch (error) {
      if (!signal.aborted) this.#troubles.failed("made-anew", error);
    } finally {
      this.#asking = false;
    }
  }
}
