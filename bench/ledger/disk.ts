import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLedger } from "../../src/ledger/ledger.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import { addUsers } from "./history.ts";

const users = 20;
const year = { first: 20_000, days: 365 };

/** Bytes on disk for each user and year, before and after packing. */
export async function measureDisk(
  activeQuarters: number,
): Promise<{ readonly before: number; readonly after: number }> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-bench-"));
  const file = join(directory, "usage.db");
  try {
    const store = await openSqliteStore(file, { busyTimeoutMs: 10_000 });
    await store.write(async (tx) => {
      const node = await tx.ownNode("node");
      const counters = await addUsers(tx, node.id, 0, users);
      for (let day = year.first; day < year.first + year.days; day++)
        for (let at = 0; at < activeQuarters; at++) {
          const quarter = day * 96 + ((at * 3 + day) % 96);
          const bytes = counters.map((id) => BigInt((id * 7919 + at * 104_729 + day * 1_299_709) % 90_000_000));
          await tx.addUsage(node.id, day, { quarter, counters, bytes });
        }
    });
    const before = usedBytes(file) / users;
    const ledger = createLedger(store);
    await ledger.pack({ before: new Date((year.first + year.days + 1) * 86_400_000) });
    await ledger.close();
    return { before, after: usedBytes(file) / users };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Pages in use: what packing frees is used again before the file grows. */
function usedBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const pragma = (name: string): number => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const bytes = (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  database.close();
  return bytes;
}
