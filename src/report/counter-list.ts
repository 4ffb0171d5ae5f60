import { parseStatName } from "../names/parse-stat-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import type { TextScanner } from "./text-scanner.ts";

/** The counters read so far, and what every form of output asks of their fields. */
export interface CounterList {
  /** The counters in the order of the text. */
  readonly counters: Counter[];
  /** Takes over a name the scanner has just taken, unless it is there twice or counts something else than bytes. */
  admitName(name: string): string;
  /** Reads the number the scanner has just taken: a whole one that a counter can hold. */
  admitValue(digits: string): bigint;
  /** Adds a counter; without a value it is zero. */
  add(name: string | undefined, value: bigint | undefined): void;
}

/** Makes an empty list whose errors name the scanner's line. */
export function createCounterList(scanner: TextScanner): CounterList {
  const counters: Counter[] = [];
  const names = new Set<string>();
  return {
    counters,
    admitName(name) {
      if (parseStatName(name).kind === "online") {
        throw scanner.error("how many addresses a user is online from, not bytes");
      }
      // Two outputs in one file, or patterns that overlap on sing-box: added up, they would count bytes twice.
      if (names.has(name)) throw scanner.error("a counter that is there twice");
      names.add(name);
      return name;
    },
    admitValue(digits) {
      // The length is bounded before BigInt, which takes quadratic time.
      const value = /^(?:0|[1-9][0-9]{0,18})$/.test(digits) ? BigInt(digits) : undefined;
      if (value === undefined || BigInt.asIntN(64, value) !== value) {
        throw scanner.unexpected("a whole number of bytes, from 0 to 2^63 - 1");
      }
      return value;
    },
    add(name, value = 0n) {
      if (name === undefined) throw scanner.error("a counter without a name");
      counters.push({ name, value });
    },
  };
}
