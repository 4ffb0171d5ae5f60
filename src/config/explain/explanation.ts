import type { FindingLocation } from "../check/finding.ts";

/**
 * When a counter is there.
 *
 * - `from-start`: from the core's start, at 0
 * - `on-first-use`: from its subject's first connection
 * - `never`: the configuration makes no such counter
 * - `unknown`: the configuration alone does not tell
 */
export type CounterVerdict = "from-start" | "on-first-use" | "never" | "unknown";

/** What explains whether a counter will exist. */
export interface CounterExplanation {
  /** The whole name that was asked for. */
  readonly name: string;
  /** When the counter is there. */
  readonly verdict: CounterVerdict;
  /** The same for people, one sentence. */
  readonly summary: string;
  /** Whether the core's API can be reached with this configuration: without it nobody can read the counter. */
  readonly readable: boolean;
  /** What it hangs on, one after the other; those about the API come last. */
  readonly steps: readonly ExplanationStep[];
  /** What to do about the steps that are not `ok`, in their order. */
  readonly advice: readonly string[];
}

/** One thing that a counter hangs on. */
export interface ExplanationStep {
  /** Whether it is as the counter needs it. */
  readonly ok: boolean;
  /** What the configuration says, with its own names; one sentence without a full stop at its end. */
  readonly text: string;
  /** Where it says so; `undefined` for what is nowhere in it. */
  readonly location: FindingLocation | undefined;
}

/** A counter that a configuration makes. */
export interface ExpectedCounter {
  /** Its whole name; `parseStatName` says what it means. */
  readonly name: string;
  /** From the start, at 0, or from its subject's first connection. */
  readonly when: "from-start" | "on-first-use";
}
