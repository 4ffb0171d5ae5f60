import * as v from "valibot";
import { isStatsError } from "../../errors/stats-error.ts";
import { parseRetryAfter } from "../../http/retry-after.ts";
import { parseJson } from "../schemas/parse-json.ts";
import { describeIssue } from "../schemas/views.ts";
import type { ManagerFailures } from "./manager-failures.ts";
import type { ManagerFetch, ManagerResponse } from "./manager-fetch.ts";

/** An endpoint, as a method with the path for messages and for the server. */
export interface ManagerRequest {
  readonly method: "GET" | "POST";
  /** With `{id}` where the key's name stands, which is a secret where it is a UUID. */
  readonly shownPath: string;
  readonly path: string;
}

const longestErrorBody = 64 * 1024;

/** How a request shows in messages. */
export function showRequest({ method, shownPath }: ManagerRequest): string {
  return `${method} ${shownPath}`;
}

/** Asks one endpoint at a time and takes nothing for an answer that is none. */
export class ManagerConnection {
  readonly failures: ManagerFailures;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: ManagerFetch;
  readonly #maxBytes: number;

  constructor(
    base: string,
    options: {
      readonly headers: Readonly<Record<string, string>>;
      readonly fetch: ManagerFetch;
      readonly maxBytes: number;
      readonly failures: ManagerFailures;
    },
  ) {
    this.#base = base;
    this.#headers = options.headers;
    this.#fetch = options.fetch;
    this.#maxBytes = options.maxBytes;
    this.failures = options.failures;
  }

  /** One request and its answer, through its schema. */
  async ask<Body>(request: ManagerRequest, schema: v.GenericSchema<unknown, Body>, signal: AbortSignal): Promise<Body> {
    const shown = showRequest(request);
    const response = await this.#send(request, signal);
    const body = await this.#readBody(shown, response, signal);
    // A body that was cancelled ends as one that came whole.
    signal.throwIfAborted();
    if (response.status < 200 || response.status > 299) throw this.#statusFailure(shown, response, body);
    const input = this.#parse(shown, response.status, body);
    this.#assertSuccess(shown, input);
    const read = v.safeParse(schema, input);
    if (read.success) return read.output;
    throw this.failures.malformed(shown, response.status, describeIssue(read.issues));
  }

  async #send(request: ManagerRequest, signal: AbortSignal): Promise<ManagerResponse> {
    const { method, path } = request;
    try {
      const headers = { ...this.#headers };
      return await this.#fetch(`${this.#base}${path}`, { method, headers, redirect: "manual", signal });
    } catch (error) {
      throw this.failures.network(showRequest(request), error);
    }
  }

  /** The body, as far as there is need for it: of an error only what may explain it. */
  async #readBody(shown: string, response: ManagerResponse, signal: AbortSignal): Promise<Uint8Array> {
    const success = response.status >= 200 && response.status <= 299;
    const limit = success ? this.#maxBytes : longestErrorBody;
    const chunks: Uint8Array[] = [];
    let size = 0;
    const reader = response.body?.getReader();
    // A fetch that pays no heed to its signal would keep the connection.
    const cancel = (): void => void reader?.cancel().catch(() => {});
    signal.addEventListener("abort", cancel, { once: true });
    try {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true };
        if (done) return Buffer.concat(chunks);
        size += value?.byteLength ?? 0;
        if (size > limit && success) throw this.failures.tooLarge(shown, response.status, limit);
        if (value !== undefined) chunks.push(value);
        if (size > limit) return Buffer.concat(chunks);
      }
    } catch (error) {
      if (isStatsError(error)) throw error;
      throw this.failures.network(shown, error);
    } finally {
      signal.removeEventListener("abort", cancel);
      cancel();
    }
  }

  #parse(shown: string, status: number, body: Uint8Array): unknown {
    let text = "";
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(body);
      return parseJson(text);
    } catch (error) {
      const start = text.trimStart();
      const why = start.startsWith("<") ? "HTML or XML" : start === "" && body.length === 0 ? "empty" : "no whole JSON";
      // V8's message quotes the text, which may be anybody's.
      const kind = error instanceof Error ? error.name : "Error";
      throw this.failures.malformed(shown, status, `it is ${why}, ${body.length} bytes (${kind})`);
    }
  }

  /** A success may say otherwise inside. */
  #assertSuccess(shown: string, input: unknown): void {
    const { status, success, message, detail, error, data } = membersOf(input);
    const said = [message, detail, error].find((each) => typeof each === "string");
    if (status === "error" || success === false) {
      throw this.failures.said("refused", shown, String(said ?? "that it did not succeed"));
    }
    const inner = membersOf(data).error;
    if (typeof inner === "string" && inner !== "") throw this.failures.said("server-error", shown, inner);
  }

  #statusFailure(shown: string, response: ManagerResponse, body: Uint8Array): Error {
    const location = response.headers.get("location") ?? undefined;
    const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"), { now: new Date() });
    return this.failures.status(shown, response.status, detailOf(body), {
      ...(location !== undefined && { location: location.replace(/[?#].*/s, "") }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What an error's body says, where it is JSON that says something. */
function detailOf(body: Uint8Array): string | undefined {
  try {
    const { detail, error, message } = membersOf(parseJson(new TextDecoder().decode(body)));
    const said = [detail, error, message].find((each) => each !== undefined && each !== null);
    return said === undefined || typeof said === "string" ? said : JSON.stringify(said);
  } catch {
    return undefined;
  }
}
