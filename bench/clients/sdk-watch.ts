// This SDK watching once a second for as long as the command line says: ADDRESS SECONDS. Prints the share of one
// processor from the first delta on, and every second the heap in use.
import { StatsClient } from "../../src/index.ts";
import { milliseconds } from "./measure.ts";

/** What it prints. */
export interface WatchResult {
  readonly cpuPercent: number;
  /** Heap in use after each delta, in MB, as garbage collection left it. */
  readonly heapMb: readonly number[];
  readonly changed: number;
}

const [address = "", seconds] = process.argv.slice(2);
const core = new StatsClient(address);
const heapMb: number[] = [];
let changed = 0;
let since: { readonly cpu: NodeJS.CpuUsage; readonly wall: number } | undefined;
for await (const delta of core.watch({ intervalMs: 1000 })) {
  if (delta.state !== "ok") throw new Error(`A delta is "${delta.state}"`, { cause: delta.error });
  changed = delta.counters().length;
  since ??= { cpu: process.cpuUsage(), wall: performance.now() };
  heapMb.push(process.memoryUsage().heapUsed / 2 ** 20);
  if (heapMb.length >= Number(seconds)) break;
}
const { cpu, wall } = since ?? { cpu: process.cpuUsage(), wall: 0 };
const cpuPercent = (milliseconds(process.cpuUsage(cpu)) / (performance.now() - wall)) * 100;
const result: WatchResult = { cpuPercent, heapMb, changed };
process.stdout.write(`${JSON.stringify(result)}\n`);
await core.close();
