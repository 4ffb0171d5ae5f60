import { StatsError } from "../../errors/stats-error.ts";
import { createAgent } from "../../http/agent.ts";
import { checkTls } from "../../http/send-request.ts";
import type { TlsOptions } from "../../internal/tls-options.ts";
import type { LedgerHeld } from "../../ledger/exchange/changes.ts";
import { parseHeldJson } from "../../ledger/exchange/changes-json.ts";
import { type ContentEncoding, supportedEncodings } from "../content-encoding.ts";
import type { Authorize } from "./authorize-with.ts";
import { compressBody } from "./compress-body.ts";
import { type PostAnswer, type PostFailure, postBody } from "./post-body.ts";
import { type PushAnswer, parsePushAnswer } from "./push-answer.ts";
import type { PushResult } from "./push-loop.ts";
import { parseReceiverUrl } from "./receiver-url.ts";
import type { SenderClock } from "./sender-clock.ts";

/** What a hub client needs. */
export interface HubClientOptions {
  readonly hub: string | URL;
  readonly authorize: Authorize;
  /** `auto`: the best that this Node has and the hub takes. */
  readonly encoding: "auto" | "zstd" | "gzip" | "none";
  readonly timeoutMs: number;
  readonly plainHttp: "loopback" | "anywhere";
  readonly tls: TlsOptions | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly clock: SenderClock;
}

/** A body will never be taken. */
export interface RefusedBody {
  readonly kind: "refused-body";
  readonly status: number;
  readonly error: StatsError;
}

/** What came of a body. */
export type SendResult =
  | { readonly kind: "answer"; readonly answer: PushAnswer }
  /** The hub takes nothing of the nodes in it, for this reason. */
  | { readonly kind: "conflict"; readonly reason: string }
  | RefusedBody
  | Exclude<PushResult, { kind: "current" }>;

/** What came of the question what is held. */
export type HeldResult =
  | { readonly kind: "held"; readonly held: LedgerHeld }
  | Exclude<PushResult, { kind: "current" }>;

/** The hub, as a sender knows it. */
export interface HubClient {
  held(sender: string, node: string | undefined, signal: AbortSignal | undefined): Promise<HeldResult>;
  send(body: Uint8Array, signal: AbortSignal | undefined): Promise<SendResult>;
  /** Ends idle connections. */
  close(): void;
}

