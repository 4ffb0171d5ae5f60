import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectOptions, collect } from "../../src/collector/collect.ts";
import type { CollectorEvent } from "../../src/collector/collector-event.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { until } from "./until.ts";

/** A collector in this process. */
export interface RunningCollector extends AsyncDisposable {
  readonly events: readonly CollectorEvent[];
  /** What was told of a node: kinds, and causes of gaps. */
  told(node: string): string[];
  /** Waits until it was told. */
  tells(node: string, what: string): Promise<void>;
  /** Ends it as SIGTERM does. */
  stop(): Promise<void>;
}

/** Starts a collector; it ends with the test. */
export function startCollector(options: CollectOptions): RunningCollector {
  const events: CollectorEvent[] = [];
  const stop = new AbortController();
  const ended = collect({ ...options, signal: stop.signal, onEvent: (event) => events.push(event) });
  ended.catch(() => undefined);
  const told = (node: string): string[] => {
    return events
      .filter((event) => event.node === node)
      .map((event) => (event.kind === "gap" ? event.gap.cause : event.kind));
  };
  const end = (): Promise<void> => {
    stop.abort();
    return ended;
  };
  return {
    events,
    told,
    tells: (node, what) => until(() => told(node).includes(what)),
    stop: end,
    [Symbol.asyncDispose]: end,
  };
}

/** A ledger in a file of its own, which goes with it. */
export interface TestLedger extends AsyncDisposable {
  readonly file: string;
  readonly ledger: Ledger;
  /** Bytes booked of a node's users. */
  booked(node: string): Promise<bigint>;
}

/** Makes a ledger in a new directory. */
export async function openTestLedger(): Promise<TestLedger> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-collect-"));
  const file = join(directory, "usage.db");
  const ledger = await openSqliteLedger(file);
  return {
    file,
    ledger,
    async booked(node) {
      return (await ledger.totals({ node })).total;
    },
    async [Symbol.asyncDispose]() {
      await ledger.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
