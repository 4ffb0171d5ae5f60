import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { type CorpusFile, corpusFiles } from "../config-corpus/corpus.ts";
import type { CorpusEntry, CorpusTraffic } from "../config-corpus/corpus-entry.ts";
import { coreOf } from "./case-files.ts";
import type { CaseEnd } from "./case-process.ts";
import { CaseRun } from "./case-run.ts";
import type { Certificates } from "./certificates.ts";
import { startCore } from "./real-cores.ts";
import { until } from "./until.ts";

/** An entry of the corpus on its real core, as it is or with other texts. Everything ends with the run. */
export class CorpusRun implements AsyncDisposable {
  readonly #entry: CorpusEntry;
  readonly #case: CaseRun;
  readonly #parts = new AsyncDisposableStack();

  constructor(entry: CorpusEntry, certificates: Certificates, files: readonly CorpusFile[] = corpusFiles(entry)) {
    this.#entry = entry;
    this.#case = this.#parts.use(new CaseRun(entry.target, files));
    const { ca, server } = certificates;
    const names = { "ca.pem": ca.certificateFile, "cert.pem": server.certificateFile, "key.pem": server.keyFile };
    for (const [name, path] of Object.entries(names)) copyFileSync(path, join(this.#case.directory, name));
  }

  /** What the core's own check says. */
  check(): Promise<CaseEnd> {
    return this.#case.check();
  }

  /** Starts the core and the far side, and carries all traffic of the entry through it. */
  async carryTraffic(apiPort?: number): Promise<void> {
    const { traffic = [], peers = [] } = this.#entry;
    const ports = new Set([...traffic.map(portOf), ...(apiPort === undefined ? [] : [apiPort])]);
    await this.#case.startsWell([...ports]);
    if (peers.length > 0) await this.#startPeers(peers);
    for (const each of traffic) {
      if ("via" in each) await this.#case.traffic(each);
      else await this.#case.clientTraffic(each);
    }
  }

  /** Whose counters there are, each with its bytes of both directions, as soon as all of `moves` have some. */
  async subjects(apiPort: number, moves: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    let sums = new Map<string, bigint>();
    const waiting = (): string[] => moves.filter((subject) => (sums.get(subject) ?? 0n) === 0n);
    try {
      await until(async () => {
        sums = sumsOf(await this.#case.counters({ address: `127.0.0.1:${apiPort}` }));
        return waiting().length === 0;
      }, 10_000);
    } catch (error) {
      throw new Error(`${waiting().join(", ")} did not move; there are ${[...sums.keys()].join(", ")}`, {
        cause: error,
      });
    }
    return sums;
  }

  /** Free ports stand in for those of the texts. */
  port(placeholder: number): number {
    return this.#case.port(placeholder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  async #startPeers(peers: readonly object[]): Promise<void> {
    const text = JSON.stringify(peers)
      .replace(/\b2000\d\b/g, (placeholder) => String(this.#case.port(Number(placeholder))))
      .replaceAll("/case/", `${this.#case.directory}/`);
    const kind = coreOf(this.#entry.target);
    const outbounds = kind === "sing-box" ? [{ type: "direct" }] : [{ protocol: "freedom" }];
    const inbounds: { readonly port?: number; readonly listen_port?: number }[] = JSON.parse(text);
    const listens = inbounds.flatMap(({ port, listen_port }) => port ?? listen_port ?? []);
    this.#parts.use(await startCore(kind, { json: { inbounds, outbounds }, apiAddress: "none", listens }));
  }
}

function portOf(traffic: CorpusTraffic): number {
  if ("via" in traffic) return traffic.port;
  if ("user" in traffic) return traffic.user.port;
  return Number(/\b2000\d\b/.exec(JSON.stringify(traffic.outbound))?.[0]);
}

/** Bytes of both directions by `user alice`; a subject of which one direction is missing is left out. */
function sumsOf(counters: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [name, up] of counters) {
    const [, scope, subject] = /^(\w+)>>>(.*)>>>traffic>>>uplink$/s.exec(name) ?? [];
    const down = counters.get(name.replace(/uplink$/, "downlink"));
    if (subject !== undefined && down !== undefined) sums.set(`${scope} ${subject}`, up + down);
  }
  return sums;
}
