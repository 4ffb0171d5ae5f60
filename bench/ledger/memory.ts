import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { SimulatedReadings } from "./readings.ts";

/** Megabytes after so many hours. */
export interface MemoryMark {
  readonly hours: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

/** Memory while one day of readings, ten seconds apart, is recorded: 1 % of the counters move each time. */
export async function measureMemory(counters: number): Promise<MemoryMark[]> {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-bench-"));
  try {
    await using ledger = await openSqliteLedger(join(directory, "usage.db"));
    await using writer = await ledger.claim("node");
    const readings = new SimulatedReadings(counters);
    const marks: MemoryMark[] = [];
    for (let poll = 0; poll <= 8640; poll++) {
      await writer.record(readings.next(100));
      if (poll % 2160 !== 0) continue;
      collectGarbage();
      const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
      marks.push({ hours: poll / 360, heapMb: (heapUsed + arrayBuffers) / 1e6, rssMb: rss / 1e6 });
    }
    return marks;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
