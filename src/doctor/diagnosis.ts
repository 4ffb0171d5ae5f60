import type { CoreKind } from "../snapshot/evidence.ts";

/** How it is with one thing: `unknown` where it cannot be told. */
export type CheckStatus = "ok" | "warning" | "error" | "unknown";

/**
 * What is looked at. New ones may come in a minor release.
 *
 * - `reachable`: the API answers
 * - `service`: StatsService is among its services
 * - `core`: which core answers, and whether the configuration is for it
 * - `stats`: it keeps statistics
 * - `one-process`: all answers come from one process
 * - `restarts`: the core went on while it was watched
 * - `foreign-resets`: nobody else zeroes counters
 * - `clock`: the core's clock and ours go alike
 * - `config`: the configuration can be read, and what `checkStatsConfig` finds in it
 * - `exposure`: the API listens where only this machine reaches it
 * - `inbounds`, `outbounds`, `users`: what the configuration names has counters
 * - `undeclared`: no counter is of somebody whom the configuration does not name
 */
export type CheckId =
  | "reachable"
  | "service"
  | "core"
  | "stats"
  | "one-process"
  | "restarts"
  | "foreign-resets"
  | "clock"
  | "config"
  | "exposure"
  | "inbounds"
  | "outbounds"
  | "users"
  | "undeclared";

/** What was found about one thing. */
export interface DoctorCheck {
  /** What was looked at. */
  readonly id: CheckId;
  /** How it is. */
  readonly status: CheckStatus;
  /** The same for people, one sentence without a full stop at its end. */
  readonly message: string;
  /** What to do about it; `undefined` where there is nothing to do. */
  readonly advice: string | undefined;
  /** Figures and names behind the message, as plain JSON data; of many names the first. */
  readonly details: Readonly<Record<string, DetailValue>>;
}

/** A value of a check's `details`. */
export type DetailValue = string | number | boolean | null | readonly string[];

/** What {@link diagnose} found. */
export interface Diagnosis {
  /** The core's address as it was given. */
  readonly address: string;
  /** Which core answers; `undefined` where none does, or what answers is not its StatsService. */
  readonly kind: CoreKind | undefined;
  /** Whether the core's API answered at all. */
  readonly reachable: boolean;
  /** The worst of the checks: an error, else a warning, else ok. */
  readonly status: "ok" | "warning" | "error";
  /** What was found, the live core first. A check that makes no sense without another that failed is left out. */
  readonly checks: readonly DoctorCheck[];
}
