import { isIP } from "node:net";
import { StatsError } from "../errors/stats-error.ts";
import { formatStatName } from "../names/format-stat-name.ts";
import { createNameMatcher, type NamePattern } from "../names/match-name.ts";
import { parseStatName } from "../names/parse-stat-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import { answerCall, type EmbeddedCall } from "./answer-call.ts";
import { CoreProcess } from "./core-process.ts";
import { type CountedRelay, type EmbeddedInbound, type InboundOptions, openCountedRelay } from "./counted-relay.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { type Fault, FaultQueue } from "./fault.ts";
import { type Disconnection, Listener } from "./listener.ts";
import { servicesOf } from "./stats-service.ts";

/** Options of {@link startEmbeddedCore}. */
export interface EmbeddedCoreOptions {
  /** Which core to imitate, with its traps. */
  readonly dialect: Dialect;
  /**
   * Address to listen on.
   *
   * @defaultValue `"127.0.0.1"`
   */
  readonly host?: string | undefined;
  /**
   * Port to listen on; 0 takes a free one.
   *
   * @defaultValue 0
   */
  readonly port?: number | undefined;
  /** Counters to begin with, such as a `Map` of names to bytes. */
  readonly counters?: Iterable<readonly [name: string, value: bigint]> | undefined;
  /**
   * Milliseconds of a clock that only moves forward; uptime follows it.
   *
   * @defaultValue `performance.now`
   */
  readonly now?: (() => number) | undefined;
  /**
   * What the fourth ping without a call in between brings: `"goaway"` as on real cores (ENHANCE_YOUR_CALM,
   * `too_many_pings`), or `"nothing"`.
   *
   * @defaultValue `"goaway"`
   */
  readonly onFourthPing?: "goaway" | "nothing" | undefined;
}

/** Options of `restart`. */
export interface RestartOptions {
  /**
   * Whether counters of inbounds and outbounds are there again, at 0, from the start; users' are gone in any case.
   *
   * @defaultValue As the real core: true but for sing-box
   */
  readonly keepInbounds?: boolean | undefined;
}

/** A core that runs inside the test. Times and faults apply to the StatsService only, not to open inbounds. */
export interface EmbeddedCore extends AsyncDisposable {
  /** Which core it imitates. */
  readonly dialect: Dialect;
  /** Where it listens, such as `127.0.0.1:41234`. Stays the same for its whole life. */
  readonly address: string;
  /** Calls that reached it, the oldest first; only the latest 10,000 are kept. */
  readonly calls: readonly EmbeddedCall[];

  /**
   * Counts traffic, and makes the counter when there is none.
   *
   * @throws RangeError for negative bytes.
   */
  add(name: string, bytes: bigint): void;
  /**
   * Sets a counter to anything an int64 holds, also what no core would show.
   *
   * @throws RangeError beyond int64.
   */
  set(name: string, value: bigint): void;
  /** @returns A counter's value; `undefined` when there is none. */
  get(name: string): bigint | undefined;
  /** @returns All counters, in the order they were made. */
  counters(): Counter[];
  /** Takes a counter away, as a restart does. @returns Whether there was one. */
  remove(name: string): boolean;
  /**
   * Zeroes counters, as another reader's reset does.
   *
   * @returns What they held.
   */
  foreignReset(pattern?: NamePattern | undefined): Counter[];
  /**
   * Says from where a user is connected (Xray only). An address alone counts as connected now. `127.0.0.1` and `::1` are
   * left out, as Xray does; with no other address the user is known and offline.
   *
   * @throws TypeError on other dialects or for what is not an IP address.
   */
  setOnline(email: string, addresses: Iterable<string | readonly [address: string, since: Date]>): void;

