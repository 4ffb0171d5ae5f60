import { isStatsError } from "../errors/stats-error.ts";

/** Why a ledger could not do it, whichever installed copy of this package says so; `undefined` for other errors. */
export function ledgerReason(error: unknown): string | undefined {
  return isStatsError(error) && error.code === "ledger" && "reason" in error ? String(error.reason) : undefined;
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Whether a ledger will never take anything again, as this program has it open. */
export function isFinal(error: unknown): boolean {
  const reason = ledgerReason(error);
  return reason === "closed" || reason === "schema-changed";
}
