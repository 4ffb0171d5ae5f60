import { createLedger, type Ledger } from "../ledger.ts";
import { LedgerError } from "../ledger-error.ts";
import type { PostgresLedgerOptions } from "./open-postgres-ledger.ts";
import type { PostgresSource } from "./postgres-source.ts";
import { openPostgresStore } from "./postgres-store.ts";

/**
 * Opens a ledger at a `postgres://` address with connections of its own, which end with it. Needs the package `pg`.
 *
 * @throws RangeError where it is no such address.
 * @throws {@link LedgerError} `unavailable` where `pg` is not installed, and as {@link openPostgresLedger} does.
 */
export async function openPostgresUrl(url: string, options: PostgresLedgerOptions = {}): Promise<Ledger> {
  // The text stays out of the message: it may hold a password.
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new RangeError("a PostgreSQL address is of the form postgres://user@host:5432/database");
  const pool = await newPool(url);
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ended ??= pool.end();
    return ended;
  };
  try {
    const store = await openPostgresStore(pool, options);
    return createLedger({
      write: (work) => store.write(work),
      read: (work) => store.read(work),
      close: () => store.close().then(end),
    });
  } catch (error) {
    // Not waited for: it may be a server that does not answer what this failed by.
    end().catch(() => {});
    throw error;
  }
}

async function newPool(connectionString: string): Promise<PostgresSource & { end(): Promise<void> }> {
  const { default: pg } = await import("pg").catch((cause: unknown) => {
    throw new LedgerError("unavailable", "a ledger in PostgreSQL needs the package pg", {
      advice: "Run `npm install pg`.",
      cause,
    });
  });
  const pool = new pg.Pool({
    connectionString,
    application_name: "v2ray-stats",
    // A server that says nothing any more must not stop a collector for ever.
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  });
  // An idle connection that breaks is not worth the process: the pool makes another one.
  pool.on("error", () => {});
  return pool;
}
