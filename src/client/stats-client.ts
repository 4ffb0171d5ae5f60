import { StatsError } from "../errors/stats-error.ts";
import { currentInstant, currentReader } from "../internal/reading-clock.ts";
import { timerMs } from "../internal/timer-ms.ts";
import type { TlsOptions } from "../internal/tls-options.ts";
import { createNameMatcher, type NamePattern } from "../names/match-name.ts";
import { parseStatName } from "../names/parse-stat-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import type { Delta } from "../snapshot/delta.ts";
import { sysFits } from "../snapshot/epoch.ts";
import type { SysStats } from "../snapshot/evidence.ts";
import { createSnapshot, type Snapshot } from "../snapshot/snapshot.ts";
import { checkName } from "./check-name.ts";
import { Connection } from "./connection.ts";
import { type CallOptions, type Deadline, startDeadline } from "./deadline.ts";
import { type Detection, detectCore } from "./detect.ts";
import { parseEndpoint } from "./endpoint.ts";
import { type ResetSelection, resetByName, resetMatcher } from "./reset-counters.ts";
import { retryRead } from "./retry.ts";
import { StatsCalls } from "./stats-calls.ts";
import { type WatchOptions, watchCore } from "./watch.ts";

/** Options of {@link StatsClient}. */
export interface StatsClientOptions {
  /** For an `https://` address: whom to trust and who we are. */
  readonly tls?: TlsOptions | undefined;
  /**
   * How long an operation may take where the call does not say, retries included.
   *
   * @defaultValue 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How often a read is tried again where the connection broke, was refused or led nowhere. Resets never are.
   *
   * @defaultValue 2
   */
  readonly retries?: number | undefined;
  /**
   * Largest answer to take, in bytes; about 60 are needed for a counter.
   *
   * @defaultValue no limit
   */
  readonly maxBytes?: number | undefined;
}

/** Options of {@link StatsClient.query}. */
export interface QueryOptions extends CallOptions {
  /** Only counters it means; several texts or an expression cost as much as all counters. */
  readonly pattern?: NamePattern | undefined;
}

/** An address a user is online from. */
export interface OnlineIp {
  /** IPv4 or IPv6, without brackets. */
  readonly ip: string;
  /** When its latest connection began; later traffic does not move it. */
  readonly connectedAt: Date;
}

const readingAttempts = 5;

/**
 * Reads the traffic counters of a running V2Ray 4, V2Ray 5, Xray or sing-box.
 *
 * It connects when first needed and again whenever the connection is gone, goes through no proxy, and keeps no process
 * alive while idle. All methods reject with a {@link StatsError} that says what failed, on what, and what to do, or
 * with the reason of an aborted `signal`.
 *
 * @example
 * ```ts
 * import { StatsClient } from "v2ray-stats";
 *
 * await using core = new StatsClient("127.0.0.1:10085");
 * for (const { subject, uplink, downlink } of (await core.snapshot()).users()) {
 *   console.log(subject, uplink, downlink);
 * }
 * ```
 */
export class StatsClient implements AsyncDisposable {
  /** The core's address as it was given. */
  readonly address: string;
  readonly #connection: Connection;
  readonly #calls: StatsCalls;
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #closing = new AbortController();
  #detected: { readonly session: object | undefined; readonly detection: Detection } | undefined;

  /**
   * @param address `host:port`, `unix:/path`, `unix:@abstract`, or `https://host:port` for a TLS front.
   * @throws TypeError where the address is none of these, RangeError where an option is out of range.
   */
  constructor(address: string, options: StatsClientOptions = {}) {
    const { tls, timeoutMs = 10_000, retries = 2, maxBytes } = options;
    const endpoint = parseEndpoint(address, tls);
    if (!Number.isInteger(retries) || retries < 0)
      throw new RangeError(`retries must be a whole number, not ${retries}`);
    if (maxBytes !== undefined && !(typeof maxBytes === "number" && maxBytes > 0))
      throw new RangeError(`maxBytes must be above zero, not ${maxBytes}`);
    this.address = endpoint.name;
    this.#timeoutMs = timerMs("timeoutMs", timeoutMs);
    this.#retries = retries;
    this.#connection = new Connection(endpoint, maxBytes);
    this.#calls = new StatsCalls(this.#connection, endpoint.name);
  }

