import type { GenericSchema } from "valibot";
import { timerMs } from "../../internal/timer-ms.ts";
import { ManagerError } from "../manager-error.ts";
import {
  cleanupSchema,
  dailySchema,
  historySchema,
  keyHistorySchema,
  keyMonthlySchema,
  monthlySchema,
} from "../schemas/history-answers.ts";
import {
  type BodySchema,
  keySchemas,
  listSchemas,
  resetSchema,
  statusSchema,
  summarySchema,
} from "../schemas/traffic-answers.ts";
import type {
  DailyTraffic,
  HistoryCleanup,
  KeyMonthlyTraffic,
  KeyTrafficHistory,
  MonthlyTraffic,
  TrafficHistory,
} from "../traffic-history.ts";
import type {
  KeyTrafficStats,
  ManagerAnswer,
  ManagerGeneration,
  ManagerTrafficAnswer,
  SystemSummary,
  TrafficReset,
  TrafficStats,
  TrafficStatus,
} from "../traffic-stats.ts";
import { checkDate, checkId, checkMonth, checkWhole } from "./check-arguments.ts";
import { runWithDeadline } from "./deadline.ts";
import { GenerationWalk } from "./generation-walk.ts";
import { LastGood } from "./last-good.ts";
import { type ManagerConnection, type ManagerRequest, showRequest } from "./manager-connection.ts";
import {
  checkClientOptions,
  type ManagerCallOptions,
  type ManagerClientOptions,
  type ManagerLogger,
  type ManagerResetOptions,
} from "./manager-options.ts";
import { requestTo, routes } from "./routes.ts";

/** Sends one request of a call. */
type Ask = <Body>(request: ManagerRequest, schema: GenericSchema<unknown, Body>) => Promise<Body>;

/** An answer without what the client alone knows of it. */
type Bare<Answer> = Omit<Answer, "receivedAt" | "stale">;

/**
 * Reads the per-key traffic of a key manager, whichever generation of its API the server speaks.
 *
 * A read asks `simple` first and goes on to the older generations, then to the newest, only where the server has no
 * such endpoint (404, 405, 501); what answered is remembered and told in the result. Every other failure is thrown as a
 * {@link ManagerError}, or an abort's own reason. Nothing is read from memory unless `stale` asks for it.
 *
 * @example
 * ```ts
 * import { ManagerClient } from "v2ray-stats/manager";
 *
 * const manager = new ManagerClient("https://panel.example:8000", { apiKey: process.env.MANAGER_KEY ?? "" });
 * const { keys, estimated } = await manager.getTrafficStats();
 * for (const each of keys) {
 *   if (each.kind === "traffic") console.log(each.key.uuid, each.totalBytes, estimated ? "(a guess)" : "");
 *   else console.warn(each.key.uuid, each.error);
 * }
 * ```
 */
export class ManagerClient {
  /** The address that is asked, ending in `/api`. */
  readonly address: string;
  readonly #connection: ManagerConnection;
  readonly #walk: GenerationWalk;
  readonly #lastGood: LastGood | undefined;
  readonly #logger: ManagerLogger | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;

