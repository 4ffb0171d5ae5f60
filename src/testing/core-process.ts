import type { Counter } from "../snapshot/counter.ts";

/** Figures of the Go runtime, as GetSysStats answers them. */
export interface RuntimeFigures {
  readonly numGoroutine: number;
  readonly numGc: number;
  readonly alloc: bigint;
  readonly totalAlloc: bigint;
  readonly sys: bigint;
  readonly mallocs: bigint;
  readonly frees: bigint;
  readonly liveObjects: bigint;
  readonly pauseTotalNs: bigint;
  readonly uptime: number;
}

const gcBytes = 4 << 20;

/** One life of a core: what is in its memory, gone with it. */
export class CoreProcess {
  readonly #counters = new Map<string, bigint>();
  /** Whole name of the map to addresses, each with the time its latest connection began. */
  readonly online: Map<string, ReadonlyMap<string, Date>> = new Map();
  readonly #now: () => number;
  readonly #startedAt: number;
  #workBytes = 0;
  #turn = 0;

  /** `now` gives milliseconds of a clock that only moves forward. */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  get(name: string): bigint | undefined {
    return this.#counters.get(name);
  }

  set(name: string, value: bigint): void {
    this.#counters.set(name, value);
  }

  /** Counts bytes; wraps where the core's int64 does. */
  add(name: string, bytes: bigint): void {
    this.#counters.set(name, BigInt.asIntN(64, (this.#counters.get(name) ?? 0n) + bytes));
  }

  remove(name: string): boolean {
    return this.#counters.delete(name);
  }

  /** All counters, in the order they were made. */
  counters(): Counter[] {
    return Array.from(this.#counters, ([name, value]) => ({ name, value }));
  }

  /**
   * Reads, and with `reset` zeroes, each counter as often as `times` says. A Go map's order, as measured: always the
   * same ring, entered at another place each time.
   */
  visit(times: (name: string) => number, reset: boolean): Counter[] {
    const names = [...this.#counters.keys()];
    this.#turn = (this.#turn + Math.max(1, Math.floor(names.length * 0.618))) % Math.max(1, names.length);
    const answer: Counter[] = [];
    for (const name of [...names.slice(this.#turn), ...names.slice(0, this.#turn)]) {
      for (let left = times(name); left > 0; left--) {
        answer.push({ name, value: this.#counters.get(name) ?? 0n });
        if (reset) this.#counters.set(name, 0n);
      }
    }
    return answer;
  }

  /** Notes that a call was answered: a Go program allocates for each. */
  noteWork(answerBytes: number): void {
    this.#workBytes += 4096 + 2 * answerBytes;
  }

  /** Figures near those of an idle Xray; the totals only grow, and start at the same values in each process. */
  runtimeFigures(): RuntimeFigures {
    const uptime = Math.floor((this.#now() - this.#startedAt) / 1000);
    const work = this.#workBytes + 512 * uptime;
    const collections = Math.floor(work / gcBytes) + Math.floor(uptime / 120);
    const alloc = 1_200_000 + (work % gcBytes);
    const mallocs = 15_000 + Math.floor(work / 64);
    const liveObjects = Math.floor(alloc / 160);
    return {
      numGoroutine: 12,
      numGc: 2 + collections,
      alloc: BigInt(alloc),
      totalAlloc: BigInt(2_400_000 + work),
      sys: 13_539_592n,
      mallocs: BigInt(mallocs),
      frees: BigInt(mallocs - liveObjects),
      liveObjects: BigInt(liveObjects),
      pauseTotalNs: BigInt(650_000 + 60_000 * collections),
      uptime,
    };
  }
}
