import type { HttpHandler, RequestInfo } from "../../http/handler.ts";
import { createRateLimit } from "../../internal/rate-limit.ts";
import { timerMs } from "../../internal/timer-ms.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { assertTimeZone } from "../../usage/buckets.ts";
import { checkOrigins, createAccess, type ManagerApiKey } from "./access.ts";
import { answerJson, answerProblem, type Page, preflight, withOrigin } from "./answers.ts";
import type { ManagerCore } from "./core-readings.ts";
import { HistoryPages } from "./history-bodies.ts";
import { KeyMeter, type KeyRecord } from "./key-meter.ts";
import { KeyReset } from "./key-reset.ts";
import { createProcHost, type ManagerHost } from "./manager-host.ts";
import { Problem } from "./problem.ts";
import { findRoute, type RouteContext } from "./routes.ts";
import { countSharers, findKey, type ManagerKeys, readServedKeys, type ServedKey } from "./served-key.ts";
import { TimedCache } from "./timed-cache.ts";

/** Options of {@link createManagerHandler}. */
export interface ManagerHandlerOptions {
  /** Holds what keys have used; stays open. A collector books into it, here or elsewhere. */
  readonly ledger: Ledger;
  /** The core's name in the ledger. */
  readonly node: string;
  /** Which keys there are; a function is asked with every request. */
  readonly keys: ManagerKeys;
  /** Who may ask; `"none"` answers everybody on this machine, and nobody else. */
  readonly apiKeys: readonly ManagerApiKey[] | "none";
  /**
   * The core itself, for rates, for who is online, and to tell that it is down; a `StatsClient` fits. It is read only.
   *
   * @defaultValue none: rates are left out, and totals are never marked stale
   */
  readonly stats?: ManagerCore | undefined;
  /**
   * Books what the core shows now, or rejects: asked right before a reset, so that the cut is exact, as `drain` of the
   * collector does it.
   *
   * @defaultValue none: what flowed since the collector's last reading counts as new, and resets say `exact: false`
   */
  readonly takeReading?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /**
   * Tells of sockets and interfaces.
   *
   * @defaultValue `/proc/net` of this machine
   */
  readonly host?: ManagerHost | undefined;
  /**
   * Names of the network interfaces that `interface_traffic` sums up.
   *
   * @defaultValue all but the loopback interface
   */
  readonly interfaces?: readonly string[] | undefined;
  /**
   * The zone whose days and months history is told in.
   *
   * @defaultValue `"UTC"`
   */
  readonly timeZone?: string | undefined;
  /**
   * How long an answer about a key is repeated, in milliseconds. Others' requests do not make it longer.
   *
   * @defaultValue 30_000
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * How long a reading of the core, or the booking before a reset, may take, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Requests of one address in a minute; where the address is not told, of all together.
   *
   * @defaultValue 600
   */
  readonly requestsPerMinute?: number | undefined;
  /**
   * Origins whose web pages may ask, such as `https://panel.example`.
   *
   * @defaultValue none
   */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Is told of what the caller only learns as 500, and why nothing was reset. No text of it holds an API key. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** How many answers are kept at most; beyond these the oldest are asked anew. */
const mostPages = 1000;
const mostKeys = 100_000;
/** More callers than these are not told apart any longer than they ask. */
const mostCallers = 10_000;

/**
 * Serves the key manager's traffic API from what a core's counters showed, by way of a ledger: bytes of each key since
 * it was made or reset, through restarts of the core. All generations of the API are answered with the same numbers.
 * Nothing that is asked here touches the core's counters.
 *
 * @throws TypeError or RangeError for options that make no sense.
 *
 * @example
 * ```ts
 * import { openSqliteLedger } from "v2ray-stats/ledger/sqlite";
 * import { createManagerHandler, keysOfConfig } from "v2ray-stats/manager";
 * import { readFile } from "node:fs/promises";
 *
 * const handler = createManagerHandler({
 *   ledger: await openSqliteLedger("usage.db"),
 *   node: "fra-1",
 *   keys: async () => keysOfConfig(await readFile("config.json", "utf8")),
 *   apiKeys: [{ name: "bot", key: process.env.MANAGER_KEY ?? "" }],
 * });
 * console.log((await handler(new Request("http://127.0.0.1/api/traffic/simple"))).status); // 401: without a key
 * ```
 */
export function createManagerHandler(options: ManagerHandlerOptions): HttpHandler {
  const { ledger, node, keys, stats, takeReading, interfaces, onError = () => {} } = options;
  const { timeZone = "UTC", host = createProcHost() } = options;
  const corsOrigins = checkOrigins(options.corsOrigins ?? []);
  if (typeof node !== "string" || node === "") throw new TypeError("node must be the core's name in the ledger");
  assertTimeZone(timeZone);
  const maxAgeMs = timerMs("maxAgeMs", options.maxAgeMs ?? 30_000);
  const timeoutMs = timerMs("timeoutMs", options.timeoutMs ?? 5000);
  const access = createAccess(options.apiKeys);
  const requestsPerMinute = options.requestsPerMinute ?? 600;
  if (!(requestsPerMinute >= 1)) throw new RangeError(`requestsPerMinute must be from 1 on, not ${requestsPerMinute}`);
  const rate = createRateLimit({ perSecond: requestsPerMinute / 60, burst: requestsPerMinute, maxKeys: mostCallers });
  const meter = new KeyMeter({ ledger, node, stats, host, interfaces, timeoutMs });
  const reset = new KeyReset({ ledger, node, totals: meter.totals, takeReading, timeoutMs });
  const records = new TimedCache<KeyRecord>({ maxAgeMs, most: mostKeys });
  const pages = new TimedCache<object>({ maxAgeMs, most: mostPages });
  const history = new HistoryPages(ledger, node, timeZone);

  async function contextOf(url: URL, caller: string): Promise<RouteContext> {
    const served = await readServedKeys(keys);
    const sharersOf = countSharers(served);
    const recordOf = (key: ServedKey): Promise<{ readonly value: KeyRecord; readonly ageMs: number }> =>
      records.get(key.id, () => meter.measure(key, sharersOf));
    return {
      keys: served,
      active: served.filter(({ isActive }) => isActive),
      query: url.searchParams,
      caller,
      timeZone,
      history,
      interfaces: () => meter.interfaces(),
      keyOf(text) {
        const key = findKey(served, text);
        if (key === undefined) throw new Problem(404, "Key not found");
        return key;
      },
      async measured(list, body) {
        const all = await Promise.all(list.map(recordOf));
        const ageMs = all.reduce((most, each) => Math.max(most, each.ageMs), 0);
        return { body: body(all.map(({ value }) => value)), ageMs };
      },
      async kept(question, ask) {
        const { value, ageMs } = await pages.get(question, ask);
        return { body: value, ageMs };
      },
      async reset(key, words) {
        const body = await reset.reset(key, words);
        for (const { id, counter } of served) if (counter.subject === key.counter.subject) records.drop(id);
        return body;
      },
    };
  }

  /** @throws Problem 429 where it is one too many. */
  function countRequest(caller: string): void {
    const { allowed, retryAfterMs } = rate.take(caller);
    if (allowed) return;
    throw new Problem(429, `Rate limit exceeded: ${requestsPerMinute} per 1 minute`, {
      "Retry-After": `${Math.ceil(retryAfterMs / 1000)}`,
    });
  }

  async function answer(request: Request, info: RequestInfo): Promise<Page> {
    const url = new URL(request.url);
    countRequest(info.remoteAddress ?? "");
    const { route, values } = findRoute(request.method, url.pathname);
    if (route.open) return { body: await route.answer(undefined as never, values), kept: false };
    const caller = access.check(request, info.remoteAddress);
    const origin = request.headers.get("origin");
    // A web page may send a POST anywhere: the answer is kept from it, what it does is not.
    if (route.method === "POST" && origin !== null && !corsOrigins.includes(origin))
      throw new Problem(403, "Web pages of this origin may not ask");
    const found = await route.answer(await contextOf(url, caller), values);
    if (route.method === "POST") return { body: found, kept: false };
    return { ...(found as { readonly body: object; readonly ageMs: number }), kept: true };
  }

  return async (request, info = {}) => {
    const origin = request.headers.get("origin");
    const allowed = origin !== null && corsOrigins.includes(origin) ? origin : undefined;
    if (request.method === "OPTIONS" && allowed !== undefined) return preflight(allowed);
    try {
      return withOrigin(answerJson(request, await answer(request, info), maxAgeMs), allowed);
    } catch (error) {
      const failure = error instanceof Problem ? error.cause : error;
      if (failure !== undefined) onError(failure);
      const problem = error instanceof Problem ? error : new Problem(500, "Traffic error: see the server's log");
      return withOrigin(answerProblem(request, problem), allowed);
    }
  };
}
