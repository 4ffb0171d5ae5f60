import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { createSecureContext } from "node:tls";
import { StatsError } from "../../errors/stats-error.ts";

/** TLS towards a receiver. */
export interface ReceiverTlsOptions {
  /** Certificate authorities to trust instead of Node's own, PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Our own certificate chain, PEM, where the receiver asks for one. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of our certificate, PEM. */
  readonly key?: string | Uint8Array | undefined;
  /**
   * The name to ask for and to verify.
   *
   * @defaultValue the host of the address
   */
  readonly serverName?: string | undefined;
}

/** One request. */
export interface ExchangeRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** What to post; without it something is asked for. */
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** The beginning of an answer. */
export interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the answer has none. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/**
 * Posts a body, or asks, with Node's own client, which follows no redirects and asks no environment for proxies.
 *
 * @param agent - Keeps connections; without one there is one for this request.
 * @throws StatsError with code `unreachable` or `tls` where no connection came about, so that nothing was sent; else
 * the system's own error.
 */
export function exchangeOverHttp(
  url: URL,
  { headers, body, signal }: ExchangeRequest,
  tls: ReceiverTlsOptions = {},
  agent?: Agent | undefined,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = open(url, {
      ...(body === undefined
        ? { method: "GET", headers }
        : { method: "POST", headers: { ...headers, "content-length": body.length } }),
      agent: agent ?? false,
      signal,
      ...(url.protocol === "https:" && secureOptions(tls)),
    });
    let connecting = true;
    request.on("socket", (socket) => {
      connecting = socket.connecting || ("secureConnecting" in socket && socket.secureConnecting === true);
      if (!connecting) return; // a kept one: it would gather listeners
      socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
        connecting = false;
      });
    });
    request.on("response", (answer) => {
      resolve({ status: answer.statusCode as number, headers: headersOf(answer), body: answer });
    });
    request.on("error", (error) => {
      reject(connecting || certificateAlert.test(codeOf(error)) ? connectionError(url, error) : error);
    });
    request.end(body);
  });
}

/**
 * Looks whether certificates and keys can be used at all: a request would fail as if the receiver had hung up.
 *
 * @throws TypeError where they cannot.
 */
export function checkTls(tls: ReceiverTlsOptions): void {
  try {
    createSecureContext(secureOptions(tls));
  } catch (cause) {
    throw new TypeError(`not authorities, or a certificate and its key, in PEM: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function secureOptions({ ca, cert, key, serverName }: ReceiverTlsOptions): RequestOptions {
  return {
    ...(ca !== undefined && { ca: (Array.isArray(ca) ? [...ca] : ca) as string }),
    ...(cert !== undefined && { cert: cert as string }),
    ...(key !== undefined && { key: key as string }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const lines = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return new Headers(lines);
}

// In TLS 1.3 a server looks at our certificate when for us the handshake is over. Without one that it wants, it lets
// nothing of the request in.
const certificateAlert = /^ERR_SSL_\w+_ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)$/;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function connectionError(url: URL, error: Error): StatsError {
  // Several addresses of one name fail together, without a text of their own.
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = codeOf(cause);
  const text = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  if (certificateAlert.test(code)) {
    const reason = cause instanceof Error && "reason" in cause ? cause.reason : text;
    return new StatsError("tls", `${url.host} lets nobody in without a certificate that it trusts (${reason})`, {
      cause: error,
      advice: "Ours is given with tls.cert and tls.key, or --hub-cert and --hub-key.",
    });
  }
  if (/^(EPROTO|ERR_(SSL|TLS|OSSL))|CERT|SELF_SIGNED|UNABLE_TO_|CRL/.test(code)) {
    return new StatsError("tls", `TLS with ${url.host} failed: ${text}`, {
      cause: error,
      advice: "Check the certificates, the server name, and that the port really speaks TLS.",
    });
  }
  return new StatsError("unreachable", `cannot reach ${url.host}: ${text}`, {
    cause: error,
    advice: "Check the address, and that the receiver is running.",
  });
}