/** @throws TypeError where the address is none that bodies may be sent to. */
export function createHubClient(options: HubClientOptions): HubClient {
  const { authorize, timeoutMs, plainHttp, tls, fetch, clock } = options;
  const base = parseReceiverUrl(options.hub, { plainHttp });
  if (tls !== undefined && base.protocol !== "https:") throw new TypeError("tls options need an https:// address");
  if (tls !== undefined) checkTls(tls);
  if (tls !== undefined && fetch !== undefined) throw new TypeError("tls is Node's client's; a fetch has its own");
  const agent = fetch === undefined ? createAgent(base, { keepAlive: true }) : undefined;
  let encodings = encodingsOf(options.encoding);
  let compressed: { readonly of: Uint8Array; readonly as: ContentEncoding; readonly bytes: Uint8Array } | undefined;

  function urlOf(path: string): URL {
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/+$/, "")}${path}`;
    return url;
  }

  async function exchange(
    url: URL,
    body: Uint8Array | undefined,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<PostAnswer | PostFailure> {
    const once = (): Promise<PostAnswer | PostFailure> => {
      const proof = authorize(body ?? new Uint8Array(), clock.now());
      return postBody(url, {
        body,
        headers: { ...headers, ...proof },
        plainHttp,
        tls,
        fetch,
        agent,
        timeoutMs,
        signal,
      });
    };
    const result = await once();
    // A kept connection may be closed at the moment in which it is used; a repeat does no harm.
    return result.kind === "failed" && result.error.code === "connection-lost" ? await once() : result;
  }

  async function encode(body: Uint8Array): Promise<{ readonly as: ContentEncoding; readonly bytes: Uint8Array }> {
    const [as] = encodings as [ContentEncoding];
    if (compressed?.of !== body || compressed.as !== as)
      compressed = { of: body, as, bytes: await compressBody(body, as) };
    return compressed;
  }

  return {
    async held(sender, node, signal) {
      const url = urlOf("/v1/held");
      url.searchParams.set("sender", sender);
      if (node !== undefined) url.searchParams.set("node", node);
      const result = await exchange(url, undefined, {}, signal);
      if (result.kind !== "accepted") return failureOf(base, result);
      try {
        return { kind: "held", held: parseHeldJson(jsonOf(result)) };
      } catch {
        return notHub(base);
      }
    },
    async send(body, signal) {
      for (;;) {
        const { as, bytes } = await encode(body);
        const headers = {
          "content-type": "application/json",
          ...(as !== "identity" && { "content-encoding": as }),
        };
        const result = await exchange(urlOf("/v1/inform"), bytes, headers, signal);
        if (result.kind === "failed") return failureOf(base, result);
        if (result.status === 415 && encodings.length > 1) {
          encodings = encodings.slice(1);
          continue;
        }
        // Where a node is refused, the status says why of the first, the body what became of each.
        const answers = result.kind === "accepted" || result.status === 403 || result.status === 409;
        const answer = answers ? parsePushAnswer(jsonOf(result)) : undefined;
        if (answer !== undefined) return { kind: "answer", answer };
        if (result.kind === "accepted") return notHub(base);
        if (result.status === 409) return { kind: "conflict", reason: errorOf(result)?.code ?? "other-ledger" };
        // That is so of every body, until the hub is of our release: to keep them all aside would fill the disk.
        if (errorOf(result)?.code === "unknown-version") return { kind: "blocked", error: refusal(base, result) };
        if (result.kind === "refused")
          return { kind: "refused-body", status: result.status, error: refusal(base, result) };
        return failureOf(base, result);
      }
    },
    close: () => agent?.destroy(),
  };
}

function encodingsOf(encoding: HubClientOptions["encoding"]): readonly ContentEncoding[] {
  if (encoding === "auto") return supportedEncodings;
  const wanted = encoding === "none" ? "identity" : encoding;
  if (!supportedEncodings.includes(wanted)) throw new RangeError(`this Node has no ${encoding}`);
  return [wanted];
}

/** Why there is no answer to work with. */
function failureOf({ host }: URL, result: PostAnswer | PostFailure): Exclude<PushResult, { kind: "current" }> {
  if (result.kind === "failed") return { kind: "unavailable", error: result.error };
  const { status, retryAfterMs } = result;
  const said = saidBy(result);
  if (result.kind === "authentication") {
    const error = new StatsError("bad-config", `${host} does not let us in (${status}${said})`, {
      advice: "Is the key the right one for this node, good now, and in the hub's key file?",
    });
    return { kind: "denied", error };
  }
  if (result.kind === "wrong-address" || result.kind === "refused") {
    const error = new StatsError("wrong-protocol", `${host} takes nothing there (${status}${said})`, {
      advice: "Is this the hub's address? Redirects are not followed: they would carry the key to strangers.",
    });
    return { kind: "wrong-address", error };
  }
  const error = new StatsError("no-answer", `${host} cannot take anything now (${status}${said})`, {
    advice: "Nothing is lost: it is sent again. The hub's log may tell more.",
  });
  return { kind: "unavailable", error, retryAfterMs };
}

function refusal({ host }: URL, result: PostAnswer): StatsError {
  return new StatsError("malformed", `${host} refused a body for good (${result.status}${saidBy(result)})`, {
    advice: "Are both of the same release? A limit of a proxy before the hub may be too small.",
  });
}

function notHub({ host }: URL): Exclude<PushResult, { kind: "current" }> {
  const error = new StatsError("wrong-protocol", `what answers at ${host} is no hub`, {
    advice: "Name the address of `inform receive`, without /v1/inform.",
  });
  return { kind: "wrong-address", error };
}

function saidBy(answer: PostAnswer): string {
  const { code, message } = errorOf(answer) ?? {};
  return code === undefined ? "" : `, ${code}${message === undefined ? "" : `: ${message}`}`;
}

function errorOf(answer: PostAnswer): { readonly code: string; readonly message: string | undefined } | undefined {
  const error = (jsonOf(answer) as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  if (typeof error?.code !== "string") return undefined;
  const message = typeof error.message === "string" ? error.message.slice(0, 300) : undefined;
  return { code: error.code.slice(0, 60), message };
}

/** Undefined where it is no JSON object. */
function jsonOf({ body }: PostAnswer): object | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(body ?? []).toString("utf8"));
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
