import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import type { Writer } from "../../src/ledger/writer.ts";
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
    const times = await timeRounds(writer, readings, floor, { counters, step, rounds });
    floor.close();
    return times;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The same rows without a ledger. */
interface Floor {
  write(ids: readonly number[], totals: readonly number[], deltas: readonly number[]): unknown;
}

/** Lets both sides take turns on the same rows. */
export async function timeRounds(
  writer: Writer,
  readings: SimulatedReadings,
  floor: Floor,
  { counters, step, rounds }: { readonly counters: number; readonly step: number; readonly rounds: number },
): Promise<TimedSides> {
  const all = Array.from({ length: counters }, (_, at) => at + 1);
  await floor.write(all, all, all);
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
    await floor.write(moved, totals, totals);
    times.floor.push(performance.now() - start);
  }
  return times;
}
