import { isStatsError, StatsError } from "../errors/stats-error.ts";
import { createNameMatcher, type NamePattern } from "../names/match-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import { checkName } from "./check-name.ts";
import type { Deadline } from "./deadline.ts";
import type { StatsCalls } from "./stats-calls.ts";

/** Which counters to zero: those meant by a pattern, those named, or all of them. */
export type ResetSelection =
  | {
      /**
       * As in `query`, but a text that begins with a scope, such as `user>>>`, means that scope alone: an outbound
       * tagged `power-user` is not zeroed.
       */
      readonly pattern: NamePattern;
    }
  | {
      /** Whole names. */
      readonly names: readonly string[];
    }
  | {
      /** Every counter of the core. */
      readonly all: true;
    };

/** A reset stopped before its end. Nothing of it was tried again. */
export class ResetError extends StatsError {
  /** `ResetError`. */
  override readonly name: string = "ResetError";
  /** Zeroed, with what they held. */
  readonly done: readonly Counter[];
  /** Asked to be zeroed without an answer: perhaps zeroed, perhaps not. */
  readonly inDoubt: readonly string[];

  constructor(cause: unknown, done: readonly Counter[], inDoubt: readonly string[]) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super("reset-incomplete", `reset stopped after ${done.length} counters, ${inDoubt.length} in doubt: ${why}`, {
      cause,
      advice: "`done` has what the zeroed counters held; read those in `inDoubt` to see whether they were zeroed.",
    });
    this.done = done;
    this.inDoubt = inDoubt;
  }
}

// Enough to keep a core busy; a core answers several thousand in a second.
const inFlight = 64;

const scopePrefixes = ["user>>>", "inbound>>>", "outbound>>>"];

/**
 * Tells which of a core's names a selection means.
 *
 * @throws TypeError where it means nothing, everything without saying so, or two things.
 */
export function resetMatcher(selection: ResetSelection): (name: string) => boolean {
  // JavaScript may pass a key that is there and undefined, or two of them.
  const { pattern, names, all } = selection as { pattern?: NamePattern; names?: readonly string[]; all?: true };
  const ways = [pattern, names, all].filter((way) => way !== undefined);
  if (ways.length !== 1 || (all ?? true) !== true) {
    throw new TypeError("say what to reset, in one way: { pattern }, { names } or { all: true }");
  }
  if (names !== undefined) {
    if (!Array.isArray(names)) throw new TypeError("names must be an array of whole names");
    for (const name of names) checkName(name);
    const wanted = new Set(names);
    return (name) => wanted.has(name);
  }
  return pattern === undefined ? () => true : patternMatcher(pattern);
}

function patternMatcher(pattern: NamePattern): (name: string) => boolean {
  if (pattern instanceof RegExp) {
    if (pattern.source === "(?:)") throw emptyPattern();
    return createNameMatcher(pattern);
  }
  const texts = typeof pattern === "string" ? [pattern] : [...pattern];
  if (texts.length === 0 || texts.includes("")) throw emptyPattern();
  if (!texts.every((text) => typeof text === "string")) throw new TypeError("a pattern must be text");
  return (name) => {
    return texts.some((text) => {
      return scopePrefixes.some((prefix) => text.startsWith(prefix)) ? name.startsWith(text) : name.includes(text);
    });
  };
}

function emptyPattern(): TypeError {
  return new TypeError("an empty pattern matches all: say { all: true }");
}

/**
 * Zeroes counters one by one, by name. A reset of many at once zeroes before it answers: with the answer lost, all
 * their bytes are; and a pattern that a core ignores zeroes everything. This way a break loses sight of those under
 * way alone, and no core can zero more than was asked.
 *
 * @returns What the counters held; names the core does not have are left out.
 * @throws {@link ResetError} where it stopped on the way; what stopped it, where nothing can have been zeroed.
 */
export async function resetByName(calls: StatsCalls, names: readonly string[], deadline: Deadline): Promise<Counter[]> {
  const done: Counter[] = [];
  const inDoubt: string[] = [];
  const failures: unknown[] = [];
  const queue = new Set(names).values();

  async function work(): Promise<void> {
    for (const name of queue) {
      if (failures.length > 0) return;
      try {
        const answer = await calls.getStats(name, deadline, { reset: true });
        if (answer.kind === "found") done.push({ name, value: answer.value });
      } catch (error) {
        failures.push(error);
        if (!wasRefused(error)) inDoubt.push(name);
      }
    }
  }

  await Promise.all(Array.from({ length: inFlight }, work));
  if (failures.length === 0) return done;
  if (done.length === 0 && inDoubt.length === 0) throw failures[0];
  throw new ResetError(failures[0], done, inDoubt);
}

/** True where the core cannot have zeroed anything: it does not know the call, or never got it. */
function wasRefused(error: unknown): boolean {
  return isStatsError(error) && (error.code === "unsupported" || error.code === "unreachable");
}
