import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";

/** Where a ledger of a fault harness lies, as its processes are told. */
export type FaultDatabase =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "postgres"; readonly url: string; readonly schema: string };

/** Opens it in a process that is to die; closing it ends all connections. */
export async function openMortalStore(database: FaultDatabase): Promise<LedgerStore> {
  if (database.kind === "sqlite") return openSqliteStore(database.file, { busyTimeoutMs: 60_000 });
  const { url, schema } = database;
  // Only where it is used: each of a thousand processes would load it.
  const { default: pg } = await import("pg");
  const { openPostgresStore } = await import("../../src/ledger/postgres/postgres-store.ts");
  const pool = new pg.Pool({ connectionString: url, application_name: schema, max: 2 });
  const store = await openPostgresStore(pool, { schema });
  return {
    write: (work) => store.write(work),
    read: (work) => store.read(work),
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
}
