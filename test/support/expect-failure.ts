import assert from "node:assert/strict";
import { isStatsError, type StatsError, type StatsErrorCode } from "../../src/index.ts";

/** What a failure must say. */
export interface ExpectedFailure {
  readonly code: StatsErrorCode;
  readonly message?: RegExp;
  /** Default: any; every failure of a call has one. */
  readonly advice?: RegExp;
  /** Node's code of the cause; `undefined` where there is none to have. */
  readonly cause?: string | undefined;
}

/** Waits for a call to fail with a `StatsError` that says what failed in one line, and what to do. */
export async function expectFailure(call: Promise<unknown>, expected: ExpectedFailure): Promise<StatsError> {
  const error = await call.then(
    (answer) => assert.fail(`it answered ${String(answer)}`),
    (reason: unknown) => reason,
  );
  assert.ok(isStatsError(error), `not a StatsError: ${error}`);
  assert.equal(error.code, expected.code, error.message);
  assert.match(error.message, expected.message ?? /./);
  assert.doesNotMatch(error.message, /[\r\n]/);
  assert.match(error.advice ?? "", expected.advice ?? /./);
  if ("cause" in expected) assert.equal(codeOf(error.cause), expected.cause, String(error.cause));
  return error;
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : cause;
}
