import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { SimulatedReadings } from "./readings.ts";
import { SqliteFloor } from "./sqlite-floor.ts";

/** Times in ms, round by round. */
export interface TimedSides {
  readonly ours: number[];
  readonly floor: number[];
}

/** Times of recording a reading, and of the floor for the same rows, in ms, round by round. */
export async function timeRecord(counters: number, step: number, rounds: number): Promise<TimedSides> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-bench-"));
  try {
    await using ledger = await openSqliteLedger(join(directory, "usage.db"));
    await using writer = await ledger.claim("node");
    const floor = new SqliteFloor(join(directory, "floor.db"));
    const readings = new SimulatedReadings(counters);
    await writer.record(readings.next(1));
    const all = Array.from({ length: counters }, (_, at) => at + 1);
    floor.write(all, all, all);
    const times: TimedSides = { ours: [], floor: [] };
    for (let round = 0; round < rounds; round++) {
      const snapshot = readings.next(step);
      const moved = Array.from({ length: Math.ceil(counters / step) }, (_, at) => at * step + 1);
      const totals = moved.map((id) => id * 1000 + round);
      let start = performance.now();
      const result = await writer.record(snapshot);
      times.ours.push(performance.now() - start);
      if (result.counters !== moved.length) throw new Error(`${result.counters} moved, not ${moved.length}`);
      start = performance.now();
      floor.write(moved, totals, totals);
      times.floor.push(performance.now() - start);
    }
    floor.close();
    return times;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
