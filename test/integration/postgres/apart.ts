import type { TestContext } from "node:test";
import pg from "pg";
import { openPostgresStore } from "../../../src/ledger/postgres/postgres-store.ts";
import type { LedgerStore, LedgerWrite } from "../../../src/ledger/store.ts";
import { postgresServer } from "../../support/postgres-server.ts";
import { until } from "../../support/until.ts";

/** A store with connections of its own, as another process has. */
export async function openApart(context: TestContext, schema: string, max = 10): Promise<LedgerStore> {
  const { url } = await postgresServer();
  const pool = new pg.Pool({ connectionString: url, max });
  context.after(() => pool.end());
  return openPostgresStore(pool, { schema });
}

/** Waits until a transaction waits for another one's lock, or this has ended: whether it waits. */
export async function waitsForLock(work: Promise<unknown>): Promise<boolean> {
  const { pool } = await postgresServer();
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  work.then(end, end);
  let waits = false;
  await until(async () => {
    const { rows } = await pool.query("SELECT 1 FROM pg_locks WHERE NOT granted");
    waits = rows.length > 0;
    return waits || ended;
  });
  return waits;
}

/** A store whose next transaction that comes to a call stays there, with what it has locked, until it may go on. */
export interface PausedStore {
  readonly store: LedgerStore;
  /** Resolves once it stays there. */
  readonly there: Promise<void>;
  goOn(): void;
}

/** Lets one transaction of a store stay before a call. */
export function pausedBefore(inner: LedgerStore, call: keyof LedgerWrite): PausedStore {
  const there = Promise.withResolvers<void>();
  const goingOn = Promise.withResolvers<void>();
  const paused = (tx: LedgerWrite): LedgerWrite =>
    new Proxy(tx, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return async (...values: unknown[]) => {
          if (key === call) {
            there.resolve();
            await goingOn.promise;
          }
          return value.apply(target, values);
        };
      },
    });
  const store: LedgerStore = {
    write: (work) => inner.write((tx) => work(paused(tx))),
    read: (work) => inner.read(work),
    close: () => inner.close(),
  };
  return { store, there: there.promise, goOn: goingOn.resolve };
}
