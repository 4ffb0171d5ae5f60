/**
 * What went wrong, for `switch`. New words may come in a minor release.
 *
 * - `unreachable`: no connection (refused, unknown host, no route, no such socket)
 * - `connection-lost`: the connection broke before the whole answer had come
 * - `timeout`: no whole answer within `timeoutMs`
 * - `tls`: the TLS handshake failed
 * - `wrong-protocol`: something answers there, but not gRPC
 * - `no-answer`: the call was accepted and ended without any answer, as a wrongly wired API inbound does
 * - `unsupported`: this core does not have what was asked for
 * - `stats-disabled`: the core's configuration has no `stats`
 * - `malformed`: bytes came that are not a valid answer
 * - `too-large`: the answer is larger than the caller's `maxBytes`
 * - `other-core`: another core answers where ours did
 * - `reset-incomplete`: a reset stopped before its end
 * - `closed`: the client was closed
 * - `bad-config`: a configuration cannot be read
 * - `signature`: a body is not proved to come from whom it should, see the `reason` of `SignatureError`
 * - `ledger`: a ledger could not do it, see the `reason` of `LedgerError`
 * - `manager`: a key manager answered with an error, see the `reason` of `ManagerError`
 * - `rpc`: the core answered with an error that has no word of its own here
 */
export type StatsErrorCode =
  | "unreachable"
  | "connection-lost"
  | "timeout"
  | "tls"
  | "wrong-protocol"
  | "no-answer"
  | "unsupported"
  | "stats-disabled"
  | "malformed"
  | "too-large"
  | "other-core"
  | "reset-incomplete"
  | "closed"
  | "bad-config"
  | "signature"
  | "ledger"
  | "manager"
  | "rpc";

/** Options of {@link StatsError}. */
export interface StatsErrorOptions extends ErrorOptions {
  /** What to do about it, one sentence. */
  readonly advice?: string | undefined;
}

/** Base of every error this package raises on its own account. */
export class StatsError extends Error {
  /** `StatsError`. */
  override readonly name: string = "StatsError";
  /** What went wrong, for `switch`. */
  readonly code: StatsErrorCode;
  /** What to do about it, one sentence; `undefined` where there is nothing to advise. */
  readonly advice: string | undefined;

  constructor(code: StatsErrorCode, message: string, options?: StatsErrorOptions) {
    super(message, options);
    this.code = code;
    this.advice = options?.advice;
  }
}

// On the prototype and registry-wide, so that two installed copies recognise each other.
const mark = Symbol.for("v2ray-stats.StatsError");
Object.defineProperty(StatsError.prototype, mark, { value: true });

/**
 * Tells this package's errors from all others, whichever installed copy raised them.
 *
 * @returns True for a {@link StatsError} or one of its subclasses.
 */
export function isStatsError(value: unknown): value is StatsError {
  return typeof value === "object" && value !== null && mark in value;
}
