import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StatsClient } from "../../client/stats-client.ts";
import { sleep } from "../../internal/sleep.ts";
import { openSqliteLedger } from "../../ledger/sqlite/open-sqlite-ledger.ts";
import type { Writer } from "../../ledger/writer.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";

/** A ledger that keeps what the demo reads. */
export interface DemoLedger extends AsyncDisposable {
  record(snapshot: Snapshot): Promise<void>;
  /** Zeroes the core's counters as another program would, lets traffic go on, and shows what is left of it where. */
  showReset(core: StatsClient, signal: AbortSignal): Promise<string>;
}

const node = "demo";

/** Opens a ledger in a file of its own, which goes with the demo. */
export async function openDemoLedger(): Promise<DemoLedger> {
  const folder = await mkdtemp(join(tmpdir(), "v2ray-stats-demo-"));
  const ledger = await openSqliteLedger(join(folder, "usage.db"));
  const writer: Writer = await ledger.claim(node);
  return {
    async record(snapshot) {
      await writer.record(snapshot);
    },
    async showReset(core, signal) {
      await writer.record(await core.snapshot({ signal }));
      await core.resetCounters({ pattern: "user>>>" }, { signal });
      await sleep(1500, signal);
      const last = await core.snapshot({ signal });
      await writer.record(last);
      const shown = new Map(last.users().map((user) => [user.subject, user.uplink + user.downlink]));
      const { rows } = await ledger.usage({ by: ["user"] });
      const table = rows.map(({ subject = "", total }) => [
        subject,
        formatBytes(shown.get(subject) ?? 0n),
        formatBytes(total),
      ]);
      const gaps = (await ledger.gaps()).map(({ cause, from, to }) => {
        const window = `${from === undefined ? "" : `from ${from.toISOString()} `}until ${to.toISOString()}`;
        return `may miss bytes: ${cause}, ${window}\n`;
      });
      const columns = [
        { title: "USER" },
        { title: "CORE'S COUNTERS", align: "right" as const },
        { title: "LEDGER", align: "right" as const },
      ];
      return formatTable(columns, table) + gaps.join("");
    },
    async [Symbol.asyncDispose]() {
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
