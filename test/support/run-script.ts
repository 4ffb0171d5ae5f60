import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** How a script ended. */
export interface ScriptEnd {
  /** `null` where it had to be killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runScript}. */
export interface ScriptOptions {
  /** Added to this process' environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const timeoutMs = 60_000;

/** Runs a module in a Node process of its own, in which `StatsClient` is imported, until it ends by itself. */
export async function runScript(source: string, { env = {} }: ScriptOptions = {}): Promise<ScriptEnd> {
  const { NODE_TEST_CONTEXT, ...inherited } = process.env;
  const door = new URL("../../src/index.ts", import.meta.url);
  const module = `import { StatsClient } from ${JSON.stringify(door)};\n${source}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", module], {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { exitCode, stdout, stderr };
}
