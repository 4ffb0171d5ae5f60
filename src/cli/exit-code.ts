import { CommanderError } from "commander";
import { isStatsError } from "../errors/stats-error.ts";
import { escapeControls } from "../internal/escape-controls.ts";
import { UsageError } from "./usage-error.ts";

/** 0 fine, 1 failed, 2 wrong use, 3 core not reachable. */
export type ExitCode = 0 | 1 | 2 | 3;

const notReachable = new Set(["unreachable", "connection-lost", "timeout", "tls", "wrong-protocol", "no-answer"]);

/** The exit code that tells scripts what kind of failure it was. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  return isStatsError(error) && notReachable.has(error.code) ? 3 : 1;
}

/** One line: what failed, on what, and what to do. */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const advice = isStatsError(error) && error.advice !== undefined ? `. ${error.advice}` : "";
  // A core's own words may be in it.
  return escapeControls(`v2ray-stats: ${message}${advice}`.replace(/\s*\n\s*/g, " "));
}
