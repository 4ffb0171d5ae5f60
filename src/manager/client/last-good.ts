import type { ManagerError, ManagerErrorReason } from "../manager-error.ts";
import type { ManagerAnswer } from "../traffic-stats.ts";

interface Kept {
  readonly answer: ManagerAnswer;
  readonly monotonicMs: number;
}

// After these an old answer would hide what the server really says.
const definite: ReadonlySet<ManagerErrorReason> = new Set([
  "unauthorized",
  "forbidden",
  "unknown-key",
  "unsupported",
  "refused",
]);

/** The last good answer to each question, for as long as it may be served. */
export class LastGood {
  readonly #maxAgeMs: number;
  readonly #kept = new Map<string, Kept>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  keep(question: string, answer: ManagerAnswer): void {
    // In the order of age, so that those too old stand first.
    this.#kept.delete(question);
    this.#kept.set(question, { answer, monotonicMs: performance.now() });
    for (const [oldest, kept] of this.#kept) {
      if (ageOf(kept) <= this.#maxAgeMs) break;
      this.#kept.delete(oldest);
    }
  }

  forget(question: string): void {
    this.#kept.delete(question);
  }

  /** The answer marked stale, where there is one young enough and the error allows it. */
  instead<Answer extends ManagerAnswer>(question: string, error: ManagerError): Answer | undefined {
    const kept = this.#kept.get(question);
    if (definite.has(error.reason)) this.#kept.delete(question);
    if (kept === undefined || definite.has(error.reason)) return undefined;
    const ageMs = ageOf(kept);
    // A question always gets the same kind of answer.
    return ageMs <= this.#maxAgeMs ? ({ ...kept.answer, stale: { ageMs, error } } as Answer) : undefined;
  }
}

/** By the clock that shows more: one stands still while the machine sleeps, the other may be set back. */
function ageOf({ answer, monotonicMs }: Kept): number {
  return Math.max(performance.now() - monotonicMs, Date.now() - answer.receivedAt.getTime());
}
