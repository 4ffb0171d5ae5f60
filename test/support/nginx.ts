import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { endWithThisProcess } from "./end-with-this-process.ts";
import { freePorts } from "./free-ports.ts";

// Debian has it where plain users do not look.
const env = { PATH: `${process.env.PATH ?? ""}:/usr/sbin` };

/** A real nginx, of a directory of its own. */
export interface RunningNginx extends AsyncDisposable {
  readonly port: number;
  /** What it has written to a file below its directory. */
  written(file: string): string;
}

/**
 * Why no nginx can be run here; `undefined` where one can.
 *
 * @throws Error where it cannot with CI=true.
 */
export function nginxMissing(): string | undefined {
  const run = spawnSync("nginx", ["-v"], { env, encoding: "utf8" });
  if (run.error === undefined && run.status === 0) return undefined;
  const missing = `nginx does not run: ${run.error?.message ?? run.stderr.trim()}`;
  if (process.env.CI === "true") throw new Error(`CI=true, and ${missing}`);
  return missing;
}

/**
 * Starts nginx with what stands in its `http` block, and waits until it accepts connections. Nothing of the machine's own
 * configuration is read; it ends with `await using`, or with this process.
 *
 * @param http - Makes the block for a port of 127.0.0.1 and the directory.
 */
export async function startNginx(http: (port: number, directory: string) => string): Promise<RunningNginx> {
  try {
    return await startOnce(http);
  } catch (error) {
    if (!/Address already in use/.test(String(error))) throw error;
    return await startOnce(http);
  }
}

async function startOnce(http: (port: number, directory: string) => string): Promise<RunningNginx> {
  const { port } = await freePorts("port");
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-nginx-"));
  const file = join(directory, "nginx.conf");
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  // One process: a killed test leaves no workers behind.
  const lines = [
    "daemon off; master_process off; worker_processes 1;",
    `pid ${directory}/pid; error_log ${directory}/error.log;`,
    "events {}",
    `http { ${places.map((name) => `${name}_temp_path ${directory}/${name};`).join(" ")}`,
    http(port, directory),
    "}",
  ];
  writeFileSync(file, lines.join("\n"));
  const words = ["-p", directory, "-c", file, "-e", join(directory, "error.log")];
  const child = spawn("nginx", words, { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const cleanUp = (): void => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
    forget();
  };
  const forget = endWithThisProcess(cleanUp);
  const ended = once(child, "close").finally(cleanUp);
  ended.catch(() => undefined);
  const timeout = AbortSignal.timeout(60_000);
  // Another process may have taken the port meanwhile; the file is written when nginx has it.
  while (!(existsSync(join(directory, "pid")) && (await accepts(port)))) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${stderr}`);
    await wait(10, undefined, { signal: timeout });
  }
  return {
    port,
    written: (name) => readFileSync(join(directory, name), "utf8"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
