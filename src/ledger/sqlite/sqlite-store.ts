import { statSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sleep } from "../../internal/sleep.ts";
import { LedgerError } from "../ledger-error.ts";
import type { LedgerRead, LedgerStore, LedgerWrite } from "../store.ts";
import { assertSchema, migrate } from "./migrate.ts";
import { isBusy, isUnopenable, sqliteError } from "./sqlite-error.ts";
import { SqliteRead } from "./sqlite-read.ts";
import { SqliteWrite } from "./sqlite-write.ts";
import { Statements } from "./statements.ts";

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /** Opens a file that is there, for reading alone; the schema must be one this release knows. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process' write, in milliseconds. */
  readonly busyTimeoutMs: number;
}

/** A ledger in a SQLite file: WAL, so that readers never wait for the writer, and full sync, so that a commit stays. */
export async function openSqliteStore(file: string, options: SqliteStoreOptions): Promise<LedgerStore> {
  const { readOnly = false, busyTimeoutMs } = options;
  return patiently(file, performance.now() + busyTimeoutMs, async () => {
    const database = openDatabase(file, readOnly);
    try {
      migrate(database, file, readOnly);
      return new SqliteStore(file, database, busyTimeoutMs);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function openDatabase(file: string, readOnly: boolean): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly });
  } catch (error) {
    if (!readOnly || !isUnopenable(error)) throw error;
    throw new LedgerError("unavailable", `there is no ledger ${file} that can be read`, {
      advice: "Check its name and its rights; it is made when readings are recorded.",
      cause: error,
    });
  }
}

/**
 * Tries again while another connection writes. SQLite's own waiting would stop this process, and where the other
 * connection is this process' own, wait for what it stops.
 */
async function patiently<Result>(file: string, end: number, attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw sqliteError(error, file);
    }
    // Uneven, so that two that wait do not meet again and again.
    await sleep(1 + Math.random() * 20);
  }
}

class SqliteStore implements LedgerStore {
  readonly #file: string;
  readonly #inode: string | undefined;
  readonly #database: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #statements: Statements;
  /** One connection runs one transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: string, database: DatabaseSync, busyTimeoutMs: number) {
    this.#file = resolve(file);
    this.#inode = inodeOf(this.#file);
    this.#database = database;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#statements = new Statements(database);
  }

  write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    return this.#inTurn(() =>
      this.#transact("BEGIN IMMEDIATE", () => {
        this.#assertInPlace();
        assertSchema(this.#database);
        return work(new SqliteWrite(this.#statements));
      }),
    );
  }

  read<Result>(work: (tx: LedgerRead) => Promise<Result>): Promise<Result> {
    return this.#inTurn(() => this.#transact("BEGIN", () => work(new SqliteRead(this.#statements))));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    this.#database.close();
  }

  /** SQLite would go on writing into a file that was deleted or replaced, and all of that would be gone at its end. */
  #assertInPlace(): void {
    if (inodeOf(this.#file) === this.#inode) return;
    throw new LedgerError("unavailable", `the ledger ${this.#file} was deleted, moved or replaced while it was open`, {
      advice: "Put the file back, or start this program anew.",
    });
  }

  async #inTurn<Result>(transact: () => Promise<Result>): Promise<Result> {
    if (this.#closed)
      throw new LedgerError("closed", `the ledger ${this.#file} was closed`, { advice: "Open it again." });
    // From now, not from its turn: of many that wait for one lock none waits longer than the others.
    const end = performance.now() + this.#busyTimeoutMs;
    const turn = this.#last.then(() => patiently(this.#file, end, transact));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #transact<Result>(begin: string, work: () => Promise<Result>): Promise<Result> {
    try {
      this.#database.exec(begin);
      const result = await work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite itself has rolled back where the disk is full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

/** What tells a file from another one of its name; `undefined` where there is none, as for a database in memory. */
function inodeOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}
