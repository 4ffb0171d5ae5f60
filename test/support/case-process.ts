import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { endWithThisProcess } from "./end-with-this-process.ts";

/** How a core's process ended. */
export interface CaseEnd {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  /** All it printed, both streams; of very much the beginning. */
  readonly output: string;
}

/** A place to connect to: a port of 127.0.0.1, the path of a Unix socket, or `@name`. */
export type Place = number | string;

const outputLimit = 200_000;
const deadlineMs = 60_000;
const silenceMs = 1000;

/** A core started by a case. It ends when it is killed, or with this process. */
export class CaseProcess {
  /** Its end, whenever that comes. */
  readonly ended: Promise<CaseEnd>;
  readonly #child: ChildProcess;
  #output = "";

  constructor(command: string, args: readonly string[]) {
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH, HOME } });
    this.#child = child;
    const forget = endWithThisProcess(() => child.kill("SIGKILL"));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        if (this.#output.length < outputLimit) this.#output += text;
      });
    }
    this.ended = once(child, "close").then(([exitCode]) => {
      forget();
      return { exitCode, output: this.#output };
    });
    this.ended.catch(() => undefined);
  }

  /** All it has printed. */
  get output(): string {
    return this.#output;
  }

  /**
   * Waits until all places accept connections.
   *
   * @param speaks - Whether it says, by default, that it started. Then that is waited for, too: V2Ray listens some
   * milliseconds before its API is wired. Its configuration may keep it silent: a second is enough.
   * @returns Its end, where that comes first.
   */
  async listening(places: readonly Place[], speaks = true): Promise<"listening" | CaseEnd> {
    const over = new AbortController();
    const accepting = async (): Promise<"listening"> => {
      const { signal } = over;
      for (const place of places) while (!(await accepts(place))) await wait(10, undefined, { signal });
      const enough = places.length === 0 ? Number.POSITIVE_INFINITY : performance.now() + (speaks ? silenceMs : 0);
      while (!/\bstarted\b/.test(this.#output) && performance.now() < enough) await wait(10, undefined, { signal });
      return "listening";
    };
    try {
      return await this.#within(Promise.race([this.ended, accepting()]), `listen on ${places.join(", ")}`);
    } finally {
      over.abort();
    }
  }

  /** Waits for it to end by itself. */
  end(): Promise<CaseEnd> {
    return this.#within(this.ended, "end");
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.ended.catch(() => undefined);
  }

  /** Rejects, with what was printed, where it takes too long. */
  async #within<Value>(work: Promise<Value>, what: string): Promise<Value> {
    const over = new AbortController();
    const late = wait(deadlineMs, undefined, { signal: over.signal }).then(() => {
      throw new Error(`the core did not ${what} within ${deadlineMs / 1000} s:\n${this.#output}`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      over.abort();
    }
  }
}
