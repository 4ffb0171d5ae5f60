/** Keeps answers for a time of their own each; a question that is being asked is not asked twice. */
export class TimedCache<Value> {
  readonly #entries = new Map<string, { readonly bornMs: number; readonly value: Promise<Value> }>();
  readonly #maxAgeMs: number;
  readonly #most: number;
  readonly #now: () => number;

  constructor(options: {
    readonly maxAgeMs: number;
    readonly most: number;
    readonly now?: (() => number) | undefined;
  }) {
    this.#maxAgeMs = options.maxAgeMs;
    this.#most = options.most;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The answer, and its age in milliseconds; what fails is not kept. */
  async get(question: string, ask: () => Promise<Value>): Promise<{ readonly value: Value; readonly ageMs: number }> {
    let entry = this.#entries.get(question);
    if (entry === undefined || this.#now() - entry.bornMs >= this.#maxAgeMs) {
      const value = ask();
      entry = { bornMs: this.#now(), value };
      this.#entries.delete(question);
      this.#entries.set(question, entry);
      const asked = entry;
      value.catch(() => {
        if (this.#entries.get(question) === asked) this.#entries.delete(question);
      });
      for (const oldest of this.#entries.keys()) {
        if (this.#entries.size <= this.#most) break;
        this.#entries.delete(oldest);
      }
    }
    return { value: await entry.value, ageMs: Math.max(0, this.#now() - entry.bornMs) };
  }

  /** Forgets one answer, also one that is still on its way. */
  drop(question: string): void {
    this.#entries.delete(question);
  }

  /** Forgets all. */
  clear(): void {
    this.#entries.clear();
  }
}
