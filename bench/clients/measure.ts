import { readFileSync } from "node:fs";

/** A client under measurement, connected to one core. */
export interface BenchClient {
  /** Reads all counters once. */
  poll(): Promise<PollCheck>;
  /** Reads one counter; clients that offer no such call leave it out. */
  readonly get?: ((name: string) => Promise<unknown>) | undefined;
}

/** What a poll saw, to prove that it read what it should. */
export interface PollCheck {
  /** How many counters came. */
  readonly counters?: number;
  /** How many moved since the last poll. */
  readonly changed?: number;
}

/** What `poll` prints: one entry for each poll, the first included. */
export interface PollResult extends PollCheck {
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
  readonly rssMb: number;
}

/** What `get` prints. */
export interface GetResult {
  readonly p50Us: number;
  readonly cpuUs: number;
  readonly parallelCallsPerSecond: number;
  readonly parallelCpuUs: number;
  readonly rssMb: number;
}

/** What `first` prints. */
export interface FirstResult {
  readonly cpuMs: number;
}

const inFlight = 100;

/**
 * Runs one measurement by the command line, prints its result as JSON and ends the process:
 * `poll ADDRESS POLLS`, `get ADDRESS NAME CALLS PARALLEL_CALLS` or `first ADDRESS NAME`.
 */
export async function measure(connect: (address: string) => BenchClient): Promise<void> {
  const [mode = "", address = "", ...words] = process.argv.slice(2);
  const client = connect(address);
  const result =
    mode === "poll"
      ? await measurePolls(client, Number(words[0]))
      : mode === "get"
        ? await measureCalls(client, words[0] ?? "", Number(words[1]), Number(words[2]))
        : await measureFirst(client, words[0] ?? "");
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}

async function measurePolls(client: BenchClient, polls: number): Promise<PollResult> {
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  let check: PollCheck = {};
  for (let poll = 0; poll < polls; poll++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    check = await client.poll();
    wallMs.push(performance.now() - start);
    cpuMs.push(milliseconds(process.cpuUsage(cpu)));
  }
  return { ...check, wallMs, cpuMs, rssMb: peakRssMb() };
}

async function measureCalls(client: BenchClient, name: string, calls: number, parallel: number): Promise<GetResult> {
  const get = client.get ?? missingGet;
  for (let call = 0; call < 200; call++) await get(name);
  const cpu = process.cpuUsage();
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const start = performance.now();
    await get(name);
    times.push(performance.now() - start);
  }
  const cpuUs = (milliseconds(process.cpuUsage(cpu)) / calls) * 1000;
  const p50Us = (times.sort((a, b) => a - b)[calls >> 1] ?? Number.NaN) * 1000;

  let left = parallel;
  const work = async (): Promise<void> => {
    while (left-- > 0) await get(name);
  };
  const parallelCpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - start) / 1000;
  const parallelCpuUs = (milliseconds(process.cpuUsage(parallelCpu)) / parallel) * 1000;
  return { p50Us, cpuUs, parallelCallsPerSecond: parallel / seconds, parallelCpuUs, rssMb: peakRssMb() };
}

async function measureFirst(client: BenchClient, name: string): Promise<FirstResult> {
  await (client.get ?? missingGet)(name);
  return { cpuMs: milliseconds(process.cpuUsage()) };
}

async function missingGet(): Promise<never> {
  throw new Error("This client has no call for one counter");
}

/** User and system time together. */
export function milliseconds(usage: NodeJS.CpuUsage): number {
  return (usage.user + usage.system) / 1000;
}

function peakRssMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  // On Linux `maxRSS` begins with the size of the process that started this one.
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}
