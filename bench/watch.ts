import type { WatchResult } from "./clients/sdk-watch.ts";
import { runClient } from "./clients.ts";
import { nodeClient } from "./prepare.ts";
import type { Server } from "./server.ts";
import { figure, printTable } from "./table.ts";

/** What two minutes of watching cost. */
export interface WatchFigures {
  readonly cpuPercent: number;
  /** The least heap in use from second 20 to 30. */
  readonly earlyHeapMb: number;
  /** The least heap in use from second 110 to 120. */
  readonly lateHeapMb: number;
}

/** Watches once a second for two minutes, and prints what it cost. */
export async function measureWatch(server: Server): Promise<WatchFigures> {
  const { result } = await runClient<WatchResult>(nodeClient("sdk-watch"), [server.address, 120]);
  // What garbage collection leaves is the lowest point of some seconds: nothing here forces one.
  const leastHeapBefore = (second: number): number => Math.min(...result.heapMb.slice(second - 10, second));
  const figures = {
    cpuPercent: result.cpuPercent,
    earlyHeapMb: leastHeapBefore(30),
    lateHeapMb: leastHeapBefore(120),
  };
  printTable(
    `watch() of ${server.counters} counters, once a second for two minutes, ${result.changed} changes each`,
    ["CPU of one processor", "heap at 30 s", "heap at 120 s"],
    [[`${figure(figures.cpuPercent)} %`, `${figure(figures.earlyHeapMb)} MB`, `${figure(figures.lateHeapMb)} MB`]],
  );
  return figures;
}
