import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type CoreConfig, clientConfig, serverConfig } from "./configs.ts";
import { endWithThisProcess } from "./end-with-this-process.ts";
import { freePorts } from "./free-ports.ts";
import { type RunningCore, startCore } from "./real-cores.ts";
import { runProgram } from "./run-program.ts";
import { download, startTarget, type Target } from "./traffic.ts";
import { until } from "./until.ts";

/** Where panels post from, and which of their bodies. */
const panels = new Map([
  ["fra-1-panel", { address: "203.0.113.7", body: "3x-ui-newest.json" }],
  ["ams-1", { address: "203.0.113.8", body: "3x-ui-2.9.4.json" }],
]);

/** Why the page's commands cannot run here. @throws Error where they cannot with CI=true */
export function curlMissing(): string | undefined {
  if (spawnSync("curl", ["--version"]).error === undefined) return undefined;
  if (process.env.CI === "true") throw new Error("CI=true, and curl is missing");
  return "curl is missing";
}

/** The world of docs/from-3x-ui.md: a hub, a server with Xray as 3x-ui sets it up, and whoever uses that. */
export class PageRun implements AsyncDisposable {
  readonly #directory: string;
  readonly #parts: AsyncDisposableStack;
  readonly #env: Readonly<Record<string, string>>;
  readonly #api: string;
  readonly #socks: number;
  readonly #target: Target;
  #hub = "";
  /** Downloaded while the agent runs. */
  #counted = 0;
  #sending = false;

  /** @param at - What all clocks show. */
  static async start(at: number): Promise<PageRun> {
    await using parts = new AsyncDisposableStack();
    const target = parts.use(await startTarget());
    const [core, vmess] = await startAsPanel(parts);
    let socks = 0;
    parts.use(
      await startCore("xray", async () => {
        const ports = { ...(await freePorts("api", "socks")), vmess };
        socks = ports.socks;
        return clientConfig("xray", { ports });
      }),
    );
    const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-page-"));
    parts.defer(() => rmSync(directory, { recursive: true, force: true }));
    return new PageRun(directory, parts.move(), at, core.apiAddress, socks, target);
  }

  private constructor(
    directory: string,
    parts: AsyncDisposableStack,
    at: number,
    api: string,
    socks: number,
    target: Target,
  ) {
    this.#directory = directory;
    this.#parts = parts;
    this.#api = api;
    this.#socks = socks;
    this.#target = target;
    const clock = resolve("test/support/shifted-clock.ts");
    const command = `exec "${process.execPath}" --import "${clock}" "${resolve("src/cli/main.ts")}" "$@"`;
    writeFileSync(join(directory, "v2ray-stats"), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    this.#env = { PATH: `${directory}:${process.env.PATH}`, CLOCK_SHIFT_MS: `${at - Date.now()}` };
  }

  /** Runs a block of the page; what goes on for ever is started. @returns all that is printed */
  async commands(block: string): Promise<string> {
    const text = block
      .replaceAll("https://hub.example.com", this.#hub)
      .replaceAll("127.0.0.1:8080", "127.0.0.1:0")
      .replaceAll("127.0.0.1:62789", this.#api);
    const [, before = "", service] = /^(.*?)(v2ray-stats inform (?:receive|send) .*)?$/s.exec(text) ?? [];
    // One shell, as far as its first block goes.
    const script = `set -euo pipefail; umask 077; exec 2>&1\n${before}`;
    const { code, stdout } = await runProgram("bash", ["-c", script], { cwd: this.#directory, env: this.#env });
    assert.equal(code, 0, `${script}\n${stdout}`);
    if (service !== undefined) await this.#serve(service);
    for (const [, name] of text.matchAll(/inform keys add (\S+)/g)) await this.#known(`${name}`);
    return stdout;
  }

  async #serve(command: string): Promise<void> {
    const receives = command.includes(" receive ");
    const log = receives ? "" : " > agent.log 2>&1";
    this.#parts.use(follow(spawn("bash", ["-c", `umask 077; exec ${command.trim()}${log}`], this.#spawning())));
    if (receives) {
      await this.logged("hub.log", (text) => text.includes("listening at "));
      [this.#hub = ""] = /http:\S+/.exec(this.#read("hub.log")) ?? [];
    } else this.#sending = true;
  }

  /** A new key is good as soon as the hub has seen that its file changed. */
  async #known(name: string): Promise<void> {
    const headers = { authorization: `Bearer ${this.#read(`${name}.key`).trim()}` };
    await until(async () => (await fetch(`${this.#hub}/v1/held?sender=nobody`, { headers })).status !== 401);
  }

  #spawning(): { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly stdio: "ignore" } {
    const { HOME = "" } = process.env;
    return { cwd: this.#directory, env: { HOME, ...this.#env }, stdio: "ignore" };
  }

  #read(file: string): string {
    try {
      return readFileSync(join(this.#directory, file), "utf8");
    } catch {
      return "";
    }
  }

  /** Waits until a log says it. @returns all of the log where it does not */
  async logged(file: string, says: (text: string) => boolean): Promise<string | undefined> {
    try {
      await until(() => says(this.#read(file)), 20_000);
      return undefined;
    } catch {
      return this.#read(file);
    }
  }

  /** What the page says that happens. */
  async happens(what: string): Promise<void> {
    const [, megabytes] = /^alice downloads (\d+) MB$/.exec(what) ?? [];
    if (megabytes !== undefined) return this.#download(Number(megabytes) * 1_000_000);
    const [, names] = /^(.*) posts?$/.exec(what) ?? [];
    assert.ok(names, what);
    for (const name of names.split(" and ")) await this.#post(name);
  }

  async #download(bytes: number): Promise<void> {
    const { downlink } = await download(this.#socks, this.#target, bytes);
    if (!this.#sending) return;
    this.#counted += downlink;
    await using ledger = await openSqliteLedger(join(this.#directory, "hub.db"));
    await until(async () => (await ledger.totals({ node: "fra-1" })).downlink === BigInt(this.#counted));
  }

  async #post(name: string): Promise<void> {
    const { address, body } = panels.get(name) as { address: string; body: string };
    const answer = await fetch(`${this.#hub}/v1/inform/3x-ui/${this.#read(`${name}.key`).trim()}`, {
      method: "POST",
      headers: { "content-type": "application/json; charset=UTF-8", "x-forwarded-for": address },
      body: readFileSync(`test/samples/inform/${body}`),
    });
    assert.equal(answer.status, 200);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

/** A core with the template that 3x-ui ships. */
async function startAsPanel(parts: AsyncDisposableStack): Promise<[core: RunningCore, vmess: number]> {
  let vmess = 0;
  const core = await startCore("xray", async (): Promise<CoreConfig> => {
    const ports = await freePorts("api", "vmess");
    vmess = ports.vmess;
    const config = serverConfig("xray", { ports, users: ["alice", "bob"] });
    const { inbounds, ...rest } = config.json as { readonly inbounds: readonly object[] };
    const settings = { rewriteAddress: "127.0.0.1" };
    const api = { tag: "api", listen: "127.0.0.1", port: ports.api, protocol: "tunnel", settings };
    const rules = [{ type: "field", inboundTag: ["api"], outboundTag: "api" }];
    return { ...config, json: { ...rest, inbounds: [inbounds[0], api], routing: { domainStrategy: "AsIs", rules } } };
  });
  parts.use(core);
  return [core, vmess];
}

function follow(child: ChildProcess): AsyncDisposable {
  const forget = endWithThisProcess(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await closed;
      forget();
    },
  };
}
