import { createLedger, type Ledger } from "../ledger.ts";
import type { PostgresSource } from "./postgres-source.ts";
import { openPostgresStore } from "./postgres-store.ts";

/** Options of {@link openPostgresLedger}. */
export interface PostgresLedgerOptions {
  /**
   * Where the tables are, made where it is not there: a ledger has a schema of its own.
   *
   * @defaultValue "v2ray_stats"
   */
  readonly schema?: string | undefined;
  /**
   * Opens for reading alone; the ledger must be there.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a ledger in a PostgreSQL database, made where there is none. Every commit is on the server's disk before it
 * counts. Closing the ledger leaves the source open.
 *
 * @throws {@link LedgerError} where the database cannot be reached or written, or the ledger is of a newer release.
 */
export async function openPostgresLedger(source: PostgresSource, options: PostgresLedgerOptions = {}): Promise<Ledger> {
  return createLedger(await openPostgresStore(source, options));
}