  /**
   * Moves the core's clock forward; fractions are kept.
   *
   * @throws RangeError for a negative time.
   */
  advanceClock(seconds: number): void;
  /**
   * Ends the process and begins a new one: connections break without a word, counters, online maps and uptime start
   * anew, calls that hang are lost. Faults stay.
   */
  restart(options?: RestartOptions | undefined): void;
  /** Closes the port and breaks all connections; the process lives on. For a new one call `restart()` too. */
  stop(): Promise<void>;
  /**
   * Listens again, on the same port.
   *
   * @throws {@link StatsError} `closed` after `close()`. Rejects with Node's error when the port was taken meanwhile.
   */
  start(): Promise<void>;
  /**
   * Ends all connections of clients: with GOAWAY after the calls in progress, or at once by FIN (as V2Ray 4 and 5 do with
   * idle ones) or RST.
   */
  disconnect(how: Disconnection): void;

  /**
   * Lets something go wrong. Each call meets one fault at most: the oldest that fits it.
   *
   * @throws TypeError or RangeError for a fault that cannot be.
   *
   * @example
   * ```ts
   * import { startEmbeddedCore } from "v2ray-stats/testing";
   *
   * await using core = await startEmbeddedCore({ dialect: "xray" });
   * core.fault({ method: "QueryStats", times: 1, cutAfterBytes: 100 }); // killed in the middle of the next answer
   * ```
   */
  fault(fault: Fault): void;
  /** Ends all faults; calls that hang go on. */
  clearFaults(): void;

  /**
   * Opens a TCP port that passes connections on and counts their bytes, for an inbound, an outbound and a user: real
   * traffic that moves counters.
   *
   * @throws TypeError for `splice` on a dialect other than Xray.
   */
  openInbound(options: InboundOptions): Promise<EmbeddedInbound>;

  /** Ends everything: the port, all connections, all inbounds. May be called twice. */
  close(): Promise<void>;
}

const keptCalls = 10_000;
const maxInt64 = 2n ** 63n - 1n;

/**
 * Starts a core for tests: a real gRPC server over HTTP/2 without TLS that answers as V2Ray, Xray or sing-box does, with
 * counters, restarts and faults on command.
 *
 * @returns The running core; end it with `close()` or `await using`.
 *
 * @example
 * ```ts
 * import { startEmbeddedCore } from "v2ray-stats/testing";
 *
 * await using core = await startEmbeddedCore({ dialect: "v2ray5" });
 * core.add("user>>>alice@example.com>>>traffic>>>downlink", 1_000_000n);
 * console.log(core.address); // for the client under test
 * ```
 */
export async function startEmbeddedCore(options: EmbeddedCoreOptions): Promise<EmbeddedCore> {
  const core = new RunningCore(options);
  for (const [name, value] of options.counters ?? []) core.set(name, value);
  await core.start();
  return core;
}

class RunningCore implements EmbeddedCore {
  readonly dialect: Dialect;
  readonly calls: EmbeddedCall[] = [];
  readonly #host: string;
  readonly #faults = new FaultQueue();
  readonly #relays = new Set<CountedRelay>();
  readonly #listener: Listener;
  readonly #now: () => number;
  #advancedMs = 0;
  #process: CoreProcess;
  #closed = false;

