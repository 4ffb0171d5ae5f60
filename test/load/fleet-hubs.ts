import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatKeyFile } from "../../src/inform/keys/key-file.ts";
import { makeKey } from "../../src/inform/keys/make-key.ts";
import { freePorts } from "../support/free-ports.ts";
import { type RunningCli, startCli } from "../support/running-cli.ts";
import { until } from "../support/until.ts";

/** Options of {@link FleetHubs.start}. */
export interface FleetHubsOptions {
  readonly count: number;
  readonly db: string;
  /** Who may send. */
  readonly nodes: readonly string[];
  /** Where the file of keys is written. */
  readonly directory: string;
  readonly longestLifeMs?: number | undefined;
}

/** Hubs on one database, each a process of its own that keeps its port when it is killed and comes back. */
export class FleetHubs implements AsyncDisposable {
  /** Keys by node. */
  readonly keys: ReadonlyMap<string, string>;
  /** The key of who asks for totals. */
  readonly totalsKey: string;
  readonly #options: FleetHubsOptions;
  readonly #keyFile: string;
  readonly #ports: readonly number[];
  readonly #running: RunningCli[] = [];

  static async start(options: FleetHubsOptions): Promise<FleetHubs> {
    const names = Array.from({ length: options.count }, (_, at) => `hub${at}`);
    const hubs = new FleetHubs(options, Object.values(await freePorts(...names)));
    // The first one alone makes the tables.
    for (let at = 0; at < options.count; at++) await hubs.#start(at);
    return hubs;
  }

  private constructor(options: FleetHubsOptions, ports: readonly number[]) {
    const made = options.nodes.map((node) => [node, makeKey(node, ["usage"])] as const);
    const panel = makeKey("panel", ["totals"]);
    this.totalsKey = panel.text;
    this.keys = new Map(made.map(([node, { text }]) => [node, text]));
    this.#options = options;
    this.#ports = ports;
    this.#keyFile = join(options.directory, "keys.json");
    writeFileSync(this.#keyFile, formatKeyFile({ keys: [panel.key, ...made.map(([, { key }]) => key)], secrets: [] }));
  }

  get count(): number {
    return this.#options.count;
  }

  get pids(): readonly number[] {
    return this.#running.map(({ pid }) => pid);
  }

  /** Where one of them answers, when it is there. */
  url(at: number): string {
    return `http://127.0.0.1:${this.#ports[at]}`;
  }

  /** Kills one, and waits until it is back. */
  async kill(at: number): Promise<void> {
    await this.#running[at]?.end("SIGKILL");
    await this.#start(at);
  }

  async #start(at: number): Promise<void> {
    const { db, longestLifeMs } = this.#options;
    const where = ["--listen", `127.0.0.1:${this.#ports[at]}`, "--db", db, "--key-file", this.#keyFile, "--quiet"];
    const hub = startCli(["inform", "receive", ...where], { longestLifeMs });
    this.#running[at] = hub;
    await until(
      () =>
        fetch(`${this.url(at)}/v1/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      60_000,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((hub) => hub[Symbol.asyncDispose]()));
  }
}
