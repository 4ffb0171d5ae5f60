import type { HttpHandler } from "../../http/handler.ts";
import { createRateLimit } from "../../internal/rate-limit.ts";
import type { Turns } from "../../internal/turns.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { KeyHolder } from "../keys/key.ts";
import type { OpenKeyFiles } from "../keys/open-key-files.ts";
import { createAddressList } from "./address-list.ts";
import { jsonAnswer, refusalAnswer, refusalOf } from "./answers.ts";
import { assertBearable } from "./assert-bearable.ts";
import { assertOwnNode, assertRight, type Claimant, claimantOf, proven } from "./authenticate.ts";
import { clientAddress } from "./client-address.ts";
import { decompressBody } from "./decompress-body.ts";
import { createKeyPlaces } from "./key-places.ts";
import { readBody } from "./read-body.ts";
import { receiveChanges } from "./receive-changes.ts";
import { receiveThreeXUi } from "./receive-three-x-ui.ts";
import type { InformReceiverEvent } from "./receiver-event.ts";
import { malformed, Refusal } from "./refusal.ts";
import { createTotals } from "./totals.ts";

/** How many requests a key may make. */
export interface RatePerKey {
  /** In the long run. */
  readonly perSecond: number;
  /** At once. */
  readonly burst: number;
}

/** Options of {@link createInformReceiver}. */
export interface InformReceiverOptions {
  /** Where what comes is booked. It stays open when the receiver is no longer used. */
  readonly ledger: Ledger;
  /** Whose keys are good: `await openKeyFiles([...])`. */
  readonly keys: Pick<OpenKeyFiles, "ring">;
  /** Addresses and networks (CIDR) that may send; IPv4 and IPv6. @defaultValue all */
  readonly allowAddresses?: readonly string[] | undefined;
  /** Our proxies, whose `X-Forwarded-For` is believed. @defaultValue none */
  readonly trustedProxies?: readonly string[] | undefined;
  /** How many bytes a body may have as it is sent. @defaultValue 8 MiB */
  readonly maxBodyBytes?: number | undefined;
  /** How many it may have when decompressed. @defaultValue 64 MiB */
  readonly maxUnpackedBytes?: number | undefined;
  /** How long a body may take to come. @defaultValue 30_000 */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * How many requests a key may make each second in the long run, and at once after a pause. Counted in this process:
   * several allow as many times as much.
   *
   * @defaultValue 10 and 100
   */
  readonly ratePerKey?: RatePerKey | undefined;
  /**
   * The fastest line of a node. What a counter cannot have moved is kept aside, of a 3x-ui body refused.
   *
   * @defaultValue 1_250_000_000: 10 Gbit/s
   */
  readonly maxBytesPerSecond?: number | undefined;
  /**
   * How far rows may be ahead of this clock. Where some are further, nothing of the node is taken until they are not;
   * the sender keeps it. @defaultValue a day
   */
  readonly maxAheadMs?: number | undefined;
  /**
   * How old totals of all users may be: so long one reading of the ledger serves all that ask the same question. Who
   * changed since a cursor is mostly read for each question.
   *
   * @defaultValue 1000
   */
  readonly totalsMaxAgeMs?: number | undefined;
  /** This clock. @defaultValue the system's */
  readonly now?: (() => Date) | undefined;
  /** Hears of everything that comes, and what became of it. Must not throw. */
  readonly onEvent?: ((event: InformReceiverEvent) => void) | undefined;
}

/** An agent has one body on its way, and perhaps another of a connection that broke. */
const mostOfKey = 8;
/** Whoever knows a secret's id can send bodies that only their end shows to be wrong. */
const mostUnproven = 32;

const routes = /\/v1\/(health|held|totals|inform\/3x-ui|inform)(?:\/([^/]*))?$/;

