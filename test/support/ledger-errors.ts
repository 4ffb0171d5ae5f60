import assert from "node:assert/strict";
import { isStatsError } from "../../src/errors/stats-error.ts";
import { LedgerError, type LedgerErrorReason } from "../../src/ledger/ledger-error.ts";

/** Waits for a call to fail with a ledger's error that says what failed in one line, and what to do. */
export async function expectLedgerError(call: Promise<unknown>, reason: LedgerErrorReason): Promise<LedgerError> {
  const error = await call.then(
    (answer) => assert.fail(`it answered ${String(answer)}`),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof LedgerError, `not a LedgerError: ${error}`);
  assert.ok(isStatsError(error) && error.code === "ledger");
  assert.equal(error.reason, reason, error.message);
  assert.match(error.message, /./);
  assert.doesNotMatch(error.message, /[\r\n]/);
  assert.match(error.advice ?? "", /^[A-Z].*\.$/);
  return error;
}
