import type { FirstResult, GetResult } from "./clients/measure.ts";
import { type Contender, runClient } from "./clients.ts";
import type { Server } from "./server.ts";
import { figure, median, printTable } from "./table.ts";

/** A client from its process's start to its first answer: medians. */
export interface FirstFigures {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Measures and prints small calls: one counter at a time, then a hundred calls at once. */
export async function measureCalls(
  contenders: readonly Contender[],
  server: Server,
  { rounds, calls }: { readonly rounds: number; readonly calls: number },
): Promise<Map<string, GetResult>> {
  const able = contenders.filter(({ asked }) => asked.includes("get"));
  const runs = new Map<string, GetResult[]>(able.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { id, command } of able) {
      const words = ["get", server.address, server.counter, calls, calls * 10];
      runs.get(id)?.push((await runClient<GetResult>(command, words)).result);
    }
  }
  const keys = ["p50Us", "cpuUs", "parallelCallsPerSecond", "parallelCpuUs", "rssMb"] as const;
  const figures = new Map(
    Array.from(runs, ([id, its]) => {
      const medians = keys.map((key) => [key, median(its.map((run) => run[key]))]);
      return [id, Object.fromEntries(medians) as GetResult];
    }),
  );
  printTable(
    `GetStats: ${calls} calls one after the other, then ${calls * 10} with 100 in flight`,
    ["", "p50 µs", "CPU µs/call", "calls/s, 100 in flight", "CPU µs/call", "peak MB"],
    able.map(({ id, title }) => [title, ...keys.map((key) => figure(figures.get(id)?.[key] ?? Number.NaN))]),
  );
  return figures;
}

/** Measures and prints the time from a process's start to its first answer. */
export async function measureFirst(
  contenders: readonly Contender[],
  server: Server,
  starts: number,
): Promise<Map<string, FirstFigures>> {
  const able = contenders.filter(({ asked }) => asked.includes("first"));
  const runs = new Map<string, FirstFigures[]>(able.map(({ id }) => [id, []]));
  for (let start = 0; start < starts; start++) {
    for (const { id, command } of able) {
      const { result, wallMs } = await runClient<FirstResult>(command, ["first", server.address, server.counter]);
      runs.get(id)?.push({ wallMs, cpuMs: result.cpuMs });
    }
  }
  const figures = new Map(
    Array.from(runs, ([id, its]) => {
      return [id, { wallMs: median(its.map((run) => run.wallMs)), cpuMs: median(its.map((run) => run.cpuMs)) }];
    }),
  );
  printTable(
    `Process start to the first GetStats answer, ${starts} starts`,
    ["", "wall ms", "CPU ms"],
    able.map(({ id, title }) => {
      const its = figures.get(id);
      return [title, figure(its?.wallMs ?? Number.NaN), figure(its?.cpuMs ?? Number.NaN)];
    }),
  );
  return figures;
}
