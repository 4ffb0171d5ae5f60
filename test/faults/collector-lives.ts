import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A collector's process that has loaded its modules and waits for its job. */
interface Waiting {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<unknown>;
  /** What it wrote to stderr, and to stdout after it was ready. */
  said: string;
}

/** How a life ended. */
export interface LifeEnd {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  /** What it said: nothing where it was killed, "done" where it came to its end, else why it failed. */
  readonly said: string;
}

/** Options of {@link CollectorLives}. */
export interface CollectorLivesOptions {
  /** A directory for compiled modules, kept from life to life. */
  readonly cache: string;
  /** How many wait for a job. */
  readonly ahead: number;
}

/** Collectors in processes of their own; some are started ahead, since starting one costs more than its life. */
export class CollectorLives<Job> implements AsyncDisposable {
  readonly #program: string;
  readonly #cache: string;
  readonly #ahead: number;
  readonly #waiting: Promise<Waiting>[] = [];
  readonly #running = new Set<ChildProcessWithoutNullStreams>();
  #closed = false;

  /** @param program In this folder: it says that it is ready, then hears its job, as JSON. */
  constructor(program: string, { cache, ahead }: CollectorLivesOptions) {
    this.#program = fileURLToPath(new URL(program, import.meta.url));
    this.#cache = cache;
    this.#ahead = ahead;
  }

  /** Lets a collector do a job. @param killAfterMs When it is killed; never where not given. */
  async live(job: Job, killAfterMs?: number): Promise<LifeEnd> {
    if (this.#closed) throw new Error("no more lives: another world has failed");
    const next = this.#waiting.shift() ?? this.#start();
    while (this.#waiting.length < this.#ahead) this.#waiting.push(this.#start());
    const collector = await next;
    const { child } = collector;
    child.stdin.end(`${JSON.stringify(job)}\n`);
    const killing = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    await collector.ended;
    clearTimeout(killing);
    return { signal: child.signalCode, code: child.exitCode, said: collector.said.trim() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all(this.#waiting.splice(0).map(async (each) => (await each.catch(() => undefined))?.ended));
  }

  async #start(): Promise<Waiting> {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, [this.#program], { env: { ...env, NODE_COMPILE_CACHE: this.#cache } });
    this.#running.add(child);
    child.stdin.on("error", () => {}); // it may be killed before it has read
    const ended = once(child, "close").finally(() => this.#running.delete(child));
    const collector = { child, ended, said: "" };
    child.stderr.on("data", (data: Buffer) => {
      collector.said += data;
    });
    await Promise.race([once(child.stdout, "data"), ended]);
    if (child.exitCode !== null) throw new Error(`the collector did not start: ${collector.said}`);
    child.stdout.on("data", (data: Buffer) => {
      collector.said += data;
    });
    return collector;
  }
}