/**
 * Makes the receiver of a hub, a fetch-style handler for any framework. It may be mounted under any path; what counts
 * is the path's end:
 *
 * - `POST /v1/inform`: a ledger's changes, from `createInformSender`
 * - `POST /v1/inform/3x-ui`: a body of 3x-ui; its key may be the last segment of the path, or `?key=`
 * - `GET /v1/held?sender=LEDGER`: what is held of a sender's ledger
 * - `GET /v1/totals?from=…&to=…&node=…&since=CURSOR`: what every user used on all nodes, or who changed since a cursor
 * - `GET /v1/health`: whether the ledger can be read
 *
 * All but the last want a key (`Authorization: Bearer`) or a signed body.
 *
 * @throws TypeError where an address is none; RangeError where a limit is not above zero.
 */
export function createInformReceiver(options: InformReceiverOptions): HttpHandler {
  const {
    ledger,
    keys,
    maxBodyBytes = 8 * 1024 ** 2,
    maxUnpackedBytes = 64 * 1024 ** 2,
    bodyTimeoutMs = 30_000,
    ratePerKey = { perSecond: 10, burst: 100 },
    maxBytesPerSecond = 1_250_000_000,
    maxAheadMs = 86_400_000,
    totalsMaxAgeMs = 1000,
    now = () => new Date(),
    onEvent = () => {},
  } = options;
  for (const [name, value] of Object.entries({ maxBodyBytes, maxUnpackedBytes, bodyTimeoutMs, maxBytesPerSecond }))
    if (!(value > 0 && value < 2 ** 53)) throw new RangeError(`${name} must be above zero: ${value}`);
  for (const [name, value] of Object.entries({ maxAheadMs, totalsMaxAgeMs }))
    if (!(value >= 0)) throw new RangeError(`${name} must not be below zero: ${value}`);
  const allowed = options.allowAddresses && createAddressList(options.allowAddresses);
  const proxies = createAddressList(options.trustedProxies ?? []);
  const rate = createRateLimit(ratePerKey);
  const places = createKeyPlaces(mostOfKey);
  const unprovenPlaces = createKeyPlaces(mostUnproven);
  const totals = createTotals(ledger, totalsMaxAgeMs);

  async function answer(asked: Asked, request: Request): Promise<Response> {
    const { url } = asked;
    const [, route = "", segment] = routes.exec(url.pathname) ?? [];
    if (route === "" || (segment && route !== "inform/3x-ui"))
      throw new Refusal(404, "not-found", "there is nothing here; send to /v1/inform");
    const method = route.startsWith("inform") ? "POST" : "GET";
    if (request.method !== method)
      throw new Refusal(405, "method", `this address takes ${method} alone`, { allow: method });
    if (route === "health") {
      await ledger.id();
      return jsonAnswer(200, { status: "ok" });
    }
    assertAllowed(asked.address);
    const placed = route === "inform/3x-ui" ? segment || url.searchParams.get("key") || undefined : undefined;
    const claimant = claimantOf(request.headers, placed, await keys.ring(), now());
    if (claimant.kind === "key") count(asked, claimant.holder);
    if (method === "POST") return take({ asked, request, book: route === "inform" ? changes : unproven }, claimant);
    const holder = proven(claimant, new Uint8Array(), now());
    if (claimant.kind === "signature") count(asked, holder);
    if (route === "held") return held({ asked, holder, request });
    assertRight(holder, "totals");
    return totals.answer(url.searchParams, request.headers.get("if-none-match"), now());
  }

  async function take(posted: Posted, claimant: Claimant): Promise<Response> {
    if (claimant.kind === "key")
      return places.take(claimant.holder.id, async (inTurn) =>
        takeBody({ ...posted, holder: claimant.holder }, await wholeBody(posted.request), inTurn),
      );
    // Only the body proves whose it is: until then it takes no place of those that are.
    const sent = await unprovenPlaces.take(claimant.secret.id, () => wholeBody(posted.request));
    const holder = proven(claimant, sent, now());
    count(posted.asked, holder);
    return places.take(holder.id, (inTurn) => takeBody({ ...posted, holder }, sent, inTurn));
  }

  function takeBody(posted: Posted & Answered, sent: Uint8Array, inTurn: Turns): Promise<Response> {
    assertRight(posted.holder, "usage");
    return inTurn(async () => {
      const encoding = posted.request.headers.get("content-encoding");
      const body = await decompressBody(sent, encoding, maxUnpackedBytes);
      assertBearable(body);
      return posted.book(posted, body);
    });
  }

  /** Where nobody told an address, none is on the list. */
  function assertAllowed(address: string | undefined): void {
    if (allowed === undefined || allowed.has(address ?? "")) return;
    throw new Refusal(403, "address", "this address may not send here");
  }

  function count(asked: Asked, holder: KeyHolder): void {
    asked.holder = holder;
    const { allowed, retryAfterMs } = rate.take(holder.id);
    if (!allowed) throw new Refusal(429, "rate", `key ${holder.id} sends too often`, { retryAfterMs });
  }

  async function wholeBody(request: Request): Promise<Uint8Array> {
    const type = request.headers.get("content-type") ?? "";
    if (!/^application\/json *(;|$)/i.test(type))
      throw new Refusal(415, "content-type", "a body's content-type is application/json");
    return readBody(request, { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs });
  }

  async function held({ asked: { url }, holder }: Answered): Promise<Response> {
    assertRight(holder, "usage");
    assertOwnNode(holder, url.searchParams.get("node"));
    const sender = url.searchParams.get("sender");
    if (sender === null || !/^[\w-]{1,64}$/.test(sender)) throw malformed("sender is a ledger's id");
    return jsonAnswer(200, await ledger.held(sender, { node: holder.node }));
  }

  async function changes({ asked, holder }: Answered, body: Uint8Array): Promise<Response> {
    const limits = { maxBytesPerSecond, maxAheadMs, now: now() };
    const { sender, nodes, answer } = await receiveChanges(ledger, holder, body, limits);
    onEvent({ kind: "merged", ...whoOf(asked), sender, nodes });
    return jsonAnswer(200, answer);
  }

  async function unproven({ asked, holder, request }: Answered, body: Uint8Array): Promise<Response> {
    assertOwnNode(holder, asked.url.searchParams.get("node"));
    const id = request.headers.get("idempotency-key") ?? undefined;
    const result = await receiveThreeXUi(ledger, body, { node: holder.node, id, maxBytesPerSecond, now: now() });
    const { bytes, repeated, booked, refusedCount, refused } = result;
    onEvent({ kind: "unproven", ...whoOf(asked), bytes, repeated, booked, refusedCount, refused });
    return jsonAnswer(200, result);
  }

  function whoOf({ address, holder }: Asked): Pick<InformReceiverEvent, "at" | "address" | "key" | "node"> {
    return { at: now(), address, key: holder?.id, node: holder?.node };
  }

  return async (request, { remoteAddress } = {}) => {
    const forwarded = request.headers.get("x-forwarded-for");
    const address = remoteAddress === undefined ? undefined : clientAddress(remoteAddress, forwarded, proxies);
    const asked: Asked = { url: new URL(request.url), address, holder: undefined };
    try {
      return await answer(asked, request);
    } catch (error) {
      const refusal = refusalOf(error);
      const { status, code, message, extra } = refusal;
      const who = whoOf(asked);
      if (status >= 500) onEvent({ kind: "failed", ...who, status, error: extra.cause });
      else onEvent({ kind: "refused", ...who, status, code, message: extra.hint ?? message });
      return refusalAnswer(refusal);
    }
  };
}

/** A request as far as it is understood. */
interface Asked {
  readonly url: URL;
  readonly address: string | undefined;
  /** Set as soon as a key is good. */
  holder: KeyHolder | undefined;
}

interface Posted {
  readonly asked: Asked;
  readonly request: Request;
  readonly book: (answered: Answered, body: Uint8Array) => Promise<Response>;
}

interface Answered {
  readonly asked: Asked;
  readonly holder: KeyHolder;
  readonly request: Request;
}