  /**
   * @param address `https://host:port`; `/api` is added where the path does not end in it.
   * @throws TypeError or RangeError where the address or an option makes no sense.
   */
  constructor(address: string | URL, options: ManagerClientOptions) {
    const checked = checkClientOptions(address, options);
    this.address = checked.address;
    this.#connection = checked.connection;
    this.#logger = options.logger;
    this.#signal = options.signal;
    this.#timeoutMs = checked.timeoutMs;
    this.#lastGood = options.stale && new LastGood(timerMs("stale.maxAgeMs", options.stale.maxAgeMs));
    this.#walk = new GenerationWalk(checked.generations, checked.connection.failures, (fallback) => {
      this.#logger?.warn(`${fallback.error.message}; going on to ${fallback.to}`);
      options.onFallback?.(fallback);
    });
  }

  /** The generation that answered last; `undefined` before the first answer. */
  get generation(): ManagerGeneration | undefined {
    return this.#walk.known;
  }

  /**
   * Reads the traffic of all keys.
   *
   * @throws ManagerError `unsupported` also from the newest servers, which tell one key at a time only.
   */
  async getTrafficStats(options: ManagerCallOptions = {}): Promise<TrafficStats> {
    return this.#read<TrafficStats>("list", options, (ask) =>
      this.#walk.read((generation) => ask(requestTo("GET", routes[generation].list), listSchemas[generation])),
    );
  }

  /**
   * Reads the traffic of one key.
   *
   * @param id The key's id. Generations `port-exact` and `exact` also know a key by its uuid, the others do not.
   * @returns `undefined` where the server knows no such key.
   */
  async getKeyTrafficStats(id: string, options: ManagerCallOptions = {}): Promise<KeyTrafficStats | undefined> {
    checkId(id);
    return orMissing(
      this.#read<KeyTrafficStats>(`key ${id}`, options, (ask) =>
        this.#walk.read((generation) => ask(requestTo("GET", routes[generation].key, { id }), keySchemas[generation])),
      ),
    );
  }

  /**
   * Asks the server to start a key's numbers anew. Never falls back and is never repeated: the same path forgets an
   * estimate on one generation and the whole ledger on another. On `simple` the estimate starts again, for all keys; on
   * `exact` the server says so and does nothing; on `newest` its ledger of the key is zeroed.
   *
   * @throws ManagerError `refused` where the server did not do it, `unknown-key` where it knows no such key.
   */
  async resetKeyTraffic(id: string, options: ManagerResetOptions = {}): Promise<TrafficReset> {
    const { generation = "simple", ...callOptions } = options;
    if (!Object.hasOwn(routes, generation)) throw new TypeError(`no generation: ${generation}`);
    const request = requestTo("POST", routes[generation].reset, { id: checkId(id) });
    const body = await this.#call(callOptions, (ask) => ask(request, resetSchema));
    this.#lastGood?.forget("list");
    this.#lastGood?.forget(`key ${id}`);
    return { ...body, generation };
  }

  /** Reads what the server booked for all keys since it began; servers 2.1.0 to 2.3.2. */
  async getTrafficHistory(options: ManagerCallOptions = {}): Promise<TrafficHistory> {
    return this.#beside<TrafficHistory>(requestTo("GET", "/traffic/history"), historySchema, options);
  }

  /**
   * Reads what the server booked for one key since it began; servers 2.1.0 to 2.3.2.
   *
   * @returns `undefined` where the server knows no such key.
   */
  async getKeyTrafficHistory(id: string, options: ManagerCallOptions = {}): Promise<KeyTrafficHistory | undefined> {
    const request = requestTo("GET", "/keys/{id}/traffic/history", { id: checkId(id) });
    return orMissing(this.#beside<KeyTrafficHistory>(request, keyHistorySchema, options));
  }

  /**
   * Reads what the server booked for all keys on a day; servers 2.1.0 to 2.3.2.
   *
   * @param date `YYYY-MM-DD`, a day in the server's zone.
   */
  async getDailyTraffic(date: string, options: ManagerCallOptions = {}): Promise<DailyTraffic> {
    return this.#beside<DailyTraffic>(requestTo("GET", `/traffic/daily/${checkDate(date)}`), dailySchema, options);
  }

  /**
   * Reads what the server booked for all keys in a month; servers 2.1.0 to 2.3.2.
   *
   * @param yearMonth `YYYY-MM`, a month in the server's zone.
   */
  async getMonthlyTraffic(yearMonth: string, options: ManagerCallOptions = {}): Promise<MonthlyTraffic> {
    const request = requestTo("GET", "/traffic/monthly", { query: { year_month: checkMonth(yearMonth) } });
    return this.#beside<MonthlyTraffic>(request, monthlySchema, options);
  }

  /**
   * Reads what the server booked for one key in a month; servers 2.1.0 to 2.3.2.
   *
   * @param yearMonth `YYYY-MM`, a month in the server's zone.
   * @returns `undefined` where the server knows no such key.
   */
  async getKeyMonthlyTraffic(
    id: string,
    yearMonth: string,
    options: ManagerCallOptions = {},
  ): Promise<KeyMonthlyTraffic | undefined> {
    const query = { year_month: checkMonth(yearMonth) };
    const request = requestTo("GET", "/keys/{id}/traffic/monthly", { id: checkId(id), query });
    return orMissing(this.#beside<KeyMonthlyTraffic>(request, keyMonthlySchema, options));
  }

  /**
   * Asks the server to forget what it booked for a key; servers 2.1.0 to 2.3.2.
   *
   * @throws ManagerError `refused` where the server did not do it, `unknown-key` where it knows no such key.
   */
  async resetKeyHistory(id: string, options: ManagerCallOptions = {}): Promise<TrafficReset> {
    const request = requestTo("POST", "/keys/{id}/traffic/history/reset", { id: checkId(id) });
    const body = await this.#call(options, (ask) => ask(request, resetSchema));
    return { ...body, generation: "simple" };
  }

  /**
   * Asks the server to forget what it booked before the last days; servers 2.1.0 to 2.3.2.
   *
   * @param daysToKeep A whole number from 1 on.
   */
  async cleanUpHistory(daysToKeep: number, options: ManagerCallOptions = {}): Promise<HistoryCleanup> {
    const query = { days_to_keep: `${checkWhole("daysToKeep", daysToKeep)}` };
    return this.#call(options, (ask) => ask(requestTo("POST", "/traffic/history/cleanup", { query }), cleanupSchema));
  }

  /** Reads the server's own page of all keys; many servers fail at it as soon as a key is active. */
  async getTrafficStatus(options: ManagerCallOptions = {}): Promise<TrafficStatus> {
    return this.#beside<TrafficStatus>(requestTo("GET", "/traffic/status"), statusSchema, options);
  }

  /** Reads what the host's interfaces carried; servers from 2.0.0 on fail at it. */
  async getSystemSummary(options: ManagerCallOptions = {}): Promise<SystemSummary> {
    const request = requestTo("GET", "/system/traffic/summary");
    return this.#read<SystemSummary>("summary", options, (ask) => ask(request, summarySchema));
  }

  /** An endpoint that stands beside `simple`, and in no other generation. */
  #beside<Answer extends ManagerTrafficAnswer>(
    request: ManagerRequest,
    schema: BodySchema<Answer>,
    options: ManagerCallOptions,
  ): Promise<Answer> {
    return this.#read<Answer>(request.path, options, async (ask) => {
      const body = await ask(request, schema);
      return { ...body, generation: "simple" } as unknown as Bare<Answer>;
    });
  }

  /** A read, whose last good answer may stand in for it. */
  async #read<Answer extends ManagerAnswer>(
    question: string,
    options: ManagerCallOptions,
    work: (ask: Ask) => Promise<Bare<Answer>>,
  ): Promise<Answer> {
    try {
      const bare = await this.#call(options, work);
      const answer = { ...bare, receivedAt: new Date(), stale: undefined } as unknown as Answer;
      this.#lastGood?.keep(question, answer);
      return answer;
    } catch (error) {
      const old = error instanceof ManagerError ? this.#lastGood?.instead<Answer>(question, error) : undefined;
      if (old === undefined) throw error;
      this.#logger?.warn(`serving an answer that is ${Math.round(old.stale?.ageMs ?? 0)} ms old`);
      return old;
    }
  }

  async #call<Result>(options: ManagerCallOptions, work: (ask: Ask) => Promise<Result>): Promise<Result> {
    if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
    const timeoutMs = timerMs("timeoutMs", options.timeoutMs ?? this.#timeoutMs);
    let current = "";
    const timedOut = (): Error => this.#connection.failures.timeout(current, timeoutMs);
    try {
      return await runWithDeadline(timeoutMs, [this.#signal, options.signal], timedOut, (signal) =>
        work((request, schema) => {
          current = showRequest(request);
          return this.#connection.ask(request, schema, signal);
        }),
      );
    } catch (error) {
      if (error instanceof ManagerError) this.#logger?.warn(error.message, error);
      throw error;
    }
  }
}

/** A key that the server does not know is a missing thing, not a failure. */
async function orMissing<Answer>(reading: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ManagerError && error.reason === "unknown-key") return undefined;
    throw error;
  }
}
