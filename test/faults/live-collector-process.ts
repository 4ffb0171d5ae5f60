// A collector that reads a core over its API, in a process of its own that the harness kills.
import { StatsClient } from "../../src/client/stats-client.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { node } from "../support/ledger-session.ts";
import { doJob } from "./hear-job.ts";

/** What one life of the collector is to do. */
export interface LiveJob {
  readonly database: string;
  readonly address: string;
  /** Whether it is to read once and end well. */
  readonly closing: boolean;
}

if (import.meta.main) {
  await doJob<LiveJob>(async ({ database, address, closing }) => {
    await using core = new StatsClient(address);
    await using ledger = await openSqliteLedger(database);
    await using writer = await ledger.claim(node);
    do {
      // A core that restarts may break off its answer.
      const reading = await core.snapshot().catch(() => undefined);
      if (reading === undefined) continue;
      const { error } = await writer.record(reading);
      if (error !== undefined) throw error;
    } while (!closing);
  });
}
