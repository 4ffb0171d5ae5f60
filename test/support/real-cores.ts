import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type BuiltCore, binaryPath, findV2ray4, readBuildRecord } from "../cores/core-binary.ts";
import { accepts } from "./accepts.ts";
import type { CoreConfig } from "./configs.ts";
import { endWithThisProcess } from "./end-with-this-process.ts";

/** The four real cores. */
export const coreKinds = ["v2ray4", "v2ray5", "xray", "sing-box"] as const;

/** One of {@link coreKinds}. */
export type CoreKind = (typeof coreKinds)[number];

/** Whether this machine has a core. */
export interface RealCore {
  /** Why it cannot be started; `undefined` when it can. For `test(…, { skip: cores.xray.missing }, …)`. */
  readonly missing: string | undefined;
}

/** A core's process, whose API and inbounds accept connections. */
export interface RunningCore extends AsyncDisposable {
  /** What it was started with. */
  readonly config: CoreConfig;
  /** The API as `StatsClient` takes it. */
  readonly apiAddress: string;
  /** The end of what it has printed. */
  output(): string;
  /** Sends a signal; after SIGTERM (the default) and SIGKILL waits for the process to end. */
  stop(signal?: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
}

/** Options of {@link startCore}. */
export interface StartOptions {
  /** Gives up and kills the process. */
  readonly signal?: AbortSignal | undefined;
}

const startTimeoutMs = 60_000;

/**
 * Says which real cores this machine has.
 *
 * @throws Error where one is missing with CI=true, unless the module registry refused it (`test/cores/build.ts`).
 */
export function realCores(): Readonly<Record<CoreKind, RealCore>> {
  const v2ray4 = findV2ray4();
  return {
    v2ray4: realCore("v2ray4", "missing" in v2ray4 ? v2ray4.missing : undefined),
    v2ray5: builtCore("v2ray5"),
    xray: builtCore("xray"),
    "sing-box": builtCore("sing-box"),
  };
}

function builtCore(core: BuiltCore): RealCore {
  const record = readBuildRecord(core);
  if (record?.refused !== undefined) return { missing: record.refused };
  return realCore(core, record === undefined ? "not built: `node test/cores/build.ts` says why" : undefined);
}

function realCore(kind: CoreKind, missing: string | undefined): RealCore {
  if (missing !== undefined && process.env.CI === "true")
    throw new Error(`CI=true, and ${kind} is missing: ${missing}`);
  return { missing };
}

/**
 * Starts a real core and waits until all it listens on accepts connections. It ends with `stop`, with `await using`,
 * or with this process.
 *
 * @param config - A configuration, or a function that makes one with ports of its own: where an address is in use the
 * whole start is tried once more.
 * @throws Error with the core's last output when it ends by itself, or is not ready after 60 s.
 */
export async function startCore(
  kind: CoreKind,
  config: CoreConfig | (() => Promise<CoreConfig>),
  options: StartOptions = {},
): Promise<RunningCore> {
  const make = typeof config === "function" ? config : async () => config;
  try {
    return await startOnce(kind, await make(), options);
  } catch (error) {
    if (!/address already in use/i.test(String(error))) throw error;
    return await startOnce(kind, await make(), options);
  }
}

async function startOnce(kind: CoreKind, config: CoreConfig, { signal }: StartOptions): Promise<RunningCore> {
  signal?.throwIfAborted();
  const taken = await Promise.all(config.listens.map(accepts));
  if (taken.includes(true)) throw new Error(`${kind} cannot start, address already in use: ${config.listens}`);
  const timeout = AbortSignal.timeout(startTimeoutMs);
  const core = new CoreProcess(kind, config);
  try {
    await core.ready(AbortSignal.any(signal === undefined ? [timeout] : [timeout, signal]));
    return core;
  } catch (error) {
    await core.stop("SIGKILL");
    signal?.throwIfAborted();
    const reason = timeout.aborted ? `it is not ready after ${startTimeoutMs / 1000} s` : (error as Error).message;
    throw new Error(`${kind} did not start: ${reason}\n${core.output()}`);
  }
}

function commandLine(kind: CoreKind, file: string): readonly [string, readonly string[]] {
  if (kind === "v2ray4") return ["v2ray", ["-config", file]];
  return [binaryPath(kind), ["run", "-c", file]];
}

class CoreProcess implements RunningCore {
  readonly config: CoreConfig;
  readonly apiAddress: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #text = "";

  constructor(kind: CoreKind, config: CoreConfig) {
    this.config = config;
    this.apiAddress = config.apiAddress;
    const directory = mkdtempSync(join(tmpdir(), `v2ray-stats-${kind}-`));
    const file = join(directory, "config.json");
    writeFileSync(file, JSON.stringify(config.json));
    const [command, words] = commandLine(kind, file);
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const cleanUp = (): void => {
      child.kill("SIGKILL");
      // A killed core leaves its socket, and would not start there again.
      const sockets = config.listens.filter((place) => typeof place === "string");
      for (const path of [directory, ...sockets]) rmSync(path, { recursive: true, force: true });
      forget();
    };
    const forget = endWithThisProcess(cleanUp);
    this.#ended = once(child, "close").finally(cleanUp);
    this.#ended.catch(() => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#text = (this.#text + text).slice(-8192);
      });
    }
  }

  /** Waits until all places accept connections; rejects when the process ends before. */
  async ready(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const ended = this.#ended.then(() => {
      throw new Error("it ended");
    });
    try {
      await Promise.race([ended, Promise.all(this.config.listens.map((place) => waitForListener(place, either)))]);
    } finally {
      over.abort();
    }
  }

  output(): string {
    return this.#text.trim();
  }

  async stop(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGTERM"): Promise<void> {
    this.#child.kill(signal);
    if (signal === "SIGTERM" || signal === "SIGKILL") await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("SIGKILL");
  }
}

async function waitForListener(place: number | string, signal: AbortSignal): Promise<void> {
  while (!(await accepts(place))) await wait(10, undefined, { signal });
}
