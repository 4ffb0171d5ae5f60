import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "./until.ts";

/** Our command line, running. */
export interface RunningCli extends AsyncDisposable {
  readonly pid: number;
  /** The lines of standard output so far. */
  readonly lines: readonly string[];
  /** All of standard error so far. */
  stderr(): string;
  /** Waits until a line has come, and answers with it. */
  line(pattern: RegExp): Promise<string>;
  /** The same on standard error. */
  errorLine(pattern: RegExp): Promise<string>;
  /** Sends a signal and waits for the end. */
  end(signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL"): Promise<{ readonly code: number | null }>;
}

/** Options of {@link startCli}. */
export interface StartCliOptions {
  /** What runs Node, in front of it; it must become Node, not keep it as a child. */
  readonly command?: readonly string[] | undefined;
  /** Beside `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** When it is killed at the latest. @defaultValue 300_000 */
  readonly longestLifeMs?: number | undefined;
}

/** Starts our command line from its sources; it ends with this test at the latest. */
export function startCli(
  args: readonly string[],
  { command = [], env, longestLifeMs = 300_000 }: StartCliOptions = {},
): RunningCli {
  const { PATH = "", HOME = "" } = process.env;
  const [first, ...rest] = [...command, process.execPath, "src/cli/main.ts", ...args];
  const child = spawn(first as string, rest, {
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: longestLifeMs,
    killSignal: "SIGKILL",
  });
  return follow(child);
}

function follow(child: ChildProcess): RunningCli {
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  const closed = once(child, "close").finally(() => process.off("exit", kill));
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);
  const lines = (): string[] => linesOf(stdout);
  const find = async (inLines: () => string[], pattern: RegExp): Promise<string> => {
    let found: string | undefined;
    await until(() => {
      found = inLines().find((line) => pattern.test(line));
      if (found === undefined && (child.exitCode ?? child.signalCode) !== null)
        throw new Error(`it ended: ${stdout}${stderr}`);
      return found !== undefined;
    });
    return found as string;
  };
  return {
    pid: child.pid as number,
    get lines() {
      return lines();
    },
    stderr: () => stderr,
    line: (pattern) => find(lines, pattern),
    errorLine: (pattern) => find(() => linesOf(stderr), pattern),
    async end(signal) {
      child.kill(signal);
      await closed;
      return { code: child.exitCode };
    },
    async [Symbol.asyncDispose]() {
      kill();
      await closed;
    },
  };
}
