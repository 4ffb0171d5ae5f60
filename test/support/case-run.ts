import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigTarget } from "../../src/config/target.ts";
import { isStatsError, StatsClient, type StatsErrorCode, type TlsOptions } from "../../src/index.ts";
import type { CaseText } from "../config-cases/rule-case.ts";
import { accepts } from "./accepts.ts";
import { clientJson, userOutbound } from "./case-client.ts";
import { type CaseFiles, checkCommand, coreOf, startCommand, withPorts, writeCase } from "./case-files.ts";
import { type CaseEnd, CaseProcess, type Place } from "./case-process.ts";
import { type ClientTraffic, fetchThrough, type ProxyTraffic } from "./case-traffic.ts";
import { freePorts } from "./free-ports.ts";
import { startCore } from "./real-cores.ts";
import { startTarget, type Target } from "./traffic.ts";
import { until } from "./until.ts";

/** Where else than on port 20000 the API of a case is, and how long to wait for it. */
export interface ApiPlace {
  /** As `StatsClient` takes it; ports may be placeholders, `/case/` is the run's directory. */
  readonly address?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Default: 5000. */
  readonly timeoutMs?: number | undefined;
  /** Default: that of `StatsClient`. */
  readonly retries?: number | undefined;
}

/**
 * One text of a case on its real core. Ports 20000 to 20009 in the text and in every argument here stand for free
 * ports, `/case/` for a directory of the run. All processes end with the run.
 */
export class CaseRun implements AsyncDisposable {
  readonly target: ConfigTarget;
  /** A directory of this run alone: what `/case/` in the text stands for. */
  readonly directory: string;
  readonly #text: CaseText;
  readonly #parts = new AsyncDisposableStack();
  #files: CaseFiles | undefined;
  #core: CaseProcess | undefined;
  #destination: Promise<Target> | undefined;
  readonly #clients = new Map<string, StatsClient>();

  constructor(target: ConfigTarget, text: CaseText) {
    this.target = target;
    this.#text = text;
    this.directory = mkdtempSync(join(tmpdir(), "v2ray-stats-case-"));
    this.#parts.defer(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  /** What the core's own check says of the text. */
  async check(): Promise<CaseEnd> {
    const { words } = await this.#write();
    const [command, args] = checkCommand(this.target, words);
    const check = this.#own(new CaseProcess(command, args));
    return check.end();
  }

  /**
   * Starts the core and waits until it listens.
   *
   * @param listens - The ports and sockets to wait for, 20000 by default; where none is given, for the core's own word.
   * @returns How it ended, where it did not come to that.
   */
  async start(listens: readonly Place[] = [20000]): Promise<"listening" | CaseEnd> {
    const outcome = await this.#startOnce(listens);
    // Another process may have taken a port; where the text itself is to blame it fails again.
    if (outcome === "listening" || !/address already in use/i.test(outcome.output)) return outcome;
    this.#files = undefined;
    return this.#startOnce(listens);
  }

  async #startOnce(listens: readonly Place[]): Promise<"listening" | CaseEnd> {
    const { words } = await this.#write();
    const [command, args] = startCommand(this.target, words);
    this.#core = this.#own(new CaseProcess(command, args));
    return this.#core.listening(
      listens.map((place) => this.#place(place)),
      this.target !== "sing-box",
    );
  }

  /** Starts the core; rejects with what it printed where it does not come to listen. */
  async startsWell(listens?: readonly Place[]): Promise<void> {
    const outcome = await this.start(listens);
    if (outcome !== "listening") throw new Error(`it ended with code ${outcome.exitCode}:\n${outcome.output}`);
  }

  /** Waits for the started core to end by itself. */
  ended(): Promise<CaseEnd> {
    return this.#started().end();
  }

  /** All that the started core has printed. */
  output(): string {
    return this.#started().output;
  }

  /** Ends the started core, in peace by default. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.#started().kill(signal);
  }

  /** The free port behind a placeholder of the text. */
  port(placeholder: number): number {
    const port = this.#files?.ports.get(placeholder);
    if (port === undefined) throw new RangeError(`port ${placeholder} is not in the text, or nothing was started`);
    return port;
  }

