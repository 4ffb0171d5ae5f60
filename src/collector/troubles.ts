import type { CollectorEvent, CollectorTroubleEvent } from "./collector-event.ts";
import { asError } from "./error-reason.ts";

/** Tells of what goes wrong beside the readings: once, until it is well or goes wrong in another way. */
export class Troubles {
  readonly #node: string | undefined;
  readonly #emit: (event: CollectorEvent) => void;
  readonly #told = new Map<CollectorTroubleEvent["task"], string>();

  constructor(node: string | undefined, emit: (event: CollectorEvent) => void) {
    this.#node = node;
    this.#emit = emit;
  }

  failed(task: CollectorTroubleEvent["task"], thrown: unknown): void {
    const error = asError(thrown);
    if (this.#told.get(task) === error.message) return;
    this.#told.set(task, error.message);
    this.#emit({ kind: "trouble", node: this.#node, at: new Date(), task, error });
  }

  well(task: CollectorTroubleEvent["task"]): void {
    this.#told.delete(task);
  }
}
