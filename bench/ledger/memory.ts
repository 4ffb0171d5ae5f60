import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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

/** The same in a process of its own: what others left in the heap of this one would count as well. */
export async function measureMemoryAlone(counters: number): Promise<MemoryMark[]> {
  const file = fileURLToPath(new URL("memory-process.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, String(counters)]);
  return JSON.parse(stdout) as MemoryMark[];
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
