import { setTimeout as wait } from "node:timers/promises";
import { LedgerError } from "../../src/ledger/ledger-error.ts";
import { openPostgresStore } from "../../src/ledger/postgres/postgres-store.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import { node } from "../support/ledger-session.ts";
import { postgresServer } from "../support/postgres-server.ts";
import type { FaultDatabase } from "./fault-database.ts";

/** Opens it in the process of the test. */
export async function openFollowedStore(database: FaultDatabase, readOnly: boolean): Promise<LedgerStore> {
  if (database.kind === "sqlite") return openSqliteStore(database.file, { readOnly, busyTimeoutMs: 60_000 });
  return openPostgresStore((await postgresServer()).pool, { schema: database.schema, readOnly });
}

/** Waits until what a killed process had begun is done: its server may commit for it when it is gone. */
export async function afterDeath(database: FaultDatabase): Promise<void> {
  if (database.kind === "sqlite") return;
  const { pool } = await postgresServer();
  const select = "SELECT count(*)::int AS left FROM pg_stat_activity WHERE application_name = $1";
  while ((await pool.query(select, [database.schema])).rows[0].left > 0) await wait(2);
}

/** The number of the reading that a ledger has as its base; `undefined` where it has none. */
export async function baseNumber(database: FaultDatabase, readOnly: boolean): Promise<number | undefined> {
  let store: LedgerStore;
  try {
    store = await openFollowedStore(database, readOnly);
  } catch (error) {
    // Killed before the file, the schema, or its first table, was made.
    if (error instanceof LedgerError && readOnly && isMissing(error)) return undefined;
    throw error;
  }
  try {
    const [found] = await store.read((tx) => tx.nodesNamed([node]));
    return found?.base === undefined ? undefined : JSON.parse(found.base).sysAfter.goroutines;
  } finally {
    await store.close();
  }
}

function isMissing({ reason }: LedgerError): boolean {
  return reason === "unavailable" || reason === "not-a-ledger" || reason === "older-schema";
}