  /** Finds out which core answers and what it can do; asked once for each connection, then remembered. */
  async detect(options: CallOptions = {}): Promise<Detection> {
    const deadline = this.#start(options);
    return this.#read(() => this.#detect(deadline), deadline);
  }

  /**
   * Reads one counter.
   *
   * @returns `undefined` where the core has no such counter: users have theirs from their first connection on.
   */
  async get(name: string, options: CallOptions = {}): Promise<Counter | undefined> {
    checkName(name);
    const deadline = this.#start(options);
    const answer = await this.#read(() => this.#calls.getStats(name, deadline), deadline);
    if (answer.kind === "found") return { name, value: answer.value };
    // Without statistics nothing is ever found.
    await this.#assertStats(deadline);
    return undefined;
  }

  /** Reads the counters a pattern means, or all; in no particular order. Safe on every core: nothing is zeroed. */
  async query(options: QueryOptions = {}): Promise<Counter[]> {
    const { pattern = "" } = options;
    const matches = createNameMatcher(pattern);
    const deadline = this.#start(options);
    const columns = await this.#read(
      () => this.#calls.queryStats(typeof pattern === "string" ? pattern : "", deadline),
      deadline,
    );
    // A core that ignores the pattern answers with everything.
    return columns.toArray().filter(({ name }) => matches(name));
  }

  /** Reads all counters with the evidence of one life of the core: read again where it restarted meanwhile. */
  async snapshot(options: CallOptions = {}): Promise<Snapshot> {
    const deadline = this.#start(options);
    return this.#read(() => this.#readSnapshot(deadline), deadline);
  }

  /**
   * Zeroes counters, name by name, and never more than asked. Whoever else counts on them loses what they held: a
   * ledger needs no resets. A core zeroes several thousand a second: large tables need a longer `timeoutMs`.
   *
   * @returns What they held.
   * @throws TypeError where a pattern or a name is empty, before anything is sent.
   * @throws {@link ResetError} where it stopped on the way: with what was zeroed, and what may have been.
   */
  async resetCounters(selection: ResetSelection, options: CallOptions = {}): Promise<Counter[]> {
    const deadline = this.#start(options);
    const meant = resetMatcher(selection);
    if ("names" in selection && selection.names !== undefined) {
      const counters = await resetByName(this.#calls, selection.names, deadline);
      // Without statistics nothing is ever found.
      if (counters.length === 0 && selection.names.length > 0) await this.#assertStats(deadline);
      return counters;
    }
    const columns = await this.#read(() => this.#calls.queryStats("", deadline), deadline);
    const names = columns.toArray().map(({ name }) => name);
    return resetByName(this.#calls, names.filter(meant), deadline);
  }

  /** Reads the figures of the core's Go runtime; works without statistics, too. */
  async sysStats(options: CallOptions = {}): Promise<SysStats> {
    const deadline = this.#start(options);
    return this.#read(() => this.#calls.getSysStats(deadline), deadline);
  }

  /**
   * The e-mails of all users online now. Only Xray since 26.1.13, for users whose level has `statsUserOnline`;
   * connections from the core's own machine never count.
   *
   * @throws {@link StatsError} `unsupported` on other cores.
   */
  async onlineUsers(options: CallOptions = {}): Promise<string[]> {
    const deadline = this.#start(options);
    await this.#assertCapability("onlineUsers", "Xray 26.1.13 or newer", deadline);
    const names = await this.#read(() => this.#calls.getAllOnlineUsers(deadline), deadline);
    return names.map((text) => {
      const name = parseStatName(text);
      return name.kind === "online" ? name.subject : text;
    });
  }

  /**
   * The addresses a user is online from. Only Xray since 25.2.18, see `onlineUsers`.
   *
   * @returns Empty where the user is offline or unknown.
   * @throws {@link StatsError} `unsupported` on other cores.
   */
  async onlineIps(email: string, options: CallOptions = {}): Promise<OnlineIp[]> {
    checkName(email);
    const deadline = this.#start(options);
    await this.#assertCapability("onlineIps", "Xray 25.2.18 or newer", deadline);
    const name = `user>>>${email}>>>online`;
    const ips = await this.#read(() => this.#calls.getStatsOnlineIpList(name, deadline), deadline);
    return Array.from(ips ?? [], ([address, seconds]) => {
      // Xray writes IPv6 addresses in brackets.
      return { ip: address.replace(/[[\]]/g, ""), connectedAt: new Date(Number(seconds) * 1000) };
    });
  }

  /**
   * Reads again and again and says each time what moved. Survives restarts and outages: every item is a delta, its
   * `state` tells. The first comes one interval after the first reading. Ends when the client is closed, rejects with
   * the signal's reason when it is aborted; `break` leaves nothing running.
   */
  watch(options: WatchOptions = {}): AsyncGenerator<Delta, void, undefined> {
    return watchCore(
      (signal) => this.snapshot({ signal, timeoutMs: options.timeoutMs }),
      this.#closing.signal,
      options,
    );
  }

  /** Ends every call and watch and closes the connection; may be called twice. */
  async close(): Promise<void> {
    const advice = "Make a new StatsClient.";
    this.#closing.abort(new StatsError("closed", `the client for ${this.address} is closed`, { advice }));
    this.#connection.close();
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(options: CallOptions): Deadline {
    this.#closing.signal.throwIfAborted();
    return startDeadline(options, this.#timeoutMs);
  }

  #read<Answer>(read: () => Promise<Answer>, deadline: Deadline): Promise<Answer> {
    return retryRead(read, this.#retries, deadline, this.#closing.signal);
  }

  async #readSnapshot(deadline: Deadline): Promise<Snapshot> {
    for (let attempt = 0; ; attempt++) {
      // Side by side: the reading does not depend on the kind, only its evidence does.
      const [{ kind }, reading] = await Promise.all([this.#detect(deadline), this.#readOnce(deadline)]);
      const { columns, session, ...evidence } = reading;
      // A core that restarts drops its connections; one behind a front shows by its figures.
      const sameSession = session === this.#connection.session && session === this.#detected?.session;
      if (sameSession && sysFits(evidence.sysBefore, evidence.sysAfter)) {
        const endpoint = this.address;
        return createSnapshot(columns, { origin: "core", ...currentReader(), endpoint, kind, ...evidence });
      }
      if (attempt === readingAttempts) throw this.#restless();
    }
  }

  async #readOnce(deadline: Deadline) {
    const started = currentInstant();
    const sysBefore = await this.#calls.getSysStats(deadline);
    const { session } = this.#connection;
    const columns = await this.#calls.queryStats("", deadline);
    const sysAfter = await this.#calls.getSysStats(deadline);
    return { columns, session, started, ended: currentInstant(), sysBefore, sysAfter };
  }

  async #detect(deadline: Deadline): Promise<Detection> {
    const known = this.#detected;
    if (known !== undefined && known.session === this.#connection.session) return known.detection;
    const detection = await detectCore(this.#calls, deadline);
    this.#detected = { session: this.#connection.session, detection };
    return detection;
  }

  async #assertStats(deadline: Deadline): Promise<void> {
    const { capabilities } = await this.#read(() => this.#detect(deadline), deadline);
    if (!capabilities.stats) throw this.#statsDisabled();
  }

  async #assertCapability(capability: "onlineUsers" | "onlineIps", needs: string, deadline: Deadline): Promise<void> {
    const { kind, capabilities } = await this.#read(() => this.#detect(deadline), deadline);
    if (!capabilities[capability]) {
      throw new StatsError("unsupported", `the core at ${this.address} (${kind}) does not tell who is online`, {
        advice: `This needs ${needs} with "statsUserOnline": true in the user's policy level.`,
      });
    }
    if (!capabilities.stats) throw this.#statsDisabled();
  }

  #statsDisabled(): StatsError {
    return new StatsError("stats-disabled", `the core at ${this.address} keeps no statistics`, {
      advice: 'Add "stats": {} to its configuration, and the flags under policy.',
    });
  }

  #restless(): StatsError {
    return new StatsError("connection-lost", `the core at ${this.address} restarts again and again`, {
      advice: "Look at the core's own log.",
    });
  }
}
