import { isIP } from "node:net";
import { StatsError } from "../errors/stats-error.ts";
import { formatStatName } from "../names/format-stat-name.ts";
import { createNameMatcher, type NamePattern } from "../names/match-name.ts";
import { parseStatName } from "../names/parse-stat-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import { answerCall, type EmbeddedCall } from "./answer-call.ts";
import { CoreProcess } from "./core-process.ts";
import { type CountedRelay, type EmbeddedInbound, type InboundOptions, openCountedRelay } from "./counted-relay.ts";
import { type Dialect, type DialectRules, dialects } from "./dialect.ts";
import type { EmbeddedCore, EmbeddedCoreOptions, RestartOptions } from "./embedded-core.ts";
import { type Fault, FaultQueue } from "./fault.ts";
import { type Disconnection, Listener } from "./listener.ts";
import { servicesOf } from "./stats-service.ts";

const keptCalls = 10_000;
const maxInt64 = 2n ** 63n - 1n;

/** The one behind the interface. */
export class RunningCore implements EmbeddedCore {
  readonly dialect: Dialect;
  readonly calls: EmbeddedCall[] = [];
  readonly #rules: DialectRules;
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
    this.#rules = rules;
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
      onCall: (call) => answerCall(target, call),
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
    if (!this.#rules.hasOnlineMaps) throw new TypeError(`${this.dialect} has no online maps; only xray has`);
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
    const { keepInbounds = this.#rules.listsTagsFromStart } = options;
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
    if (fault.noStats && this.#rules.noStatsPrefix === undefined) {
      throw new TypeError(`${this.dialect} cannot run without its counters; noStats is for the other dialects`);
    }
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  async openInbound(options: InboundOptions): Promise<EmbeddedInbound> {
    const { listsTagsFromStart, splices } = this.#rules;
    if (options.splice && !splices) throw new TypeError(`${this.dialect} does not splice; only xray does`);
    const owner = { host: this.#host, process: () => this.#process, listsTagsFromStart };
    const relay = await openCountedRelay(owner, options);
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