  constructor(options: EmbeddedCoreOptions) {
    const { dialect, host = "127.0.0.1", port = 0, now = () => performance.now(), onFourthPing = "goaway" } = options;
    if (!Object.hasOwn(dialects, dialect)) {
      throw new TypeError(`dialect must be one of ${Object.keys(dialects).join(", ")}, not ${dialect}`);
    }
    const rules = dialects[dialect];
    this.dialect = dialect;
    this.#host = host;
    this.#now = () => now() + this.#advancedMs;
    this.#process = new CoreProcess(this.#now);
    const target = {
      rules,
      services: servicesOf(rules),
      faults: this.#faults,
      process: () => this.#process,
      record: (call: EmbeddedCall) => this.#record(call),
    };
    this.#listener = new Listener(host, port, {
      limitsPings: onFourthPing === "goaway",
      takeNoAnswer: () => this.#faults.takeNoAnswer(),
      onStream: (stream, headers, socket) => answerCall(target, stream, headers, socket),
    });
  }

  get address(): string {
    return this.#listener.address;
  }

  add(name: string, bytes: bigint): void {
    checkInt64(bytes, 0n);
    this.#process.add(name, bytes);
  }

  set(name: string, value: bigint): void {
    checkInt64(value, -maxInt64 - 1n);
    this.#process.set(name, value);
  }

  get(name: string): bigint | undefined {
    return this.#process.get(name);
  }

  counters(): Counter[] {
    return this.#process.counters();
  }

  remove(name: string): boolean {
    return this.#process.remove(name);
  }

  foreignReset(pattern?: NamePattern | undefined): Counter[] {
    const matches = createNameMatcher(pattern);
    return this.#process.visit((name) => (matches(name) ? 1 : 0), true);
  }

  setOnline(email: string, addresses: Iterable<string | readonly [address: string, since: Date]>): void {
    if (!dialects[this.dialect].hasOnlineMaps) throw new TypeError(`${this.dialect} has no online maps; only xray has`);
    const map = new Map<string, Date>();
    for (const entry of addresses) {
      const [address, since] = typeof entry === "string" ? [entry, new Date()] : entry;
      const version = isIP(address);
      if (version === 0) throw new TypeError(`not an IP address: ${address}`);
      // Xray writes IPv6 addresses in brackets.
      if (address !== "127.0.0.1" && address !== "::1") map.set(version === 6 ? `[${address}]` : address, since);
    }
    this.#process.online.set(formatStatName({ kind: "online", scope: "user", subject: email }), map);
  }

  advanceClock(seconds: number): void {
    if (!Number.isFinite(seconds) || seconds < 0) throw new RangeError(`seconds must be 0 or more, not ${seconds}`);
    this.#advancedMs += seconds * 1000;
  }

  restart(options: RestartOptions = {}): void {
    const { keepInbounds = dialects[this.dialect].listsTagsFromStart } = options;
    const names = this.#process.counters().map(({ name }) => name);
    this.#process = new CoreProcess(this.#now);
    for (const name of keepInbounds ? names.filter(isOfTag) : []) this.#process.set(name, 0n);
    this.#faults.forgetHung();
    this.#listener.drop();
    for (const relay of this.#relays) relay.drop();
  }

  async stop(): Promise<void> {
    await this.#listener.stop();
  }

  async start(): Promise<void> {
    if (this.#closed) throw new StatsError("closed", `the embedded core at ${this.address} was closed`);
    await this.#listener.start();
  }

  disconnect(how: Disconnection): void {
    this.#listener.disconnect(how);
  }

  fault(fault: Fault): void {
    if (fault.noStats && dialects[this.dialect].noStatsPrefix === undefined) {
      throw new TypeError(`${this.dialect} cannot run without its counters; noStats is for the other dialects`);
    }
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  async openInbound(options: InboundOptions): Promise<EmbeddedInbound> {
    if (options.splice && this.dialect !== "xray")
      throw new TypeError(`${this.dialect} does not splice; only xray does`);
    const { listsTagsFromStart } = dialects[this.dialect];
    const relay = await openCountedRelay(
      { host: this.#host, process: () => this.#process, listsTagsFromStart },
      options,
    );
    this.#relays.add(relay);
    return relay;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#faults.forgetHung();
    await Promise.all([this.stop(), ...Array.from(this.#relays, (relay) => relay.close())]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #record(call: EmbeddedCall): void {
    this.calls.push(call);
    if (this.calls.length > keptCalls) this.calls.shift();
  }
}

function checkInt64(value: bigint, least: bigint): void {
  if (typeof value !== "bigint") throw new TypeError(`a counter holds a bigint, not ${typeof value}`);
  if (value < least || value > maxInt64) throw new RangeError(`${value} is not between ${least} and ${maxInt64}`);
}

/** Whether it is an inbound's or outbound's counter. */
function isOfTag(name: string): boolean {
  const parsed = parseStatName(name);
  return parsed.kind === "traffic" && parsed.scope !== "user";
}
