import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** How a program ended and what it said. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runProgram}. */
export interface RunOptions {
  readonly cwd?: string | undefined;
  /** In place of this process' environment, which may name servers and colours. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Standard input, whole; none by default. */
  readonly input?: string | undefined;
}

/** Runs a program to its end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, args, { cwd: options.cwd, env: { PATH, HOME, ...options.env }, timeout: 300_000 });
  child.stdin.on("error", () => {}); // it may end before it has read all
  child.stdin.end(options.input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Runs our command line from its sources. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<ProgramResult> {
  return runProgram(process.execPath, ["src/cli/main.ts", ...args], options);
}
