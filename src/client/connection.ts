import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";
import { AnswerBuffer, framed } from "./answer-buffer.ts";
import { type CallFailures, callFailures } from "./call-failures.ts";
import type { Deadline } from "./deadline.ts";
import type { Endpoint } from "./endpoint.ts";

/** One gRPC call with one message each way. */
export interface Call {
  /** The service's full name. */
  readonly service: string;
  readonly method: string;
  readonly request: Uint8Array;
  readonly deadline: Deadline;
}

/** What is known of a session beyond its streams. */
interface SessionFacts {
  /** The other side has spoken HTTP/2. */
  greeted: boolean;
  error: unknown;
}

// A window for the largest answers: with HTTP/2's own of 64 KiB the core would wait for us every fourth frame.
const windowBytes = 1 << 20;

/**
 * A connection to a core on Connect's session manager, which opens it when needed and again when it is gone. The
 * calls on it are ours: every answer is checked to be whole, which `node:http2` leaves to its user, and gathered in
 * one buffer kept between calls.
 */
export class Connection {
  readonly #endpoint: Endpoint;
  readonly #manager: Http2SessionManager;
  readonly #maxBytes: number | undefined;
  readonly #buffers: AnswerBuffer[] = [];
  readonly #cancels = new Set<() => void>();
  readonly #facts = new WeakMap<ClientHttp2Session, SessionFacts>();
  #closed = false;
  #session: object | undefined;

  /** Takes messages of at most `maxBytes`, of any size where it is not set. */
  constructor(endpoint: Endpoint, maxBytes?: number | undefined) {
    this.#endpoint = endpoint;
    this.#maxBytes = maxBytes;
    // No pings: cores answer the fourth one on an idle connection by closing it. Deadlines find dead connections.
    this.#manager = new Http2SessionManager(endpoint.origin, undefined, {
      ...endpoint.sessionOptions,
      peerMaxConcurrentStreams: 1000,
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
  }

  /** The session of the last call: another one may lead to another core. */
  get session(): object | undefined {
    return this.#session;
  }

  /**
   * Sends a request and hands the answer's message to `read`, which must not keep it: the buffer is used again.
   *
   * @throws {@link RpcError} by what went wrong; the signal's reason when it was aborted.
   */
  async call<Answer>(call: Call, read: (message: Uint8Array) => Answer): Promise<Answer> {
    const failures = callFailures(this.#endpoint.name, call.method);
    if (this.#closed) throw failures.closed();
    call.deadline.signal?.throwIfAborted();
    const buffer = this.#buffers.pop() ?? new AnswerBuffer();
    buffer.clear();
    await this.#exchange(call, buffer, failures);
    const answer = read(buffer.message);
    // Only after a whole answer: the stream of a call that failed may still write. One large spare buffer is enough for
    // polls; small ones may be many.
    if (this.#buffers.length === 0 || buffer.received < 1 << 16) this.#buffers.push(buffer);
    return answer;
  }

  /** Ends all calls and the connection; there can be no more. */
  close(): void {
    this.#closed = true;
    for (const cancel of [...this.#cancels]) cancel();
    this.#manager.abort();
  }

  /** Waits for the one message, or for whichever comes first of a failure, the deadline and the caller's signal. */
  #exchange(call: Call, buffer: AnswerBuffer, failures: CallFailures): Promise<void> {
    const { signal, timeoutMs } = call.deadline;
    return new Promise((resolve, reject) => {
      let stream: ClientHttp2Stream | undefined;
      let settled = false;
      const settle = (error?: unknown): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#cancels.delete(cancel);
        if (error === undefined) {
          resolve();
        } else {
          stream?.close(constants.NGHTTP2_CANCEL);
          reject(error);
        }
      };
      const cancel = (): void => settle(failures.closed());
      const onAbort = (): void => {
        settle(signal?.reason);
        // Nobody waits for it, and it would keep the process alive.
        if (stream === undefined) this.#dropUnused();
      };
      const timer = setTimeout(() => {
        settle(failures.timeout(timeoutMs));
        // It may be dead for good: the next call opens a new one.
        this.#dropUnused();
      }, call.deadline.remainingMs());
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#cancels.add(cancel);
      this.#open(call).then(
        (opened) => {
          stream = opened;
          if (settled) opened.close(constants.NGHTTP2_CANCEL);
          else this.#receive(opened, buffer, failures, settle);
        },
        (error) => settle(failures.connecting(error)),
      );
    });
  }

  /** Ends a connection without calls. */
  #dropUnused(): void {
    if (this.#cancels.size === 0) this.#manager.abort();
  }

  async #open({ service, method, request }: Call): Promise<ClientHttp2Stream> {
    const stream = await this.#manager.request(
      "POST",
      `/${service}/${method}`,
      { "content-type": "application/grpc", te: "trailers" },
      {},
    );
    // A request may fail before anybody listens.
    stream.on("error", () => {});
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#facts.has(session)) this.#observe(session);
    this.#session = session;
    stream.end(framed(request));
    return stream;
  }

  #observe(session: ClientHttp2Session): void {
    const facts: SessionFacts = { greeted: false, error: undefined };
    this.#facts.set(session, facts);
    session.setLocalWindowSize(windowBytes);
    session.once("remoteSettings", () => {
      facts.greeted = true;
    });
    // Also after Connect's manager, which listens no more once it opens the next one.
    session.on("error", (error) => {
      facts.error = error;
    });
  }

  #receive(
    stream: ClientHttp2Stream,
    buffer: AnswerBuffer,
    failures: CallFailures,
    settle: (error?: unknown) => void,
  ): void {
    const maxBytes = this.#maxBytes;
    const session = stream.session as ClientHttp2Session | undefined;
    let headers: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    let streamError: unknown;
    stream.on("response", (received) => {
      headers = received;
      if (received[":status"] !== 200 || !`${received["content-type"]}`.startsWith("application/grpc")) {
        settle(failures.notGrpc(received[":status"], received["content-type"]));
      }
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Uint8Array) => {
      buffer.append(chunk);
      if (maxBytes !== undefined && buffer.announced > maxBytes) settle(failures.tooLarge(buffer.announced, maxBytes));
      else if (buffer.overfull) settle(failures.notOneMessage(buffer.received));
    });
    stream.on("error", (error) => {
      streamError = error;
    });
    // Not "end": a core that dies in the middle of an answer gives only "close".
    stream.on("close", () => {
      // An error without a message comes with its status in the headers.
      const end = trailers ?? (headers !== undefined && "grpc-status" in headers ? headers : undefined);
      const status = end?.["grpc-status"];
      if (status === undefined) {
        const facts = session && this.#facts.get(session);
        settle(
          failures.broken({
            error: facts?.error ?? streamError,
            received: buffer.received,
            answered: headers !== undefined,
            greeted: facts?.greeted === true,
          }),
        );
      } else if (status !== "0") settle(failures.status(Number(status), `${end?.["grpc-message"] ?? ""}`));
      else if (buffer.compressed) settle(failures.malformed("it is compressed, which was not asked for"));
      else if (!buffer.complete) settle(failures.notOneMessage(buffer.received));
      else settle();
    });
  }
}
