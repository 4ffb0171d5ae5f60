import { StatsError, type StatsErrorCode, type StatsErrorOptions } from "../errors/stats-error.ts";

/**
 * Why a manager gave no answer, for `switch`. New words may come in a minor release.
 *
 * - `unreachable`, `connection-lost`, `timeout`, `tls`, `malformed`, `too-large`: as in {@link StatsErrorCode}
 * - `redirected`: the server sends us elsewhere, and we do not take the API key there
 * - `unauthorized`: 401, the API key is wrong, missing or stale
 * - `forbidden`: 403, the API key may not do this
 * - `unknown-key`: 404, the server knows no such key
 * - `unsupported`: 404, 405 or 501, the server has no such endpoint
 * - `rate-limited`: 429
 * - `server-error`: 5xx, or a success with an error inside
 * - `refused`: any other status, or a 200 that says `status: "error"`
 */
export type ManagerErrorReason =
  | "unreachable"
  | "connection-lost"
  | "timeout"
  | "tls"
  | "malformed"
  | "too-large"
  | "redirected"
  | "unauthorized"
  | "forbidden"
  | "unknown-key"
  | "unsupported"
  | "rate-limited"
  | "server-error"
  | "refused";

/** Options of {@link ManagerError}. */
export interface ManagerErrorOptions extends StatsErrorOptions {
  /** The server's address, such as `https://panel.example:8000/api`. */
  readonly endpoint: string;
  /** What was asked, such as `GET /keys/{id}/traffic/simple`. */
  readonly request: string;
  /** The HTTP status of the answer, when one came. */
  readonly status?: number | undefined;
  /** What the server itself said. */
  readonly detail?: string | undefined;
  /** How long the server asks us to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** A key manager gave no usable answer. Neither its text nor its cause holds the API key. */
export class ManagerError extends StatsError {
  /** `ManagerError`. */
  override readonly name: string = "ManagerError";
  /** Why, for `switch`. */
  readonly reason: ManagerErrorReason;
  /** The server's address, such as `https://panel.example:8000/api`. */
  readonly endpoint: string;
  /** What was asked, such as `GET /keys/{id}/traffic/simple`. */
  readonly request: string;
  /** The HTTP status of the answer; `undefined` when none came. */
  readonly status: number | undefined;
  /** What the server itself said, in one line; `undefined` where it said nothing. */
  readonly detail: string | undefined;
  /** How long the server asks us to wait, in milliseconds; `undefined` where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: ManagerErrorReason, message: string, options: ManagerErrorOptions) {
    super(codes[reason], message, options);
    this.reason = reason;
    this.endpoint = options.endpoint;
    this.request = options.request;
    this.status = options.status;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const codes: Readonly<Record<ManagerErrorReason, StatsErrorCode>> = {
  unreachable: "unreachable",
  "connection-lost": "connection-lost",
  timeout: "timeout",
  tls: "tls",
  malformed: "malformed",
  "too-large": "too-large",
  redirected: "manager",
  unsupported: "unsupported",
  unauthorized: "manager",
  forbidden: "manager",
  "unknown-key": "manager",
  "rate-limited": "manager",
  "server-error": "manager",
  refused: "manager",
};
