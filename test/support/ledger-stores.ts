import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../src/ledger/memory/memory-store.ts";
import { openPostgresStore } from "../../src/ledger/postgres/postgres-store.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import { newSchema, postgresMissing, postgresServer } from "./postgres-server.ts";

/** Where a ledger lies: opened, closed and opened again, it is the same one. */
export interface LedgerPlace extends AsyncDisposable {
  /** As `openSqliteLedger` does; one that is open already goes on beside it. */
  openStore(): Promise<LedgerStore>;
  /** The ledger over such a store. */
  open(): Promise<Ledger>;
}

/** A way to keep a ledger. */
export interface LedgerKind {
  readonly kind: string;
  /** A new place for one. */
  readonly place: () => LedgerPlace;
}

const noPostgres = postgresMissing();

/** Ways to keep a ledger, of those that this machine has. */
export const ledgerKinds: readonly LedgerKind[] = [
  { kind: "memory", place: memoryPlace },
  { kind: "sqlite", place: sqlitePlace },
  ...(noPostgres === undefined ? [{ kind: "postgres", place: postgresPlace }] : []),
];

/** One test for each way to keep a ledger. */
export function ledgerTest(name: string, run: (place: LedgerPlace, context: TestContext) => Promise<void>): void {
  for (const { kind, place } of ledgerKinds) {
    test(`${name} (${kind})`, async (context) => {
      await using used = place();
      await run(used, context);
    });
  }
  if (noPostgres !== undefined) test(`${name} (postgres)`, { skip: noPostgres });
}

function memoryPlace(): LedgerPlace {
  const kept = openMemoryStore();
  return placeOf(
    async () => ({
      write: (work) => kept.write(work),
      read: (work) => kept.read(work),
      close: async () => {},
    }),
    () => {},
  );
}

function sqlitePlace(): LedgerPlace {
  const directory = newDirectory();
  return placeOf(
    () => openSqliteStore(join(directory, "usage.db"), { busyTimeoutMs: 10_000 }),
    () => removeDirectory(directory),
  );
}

function postgresPlace(): LedgerPlace {
  const schema = newSchema();
  return placeOf(
    async () => openPostgresStore((await postgresServer()).pool, { schema }),
    // The server goes with all its schemas when the tests end.
    () => {},
  );
}

function placeOf(openStore: () => Promise<LedgerStore>, remove: () => void): LedgerPlace {
  const opened: LedgerStore[] = [];
  const openKept = async (): Promise<LedgerStore> => {
    const store = await openStore();
    opened.push(store);
    return store;
  };
  return {
    openStore: openKept,
    open: async () => createLedger(await openKept()),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((store) => store.close()));
      remove();
    },
  };
}

/** An empty directory for databases; in memory where there is such a place, for the speed of it. */
export function newDirectory(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "v2ray-stats-ledger-"));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
