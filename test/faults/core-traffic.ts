import type { EmbeddedCore } from "../../src/testing/embedded-core.ts";

/** Some bytes that a core has counted. */
export interface Flow {
  readonly name: string;
  readonly bytes: bigint;
  readonly atMs: number;
}

/** Traffic through a core that is never still, of which every byte is known. */
export class CoreTraffic implements Disposable {
  readonly #flowed: Flow[] = [];
  readonly #core: EmbeddedCore;
  readonly #flowSome: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** Begins at once. */
  constructor(core: EmbeddedCore, counters: readonly string[], random: () => number) {
    this.#core = core;
    this.#flowSome = () =>
      this.flow(counters[Math.floor(random() * counters.length)] as string, BigInt(Math.floor(random() * 1000)));
    this.start();
  }

  /** All of it, the oldest first. */
  get flowed(): readonly Flow[] {
    return this.#flowed;
  }

  flow(name: string, bytes: bigint): void {
    this.#core.add(name, bytes);
    this.#flowed.push({ name, bytes, atMs: Date.now() });
  }

  /** What flowed of a counter in a time. */
  sum(name: string, fromMs = 0, toMs = Number.POSITIVE_INFINITY): bigint {
    const inside = this.#flowed.filter((each) => each.name === name && each.atMs >= fromMs && each.atMs <= toMs);
    return inside.reduce((total, { bytes }) => total + bytes, 0n);
  }

  start(): void {
    this.#timer ??= setInterval(this.#flowSome, 1);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
