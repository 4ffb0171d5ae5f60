import type { LedgerStep } from "../support/ledger-world.ts";
import { counterNames } from "../support/simulated-world.ts";

/** Numbers from 0 to 1 that only a seed decides. Source: the public-domain generator mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the core and its clocks do, step by step, as a seed has it; every other world is a calm one. */
export function stepAt(seed: number, number: number): LedgerStep {
  if (number === 0) return { kind: "read", acceptClock: false };
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ number);
  random();
  const counter = Math.floor(random() * counterNames.length);
  const seconds = random() < 0.7 ? 0.01 + random() * 5 : 5 + random() * 3600;
  const lot = random() * (seed % 2 === 0 ? 27 : 30);
  if (lot < 8) return { kind: "traffic", counter, bytes: Math.floor(random() * 100_000) };
  if (lot < 12) return { kind: "pass", seconds };
  if (lot < 24) return { kind: "read", acceptClock: random() < 0.5 };
  if (lot < 25) return { kind: "hide", counter };
  if (lot < 26.5) return { kind: "show", counter };
  if (lot < 27) return { kind: "stranger", uptimeSeconds: 10 + Math.floor(seconds * 100), older: random() < 0.5 };
  // From here on worlds that are not calm.
  if (lot < 28) return { kind: "restart", downSeconds: seconds };
  if (lot < 29) return { kind: "foreign-reset", counters: random() < 0.3 ? [...counterNames.keys()] : [counter] };
  if (lot < 29.5) return { kind: "wall-step", seconds: Math.floor(random() * 4000 - 2000) };
  return { kind: "core-sleeps", seconds };
}

/** When a reading is handed to the ledger: at once, only after the next one, or at once and then again. */
export function readingComes(seed: number, number: number): "at-once" | "late" | "twice" {
  const lot = number === 0 ? 1 : seededRandom(Math.imul(seed, 0x85ebca6b) ^ number)();
  if (lot < 0.1) return "late";
  return lot < 0.2 ? "twice" : "at-once";
}

/** How a world ends: everything is shown, and read once more. */
export const closingSteps: readonly LedgerStep[] = [
  ...counterNames.map((_, counter) => ({ kind: "show", counter }) as const),
  { kind: "read", acceptClock: true },
];
