import type { StatsError } from "../errors/stats-error.ts";
import type { Scope } from "../names/stat-name.ts";
import type { Counter } from "./counter.ts";
import type { Snapshot } from "./snapshot.ts";
import { type SubjectTraffic, subjectsOf } from "./subject-traffic.ts";

/** What one counter moved by. */
export interface CounterDelta {
  /** The counter's whole name. */
  readonly name: string;
  /** Bytes that came to it; always above zero. */
  readonly bytes: bigint;
  /** What it shows now. */
  readonly value: bigint;
}

/** Why traffic may be missing from a delta. New causes may come in a minor release. */
export type GapCause = "core-restart" | "uncertain-restart" | "foreign-reset" | "counter-lost";

/** A window in which traffic may have flowed that no reading can prove. */
export interface Gap {
  /** Why. */
  readonly cause: GapCause;
  /**
   * Its beginning: the earlier reading, or the last one that held a lost counter. `undefined` where it cannot be told:
   * Xray on Linux counts a spliced connection only at its end, so a restart loses such a connection's bytes since it
   * began.
   */
  readonly from: Date | undefined;
  /** Its end. */
  readonly to: Date;
  /**
   * At most so much of each counter's bytes from before the window is missing; `unknown` where nothing bounds it. What
   * flowed inside the window before the restart or reset comes on top: nothing can bound that.
   */
  readonly bound: readonly Counter[] | "unknown";
}

/** A delta as plain JSON data, bytes as decimal strings. */
export interface DeltaJson {
  /** The delta's `state`. */
  readonly state: DeltaState;
  /** When the earlier reading ended, ISO 8601; `null` before the first. */
  readonly from: string | null;
  /** When the later reading ended, or the attempt failed, ISO 8601. */
  readonly to: string;
  /** Milliseconds between both. */
  readonly elapsedMs: number;
  /** Somebody else zeroed counters in between. */
  readonly foreignReset: boolean;
  /** Why there was no reading; `null` where there was one. */
  readonly error: ErrorJson | null;
  /** Windows in which traffic may be missing. */
  readonly gaps: readonly GapJson[];
  /** Every counter that moved. */
  readonly counters: readonly CounterDeltaJson[];
}

/** Why there was no reading, as plain JSON data. */
export interface ErrorJson {
  /** The error's `code`. */
  readonly code: string;
  /** What failed, on what. */
  readonly message: string;
}

/** A gap as plain JSON data, without its bound. */
export interface GapJson {
  /** Why. */
  readonly cause: GapCause;
  /** Its beginning, ISO 8601; `null` where it cannot be told. */
  readonly from: string | null;
  /** Its end, ISO 8601. */
  readonly to: string;
}

/** A moved counter as plain JSON data. */
export interface CounterDeltaJson {
  /** The counter's whole name. */
  readonly name: string;
  /** Bytes that came to it, decimal. */
  readonly bytes: string;
  /** What it shows now, decimal. */
  readonly value: string;
}

/** `ok`: counters went on. `restarted`: the core started anew. `unreachable`: no reading, no bytes, see `error`. */
export type DeltaState = "ok" | "restarted" | "unreachable";

/** What moved between two readings of one core; never more than what really flowed. */
export interface Delta {
  /** Whether there was a reading, and of the same life of the core. */
  readonly state: DeltaState;
  /** The earlier reading; `undefined` while a core was never reached. */
  readonly from: Snapshot | undefined;
  /** The later reading; `undefined` while unreachable. */
  readonly to: Snapshot | undefined;
  /** When the later reading ended, or the attempt failed. */
  readonly at: Date;
  /** Milliseconds from the earlier reading to the later, sleep of the machine included; 0 while unreachable. */
  readonly elapsedMs: number;
  /** `state === "restarted"`: what counters show now flowed since the new start; `gaps` says what may be missing. */
  readonly restarted: boolean;
  /** Somebody else zeroed counters in between: some of what flowed before may be missing, see `gaps`. */
  readonly foreignReset: boolean;
  /** Why there is no reading, or `other-core` where a reading came from another core; else `undefined`. */
  readonly error: StatsError | undefined;
  /** Windows in which traffic may be missing; empty where nothing can be. */
  readonly gaps: readonly Gap[];
  /** The counters that moved, in no particular order. */
  counters(): CounterDelta[];
  /** The subjects of a scope that moved. */
  subjects(scope: Scope): SubjectTraffic[];
  /** `subjects("user")`. */
  users(): SubjectTraffic[];
  /** `subjects("inbound")`. */
  inbounds(): SubjectTraffic[];
  /** `subjects("outbound")`. */
  outbounds(): SubjectTraffic[];
  /** Plain data for `JSON.stringify`, bytes as decimal strings. */
  toJSON(): DeltaJson;
}

/** What `createDelta` needs; the rest follows from it. */
export type DeltaFacts = Pick<Delta, "state" | "from" | "to" | "at" | "elapsedMs" | "foreignReset" | "error" | "gaps">;

/** Makes a delta; `listMoved` is called once, when somebody asks, and its list is kept. */
export function createDelta(facts: DeltaFacts, listMoved: () => readonly CounterDelta[]): Delta {
  let listed: readonly CounterDelta[] | undefined;
  function moved(): readonly CounterDelta[] {
    listed ??= listMoved();
    return listed;
  }
  function subjects(scope: Scope): SubjectTraffic[] {
    return subjectsOf(
      moved().map(({ name, bytes }) => [name, bytes] as const),
      scope,
    );
  }
  return {
    ...facts,
    restarted: facts.state === "restarted",
    counters: () => [...moved()],
    subjects,
    users: () => subjects("user"),
    inbounds: () => subjects("inbound"),
    outbounds: () => subjects("outbound"),
    toJSON: () => deltaJson(facts, moved()),
  };
}

function deltaJson(facts: DeltaFacts, moved: readonly CounterDelta[]): DeltaJson {
  return {
    state: facts.state,
    from: facts.from?.takenAt.toISOString() ?? null,
    to: facts.at.toISOString(),
    elapsedMs: facts.elapsedMs,
    foreignReset: facts.foreignReset,
    error: facts.error === undefined ? null : { code: facts.error.code, message: facts.error.message },
    gaps: facts.gaps.map(({ cause, from, to }) => ({
      cause,
      from: from?.toISOString() ?? null,
      to: to.toISOString(),
    })),
    counters: moved.map(({ name, bytes, value }) => ({ name, bytes: bytes.toString(), value: value.toString() })),
  };
}

/** The delta of a poll that brought no reading of our core. */
export function createUnreachableDelta(error: StatsError, from: Snapshot | undefined, at: Date): Delta {
  return createDelta(
    { state: "unreachable", from, to: undefined, at, elapsedMs: 0, foreignReset: false, error, gaps: [] },
    () => [],
  );
}
