import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program of our own in another process: it says lines, and hears lines. */
export interface RunningScript extends AsyncDisposable {
  readonly pid: number;
  /** The next line it says. Rejects with what it said as an error where it ended before. */
  line(): Promise<string>;
  say(line: string): void;
  /** Kills it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

const source = new URL("../../src/ledger/", import.meta.url);
const prelude = `
  import { DatabaseSync } from "node:sqlite";
  import { createInterface } from "node:readline";
  import { openSqliteLedger } from ${JSON.stringify(new URL("sqlite/open-sqlite-ledger.ts", source))};
  import { isProvablyDead } from ${JSON.stringify(new URL("holder.ts", source))};
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const heard = async () => (await lines.next()).value;
`;

/** Options of {@link startScript}. */
export interface ScriptOptions {
  /** What runs Node, in front of it. */
  readonly command?: readonly string[];
}

/** Starts a module that knows `openSqliteLedger`, `isProvablyDead`, `DatabaseSync`, and `heard()`, the next line it is told. */
export function startScript(text: string, { command = [] }: ScriptOptions = {}): RunningScript {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const [first, ...rest] = [...command, process.execPath, "--input-type=module", "--eval", prelude + text];
  return watchScript(
    spawn(first as string, rest, { env, stdio: ["pipe", "pipe", "pipe"], killSignal: "SIGKILL", timeout: 60_000 }),
  );
}

function watchScript(child: ChildProcess): RunningScript {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("a script has three pipes");
  let complaint = "";
  stderr.on("data", (data: Buffer) => {
    complaint += data;
  });
  stdin.on("error", () => {}); // it may have ended
  const ended = once(child, "close");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    pid: child.pid as number,
    async line() {
      const { value, done } = await lines.next();
      if (!done) return value;
      await ended;
      throw new Error(`the script ended: ${complaint}`);
    },
    say: (line) => void stdin.write(`${line}\n`),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
