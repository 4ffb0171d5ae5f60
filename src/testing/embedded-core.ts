import type { NamePattern } from "../names/match-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import type { EmbeddedCall } from "./answer-call.ts";
import type { EmbeddedInbound, InboundOptions } from "./counted-relay.ts";
import type { Dialect } from "./dialect.ts";
import type { Fault } from "./fault.ts";
import type { Disconnection } from "./listener.ts";
import { RunningCore } from "./running-core.ts";

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

/**
 * A core that runs inside the test. Only `restart` and `close` touch its open inbounds; stops, disconnections and faults
 * are its StatsService's.
 */
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
  /** Reads a counter; `undefined` when there is none. */
  get(name: string): bigint | undefined;
  /** Lists all counters, in the order they were made. */
  counters(): Counter[];
  /**
   * Takes a counter away, as a restart does.
   *
   * @returns Whether there was one.
   */
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
