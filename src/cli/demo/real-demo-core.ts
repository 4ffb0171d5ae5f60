import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sleep } from "../../internal/sleep.ts";
import type { DemoCore } from "./demo-core.ts";
import { connectThroughSocks } from "./socks-client.ts";

const run = promisify(execFile);

/** A program that can be shown. */
interface FoundCore {
  readonly command: "v2ray" | "xray";
  /** Its own words. */
  readonly version: string;
  /** Arguments before the configuration's file. */
  readonly args: readonly string[];
}

/** The first of `v2ray` and `xray` on PATH that tells its version; `undefined` where there is none. */
export async function findRealCore(): Promise<FoundCore | undefined> {
  for (const command of ["v2ray", "xray"] as const) {
    // V2Ray 5 knows only the word, V2Ray 4 only the flag: given the word it would start.
    const version = (await firstLine(command, "-version")) ?? (await firstLine(command, "version"));
    if (version === undefined) continue;
    const old = /^V2Ray 4\./.test(version);
    return { command, version: version.replace(/ \(.*/, ""), args: old ? ["-config"] : ["run", "-c"] };
  }
  return undefined;
}

async function firstLine(command: string, argument: string): Promise<string | undefined> {
  try {
    return (await run(command, [argument], { timeout: 5000 })).stdout.split("\n")[0];
  } catch {
    return undefined;
  }
}

const readyTimeoutMs = 8000;

/**
 * Starts a real core with one SOCKS inbound and the users alice and bob.
 *
 * @throws Error with the core's last output where it does not come up.
 */
export async function startRealDemoCore(found: FoundCore, targetPort: number): Promise<DemoCore> {
  const [apiPort, socksPort] = await Promise.all([freePort(), freePort()]);
  const folder = await mkdtemp(join(tmpdir(), "v2ray-stats-demo-"));
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(demoConfig(apiPort, socksPort)));
  const child = spawn(found.command, [...found.args, file], { stdio: ["ignore", "pipe", "pipe"] });
  // Also where this process is made to end.
  const cleanUp = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", cleanUp);
  const core: DemoCore = {
    label: `${found.version} (${found.command} on PATH)`,
    address: `127.0.0.1:${apiPort}`,
    connect: (user) => connectThroughSocks(socksPort, { user, password: user, targetPort }),
    async [Symbol.asyncDispose]() {
      const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
      const exit = ended ? undefined : once(child, "exit");
      cleanUp();
      await exit;
      process.off("exit", cleanUp);
    },
  };
  try {
    await waitUntilReady(child, () => core.connect("alice"));
    return core;
  } catch (error) {
    await core[Symbol.asyncDispose]();
    throw error;
  }
}

async function waitUntilReady(child: ChildProcess, attempt: () => Promise<{ destroy(): void }>): Promise<void> {
  let output = "";
  child.stdout?.on("data", (text) => {
    output = `${output}${text}`.slice(-2000);
  });
  child.on("error", (error) => {
    output = error.message;
  });
  const end = performance.now() + readyTimeoutMs;
  for (;;) {
    try {
      (await attempt()).destroy();
      return;
    } catch {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`the core did not start: ${output.trim()}`);
      await sleep(20);
    }
  }
}

/** Counts users, the inbound and the outbound; the API listens on loopback. */
function demoConfig(apiPort: number, socksPort: number): object {
  const accounts = ["alice", "bob"].map((user) => ({ user, pass: user }));
  const listen = "127.0.0.1";
  return {
    log: { loglevel: "warning" },
    stats: {},
    api: { tag: "api", services: ["StatsService"] },
    policy: {
      levels: { 0: { statsUserUplink: true, statsUserDownlink: true } },
      system: {
        statsInboundUplink: true,
        statsInboundDownlink: true,
        statsOutboundUplink: true,
        statsOutboundDownlink: true,
      },
    },
    inbounds: [
      { tag: "socks-in", listen, port: socksPort, protocol: "socks", settings: { auth: "password", accounts } },
      { tag: "api-in", listen, port: apiPort, protocol: "dokodemo-door", settings: { address: listen, port: 1 } },
    ],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
    routing: { rules: [{ type: "field", inboundTag: ["api-in"], outboundTag: "api" }] },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
