import { type Agent, validateHeaderName, validateHeaderValue } from "node:http";
import { StatsError } from "../../errors/stats-error.ts";
import { parseRetryAfter } from "../../http/retry-after.ts";
import { type HttpRequest, NotSentError, sendRequest } from "../../http/send-request.ts";
import { assertTimerMs } from "../../internal/timer-ms.ts";
import type { TlsOptions } from "../../internal/tls-options.ts";
import { classifyStatus, type StatusKind } from "./classify-status.ts";
import { connectionError } from "./connection-error.ts";
import { parseReceiverUrl, type ReceiverUrlOptions } from "./receiver-url.ts";

/** Options of {@link postBody}. */
export interface PostBodyOptions extends ReceiverUrlOptions {
  /** The bytes to send, compressed and signed by now where they are to be; `undefined` to ask (GET) in place of that. */
  readonly body: Uint8Array | undefined;
  /** Content type and encoding, key or signature. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** TLS, our own certificate included. Not together with `fetch`. */
  readonly tls?: TlsOptions | undefined;
  /** Keeps connections over several calls, or leads through a proxy. @defaultValue one connection for this call */
  readonly agent?: Agent | undefined;
  /** How long all may take, until the answer's last byte. @defaultValue 30_000 */
  readonly timeoutMs?: number | undefined;
  /** How many bytes of an answer to read. @defaultValue 1_048_576 */
  readonly maxAnswerBytes?: number | undefined;
  /** Ends the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Sends in place of Node's client; not together with `tls` and `agent`. Its failures do not tell whether anything was
   * sent: they count as `maybe`.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** The receiver answered. */
export interface PostAnswer {
  /** What the answer means for the body. */
  readonly kind: StatusKind;
  /** The HTTP status. */
  readonly status: number;
  /** How long the receiver asks to wait, an hour at most; undefined where it does not. */
  readonly retryAfterMs: number | undefined;
  /** The answer's headers. */
  readonly headers: Headers;
  /** The answer's body; undefined where it is longer than `maxAnswerBytes` or did not come whole. */
  readonly body: Uint8Array | undefined;
}

/** No answer came. */
export interface PostFailure {
  /** Tells it from answers. */
  readonly kind: "failed";
  /** `no` is certain: there never was a connection. `maybe`: the receiver may have the body, only its answer was lost. */
  readonly sent: "no" | "maybe";
  /** Code `unreachable` or `tls` (not sent), `timeout` or `connection-lost`. */
  readonly error: StatsError;
}

/**
 * Posts a body once, or asks once. Redirects are answers, never followed: they would carry keys to strangers.
 *
 * @returns What came of it, by `kind`; a network that fails is an outcome too.
 * @throws TypeError for a wrong address, a header that cannot be sent, or options that exclude each other; RangeError
 * for a wrong `timeoutMs`.
 */
export async function postBody(address: string | URL, options: PostBodyOptions): Promise<PostAnswer | PostFailure> {
  const { body, headers = {}, tls, agent, fetch, timeoutMs = 30_000, maxAnswerBytes = 1_048_576, signal } = options;
  const url = parseReceiverUrl(address, options);
  if (fetch !== undefined && (tls !== undefined || agent !== undefined)) {
    throw new TypeError("tls and agent are Node's client's; a fetch of your own has its own");
  }
  if (tls !== undefined && url.protocol !== "https:") throw new TypeError("tls options need an https:// address");
  assertTimerMs({ timeoutMs });
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value); // its message does not show the value, as fetch's does
  }
  signal?.throwIfAborted();

  const ending = new AbortController();
  const abort = (): void => ending.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort);
  try {
    const request = { method: body === undefined ? "GET" : "POST", headers, body, signal: ending.signal } as const;
    const answer = await (fetch === undefined
      ? sendRequest(url, request, { tls, agent })
      : sendByFetch(fetch, url, request));
    const { status } = answer;
    const read = await readAnswer(answer.body, maxAnswerBytes);
    signal?.throwIfAborted();
    const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"), {
      now: new Date(),
      longestMs: 3_600_000,
    });
    return { kind: classifyStatus(status), status, retryAfterMs, headers: answer.headers, body: read };
  } catch (cause) {
    signal?.throwIfAborted();
    return { kind: "failed", sent: cause instanceof NotSentError ? "no" : "maybe", error: failure(cause) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }

  function failure(cause: unknown): StatsError {
    if (ending.signal.aborted) {
      return new StatsError("timeout", `no answer from ${url.host} within ${timeoutMs} ms`, {
        cause,
        advice: "Is the receiver busy, or the network slow? Otherwise allow a longer timeoutMs.",
      });
    }
    if (cause instanceof NotSentError) return connectionError(url, cause);
    // Node's server hangs up where it does not trust a client's certificate.
    const secure = url.protocol === "https:" ? ", or our certificate" : "";
    return new StatsError("connection-lost", `the connection to ${url.host} broke before an answer came`, {
      cause,
      advice: `Did the receiver restart, or refuse so large a body${secure}? Its log may tell.`,
    });
  }
}

function sendByFetch(
  fetch: typeof globalThis.fetch,
  url: URL,
  { body, ...request }: HttpRequest,
): Promise<Pick<Response, "status" | "headers" | "body">> {
  const sent = body !== undefined && { body: body as Uint8Array<ArrayBuffer> };
  return fetch(url, { ...request, ...sent, redirect: "manual" });
}

/** Undefined where it is too long or breaks off: the status stands even so. */
async function readAnswer(body: AsyncIterable<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > maxBytes) return undefined; // leaving the loop ends the stream
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks, length);
}
