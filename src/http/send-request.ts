import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { createSecureContext } from "node:tls";
import { secureOptions, type TlsOptions } from "../internal/tls-options.ts";
import { createAgent, type OpeningOptions } from "./agent.ts";

/** One request. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** How to get there. */
export interface HttpRoute {
  readonly tls?: TlsOptions | undefined;
  /** `"off"` trusts whoever answers. @defaultValue `"on"` */
  readonly verify?: "on" | "off" | undefined;
  /** Keeps connections. @defaultValue one connection for this request */
  readonly agent?: Agent | undefined;
}

/** The beginning of an answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: IncomingMessage;
}

/** Nothing of the request went out, or the server let nothing of it in. */
export class NotSentError extends Error {}

/**
 * Sends a request with Node's own client, because Node's `fetch` takes no TLS options. Redirects are answers.
 *
 * @throws NotSentError where no connection came about; else the system's own error.
 */
export function sendRequest(url: URL, request: HttpRequest, route: HttpRoute = {}): Promise<HttpAnswer> {
  const { method, headers, body, signal } = request;
  const { tls, verify, agent = createAgent(url, { keepAlive: false }) } = route;
  const secure = url.protocol === "https:";
  const open = secure ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    let opening: Duplex | undefined;
    const told: OpeningOptions = {
      onOpening: (connection) => {
        opening = connection;
      },
    };
    const sent = open(url, {
      ...told,
      method,
      headers: body === undefined ? headers : { ...headers, "content-length": body.length },
      agent,
      signal,
      ...(secure && secureOptions(tls)),
      ...(verify === "off" && { rejectUnauthorized: false }),
    });
    let connecting = true;
    // Node would wait for a proxy that lets nothing through, whatever the signal says.
    const giveUp = (): void => {
      opening?.destroy(new Error("given up"));
      reject(new NotSentError("nothing was sent", { cause: signal.reason }));
    };
    signal.addEventListener("abort", giveUp);
    sent.on("socket", (socket) => {
      signal.removeEventListener("abort", giveUp);
      connecting = socket.connecting || ("secureConnecting" in socket && socket.secureConnecting === true);
      if (!connecting) return; // a kept one: it would gather listeners
      socket.once(secure ? "secureConnect" : "connect", () => {
        connecting = false;
      });
    });
    sent.on("response", (answer) => {
      resolve({ status: answer.statusCode as number, headers: headersOf(answer), body: answer });
    });
    sent.on("error", (error) => {
      signal.removeEventListener("abort", giveUp);
      reject(connecting || isCertificateAlert(error) ? new NotSentError("nothing was sent", { cause: error }) : error);
    });
    sent.end(body);
  });
}

/**
 * Whether a server refuses our certificate. In TLS 1.3 it looks at it when for us the handshake is over; without one
 * that it wants, it lets nothing of the request in.
 */
export function isCertificateAlert(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^ERR_SSL_\w+_ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)$/.test(code);
}

/**
 * Looks whether certificates and keys can be used at all: a request would fail as if the server had hung up.
 *
 * @throws TypeError where they cannot.
 */
export function checkTls(tls: TlsOptions): void {
  try {
    createSecureContext(secureOptions(tls));
  } catch (cause) {
    throw new TypeError(`not authorities, or a certificate and its key, in PEM: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const lines = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return new Headers(lines);
}
