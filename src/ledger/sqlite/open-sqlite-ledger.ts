import { createLedger, type Ledger } from "../ledger.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** Options of {@link openSqliteLedger}. */
export interface SqliteLedgerOptions {
  /**
   * Opens for reading alone, beside a running writer; the file must be there.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * How long to wait for another process' write, in milliseconds.
   *
   * @defaultValue 10000
   */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Opens a ledger in a SQLite file, made where there is none. Every commit is synced to the disk before it counts.
 *
 * @throws {@link LedgerError} where the file cannot be opened, is no ledger, or of a newer release.
 */
export async function openSqliteLedger(file: string, options: SqliteLedgerOptions = {}): Promise<Ledger> {
  // SQLite takes it for a database that is gone when it is closed.
  if (file === "") throw new RangeError("a ledger's file must have a name");
  const { readOnly, busyTimeoutMs = 10_000 } = options;
  return createLedger(await openSqliteStore(file, { readOnly, busyTimeoutMs }));
}
