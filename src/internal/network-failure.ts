import { rootCause } from "./root-cause.ts";

/**
 * What Node's error means: `refused` and `unreachable` where there was no connection, `tls` where its handshake failed,
 * `lost` for all else.
 */
export type NetworkFailureKind = "refused" | "unreachable" | "tls" | "lost";

/** An error of Node's network, read. */
export interface NetworkFailure {
  readonly kind: NetworkFailureKind;
  /** Node's or the system's code; empty where there is none. */
  readonly code: string;
  /** One line of what it says. */
  readonly text: string;
  /** The error that others wrap. */
  readonly cause: unknown;
}

const unreachable: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "EACCES",
  "ENOTSOCK",
  "ENOTDIR",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const handshake = /^(EPROTO$|ERR_(SSL|TLS|OSSL))|CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CRL|HOSTNAME_MISMATCH/;

/** Reads what Node's sockets, HTTP clients and `fetch` throw. */
export function networkFailure(error: unknown): NetworkFailure {
  const cause = rootCause(error);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return { kind: kindOf(code), code, text: textOf(cause), cause };
}

function kindOf(code: string): NetworkFailureKind {
  if (code === "ECONNREFUSED" || code === "ENOENT") return "refused";
  if (unreachable.has(code)) return "unreachable";
  return handshake.test(code) ? "tls" : "lost";
}

/** OpenSSL's own message has file names and line breaks. */
function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const said = "reason" in cause && typeof cause.reason === "string" ? cause.reason : cause.message;
  return said.split("\n")[0] as string;
}
