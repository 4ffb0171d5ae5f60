import type { Ledger } from "../ledger/ledger.ts";
import type { CollectorEvent } from "./collector-event.ts";
import type { Troubles } from "./troubles.ts";

/** Who was made anew on a node since it was asked last, see `CollectOptions.madeAnew`. */
export type MadeAnew = (node: string, signal: AbortSignal) => Promise<readonly string[]> | readonly string[];

/** Lets users of one node begin anew. */
export class GenerationKeeper {
  readonly #node: string;
  readonly #ledger: Ledger;
  readonly #madeAnew: MadeAnew;
  readonly #emit: (event: CollectorEvent) => void;
  readonly #troubles: Troubles;
  /** Told and not begun yet. */
  readonly #due = new Set<string>();

  constructor(
    node: string,
    shared: { readonly ledger: Ledger; readonly madeAnew: MadeAnew; readonly emit: (event: CollectorEvent) => void },
    troubles: Troubles,
  ) {
    this.#node = node;
    this.#ledger = shared.ledger;
    this.#madeAnew = shared.madeAnew;
    this.#emit = shared.emit;
    this.#troubles = troubles;
  }

  /** To be called right after a recorded reading: what it showed stays with those that were before. */
  async cut(signal: AbortSignal): Promise<void> {
    // Asked again only when all have begun: that tells whoever answers that its last answer has arrived.
    if (this.#due.size === 0 && !(await this.#ask(signal))) return;
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

  async #ask(signal: AbortSignal): Promise<boolean> {
    try {
      const users = await this.#madeAnew(this.#node, signal);
      if (!users.every((user) => typeof user === "string" && user !== "" && user.isWellFormed()))
        throw new TypeError("madeAnew must answer with names that are not empty");
      for (const user of users) this.#due.add(user);
      this.#troubles.well("made-anew");
      return true;
    } catch (error) {
      if (!signal.aborted) this.#troubles.failed("made-anew", error);
      return false;
    }
  }
}