  /** Whether a port or socket accepts connections now. */
  accepts(place: Place): Promise<boolean> {
    return accepts(this.#place(place));
  }

  /** A client of the API, closed with the run. */
  client(api: ApiPlace = {}): StatsClient {
    const { address = "127.0.0.1:20000", tls, timeoutMs = 5000, retries = 2 } = api;
    const place = JSON.stringify([this.#replaced(address), tls, timeoutMs, retries]);
    const known = this.#clients.get(place);
    if (known !== undefined) return known;
    const client = this.#parts.use(new StatsClient(this.#replaced(address), { timeoutMs, tls, retries }));
    this.#clients.set(place, client);
    return client;
  }

  /** "answers", or the code of the error that a snapshot of the API ends with. */
  async apiOutcome(api: ApiPlace = {}): Promise<"answers" | StatsErrorCode> {
    try {
      // Of 500 starts of V2Ray one did not answer at once.
      await this.client({ retries: 1, ...api }).snapshot();
      return "answers";
    } catch (error) {
      if (isStatsError(error)) return error.code;
      throw error;
    }
  }

  /** All counters by their names. */
  async counters(api: ApiPlace = {}): Promise<ReadonlyMap<string, bigint>> {
    const counters = await this.client(api).query();
    return new Map(counters.map(({ name, value }) => [name, value]));
  }

  /** All counters as soon as each of `names` is above zero: some cores book late. Rejects after 30 s. */
  async countersWith(names: readonly string[], api: ApiPlace = {}): Promise<ReadonlyMap<string, bigint>> {
    let counters: ReadonlyMap<string, bigint> = new Map();
    const missing = (): string[] => names.filter((name) => (counters.get(name) ?? 0n) === 0n);
    try {
      await until(async () => {
        counters = await this.counters(api);
        return missing().length === 0;
      });
    } catch (error) {
      throw new Error(`still at zero: ${missing().join(", ")}; there are ${[...counters.keys()].join(", ")}`, {
        cause: error,
      });
    }
    return counters;
  }

  /** Carries bytes through a socks or http inbound of the core; rejects where they do not come. */
  async traffic(traffic: ProxyTraffic): Promise<void> {
    await fetchThrough({ ...traffic, port: this.port(traffic.port) }, await this.#target());
  }

  /** Carries bytes as a user of the core, through a client core of the same kind; rejects where they do not come. */
  async clientTraffic({ user, outbound, bytes }: ClientTraffic): Promise<void> {
    const kind = coreOf(this.target);
    const wanted = user === undefined ? outbound : userOutbound(kind, user);
    if (wanted === undefined) throw new TypeError("clientTraffic needs a user or an outbound");
    const ready = JSON.parse(this.#replaced(JSON.stringify(wanted)));
    let socks = 0;
    await using _client = await startCore(kind, async () => {
      ({ socks } = await freePorts("socks"));
      return { json: clientJson(kind, socks, ready), apiAddress: "none", listens: [socks] };
    });
    await fetchThrough({ via: "socks", port: socks, bytes }, await this.#target());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  async #write(): Promise<CaseFiles> {
    this.#files ??= await writeCase(this.target, this.#text, this.directory);
    return this.#files;
  }

  #own(core: CaseProcess): CaseProcess {
    this.#parts.defer(() => core.kill());
    return core;
  }

  #started(): CaseProcess {
    if (this.#core === undefined) throw new Error("the core was not started");
    return this.#core;
  }

  #target(): Promise<Target> {
    this.#destination ??= startTarget().then((target) => this.#parts.use(target));
    return this.#destination;
  }

  #place(place: Place): Place {
    if (typeof place === "string") return this.#replaced(place);
    return place >= 20_000 && place <= 20_009 ? this.port(place) : place;
  }

  #replaced(text: string): string {
    return withPorts(text, this.#files?.ports ?? new Map()).replaceAll("/case/", `${this.directory}/`);
  }
}
