import type { FirstFigures } from "./calls.ts";
import type { GetResult } from "./clients/measure.ts";
import type { PollFigures } from "./polls.ts";
import { figure, printTable } from "./table.ts";
import type { WatchFigures } from "./watch.ts";

/** All that was measured. */
export interface Measured {
  /** By number of counters, by client. */
  readonly polls: ReadonlyMap<number, ReadonlyMap<string, PollFigures>>;
  readonly calls: ReadonlyMap<string, GetResult>;
  readonly first: ReadonlyMap<string, FirstFigures>;
  readonly watch: WatchFigures | undefined;
}

/** Prints every goal, what was measured, and whether it is met. */
export function printGoals({ polls, calls, first, watch }: Measured): void {
  const size = polls.has(100_000) ? 100_000 : Math.max(...polls.keys());
  const poll = (id: string, key: keyof PollFigures, counters = size): number =>
    polls.get(counters)?.get(id)?.[key] ?? Number.NaN;
  const call = (id: string, key: keyof GetResult): number => calls.get(id)?.[key] ?? Number.NaN;
  const start = (id: string, key: keyof FirstFigures): number => first.get(id)?.[key] ?? Number.NaN;
  const cpu = poll("sdk", "cpuMs");

  const goals: readonly (readonly [goal: string, atMost: number, measured: number])[] = [
    ["snapshot + diff, CPU ÷ xtls-sdk's", 1 / 13, cpu / poll("xtls-sdk", "cpuMs")],
    ["snapshot + diff, CPU ÷ plain Connect's", 1 / 7, cpu / poll("connect", "cpuMs")],
    ["snapshot + diff, CPU ÷ Go's", 0.6, cpu / poll("go", "cpuMs")],
    ["snapshot + diff, CPU ÷ floor", 1.8, cpu / poll("http2-floor", "cpuMs")],
    ["fresh objects, CPU ÷ plain Connect's", 1 / 5, poll("sdk-objects", "cpuMs") / poll("connect", "cpuMs")],
    [
      "200k, CPU ÷ 100k's (linear, and 10 % for noise)",
      2.2,
      poll("sdk", "cpuMs", 200_000) / poll("sdk", "cpuMs", 100_000),
    ],
    ["first poll, CPU ÷ later ones", 2, poll("sdk", "firstCpuMs") / cpu],
    ["first poll, wall ÷ later ones", 2, poll("sdk", "firstWallMs") / poll("sdk", "wallMs")],
    ["peak memory ÷ plain Connect's", 0.6, poll("sdk", "rssMb") / poll("connect", "rssMb")],
    ["get(), p50 ÷ plain Connect's", 1, call("sdk", "p50Us") / call("connect", "p50Us")],
    [
      "get(), time for 100 in flight ÷ plain Connect's",
      1,
      call("connect", "parallelCallsPerSecond") / call("sdk", "parallelCallsPerSecond"),
    ],
    ["start to first answer, wall ÷ plain Connect's", 1, start("sdk", "wallMs") / start("connect", "wallMs")],
    ["start to first answer, CPU ÷ plain Connect's", 1, start("sdk", "cpuMs") / start("connect", "cpuMs")],
    ["watch(), % of one processor", 4, watch?.cpuPercent ?? Number.NaN],
    [
      "watch(), heap at 120 s ÷ at 30 s (flat: 1.1)",
      1.1,
      (watch?.lateHeapMb ?? Number.NaN) / (watch?.earlyHeapMb ?? Number.NaN),
    ],
  ];
  printTable(
    `Goals, at ${size} counters where nothing else is said`,
    ["", "at most", "measured", ""],
    goals.map(([goal, atMost, measured]) => [goal, figure(atMost), figure(measured), verdict(atMost, measured)]),
  );
}

function verdict(atMost: number, measured: number): string {
  if (Number.isNaN(measured)) return "not measured";
  return measured <= atMost ? "met" : "MISSED";
}
