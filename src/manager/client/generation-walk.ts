import { ManagerError } from "../manager-error.ts";
import type { ManagerGeneration } from "../traffic-stats.ts";
import type { ManagerFailures } from "./manager-failures.ts";

/** Why the client goes on to another generation. */
export interface ManagerFallback {
  /** The generation that gave nothing. */
  readonly from: ManagerGeneration;
  /** The one to be asked next. */
  readonly to: ManagerGeneration;
  /** What the server answered: always 404, 405 or 501; `unknown-key` where only the key is missing there. */
  readonly error: ManagerError;
}

/**
 * Finds the generation that a server speaks, and remembers it. Only a missing endpoint leads on: any other failure says
 * nothing about the generation, and asking an old one would only hide it.
 */
export class GenerationWalk {
  readonly #order: readonly ManagerGeneration[];
  readonly #failures: ManagerFailures;
  readonly #onFallback: (fallback: ManagerFallback) => void;
  #known: ManagerGeneration | undefined;

  constructor(
    order: readonly ManagerGeneration[],
    failures: ManagerFailures,
    onFallback: (fallback: ManagerFallback) => void,
  ) {
    this.#order = order;
    this.#failures = failures;
    this.#onFallback = onFallback;
  }

  /** The generation that answered last. */
  get known(): ManagerGeneration | undefined {
    return this.#known;
  }

  /**
   * Asks one generation after the other, the known one first.
   *
   * @throws ManagerError `unknown-key` where the server has the endpoint but not the key.
   */
  async read<Body>(
    ask: (generation: ManagerGeneration) => Promise<Body>,
  ): Promise<Body & { readonly generation: ManagerGeneration }> {
    const order = [...new Set([this.#known ?? this.#order, this.#order].flat())];
    const missing: ManagerError[] = [];
    for (const [index, generation] of order.entries()) {
      try {
        const body = await ask(generation);
        // Behind an unknown key an older generation may know it by its uuid; that makes it no better for the others.
        if (!missing.some(isUnknownKey)) this.#known = generation;
        return { ...body, generation };
      } catch (error) {
        if (!(error instanceof ManagerError && (isUnknownKey(error) || error.reason === "unsupported"))) throw error;
        if (isUnknownKey(error) && generation === this.#known) throw error;
        missing.push(error);
        const to = order[index + 1];
        if (to !== undefined) this.#onFallback({ from: generation, to, error });
      }
    }
    throw missing.find(isUnknownKey) ?? this.#failures.unsupported(missing);
  }
}

function isUnknownKey({ reason }: ManagerError): boolean {
  return reason === "unknown-key";
}
