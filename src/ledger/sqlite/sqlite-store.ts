import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { sleep } from "../../internal/sleep.ts";
import { LedgerError } from "../ledger-error.ts";
import type { LedgerRead, LedgerStore, LedgerWrite } from "../store.ts";
import { assertSchema, migrate } from "./migrate.ts";
import { isBusy, isUnopenable, isUnwritable, sqliteError } from "./sqlite-error.ts";
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
    const opened = (database: DatabaseSync, still?: string): SqliteStore => {
      try {
        migrate(database, file, readOnly);
        return new SqliteStore(file, database, { readOnly, busyTimeoutMs, still });
      } catch (error) {
        database.close();
        throw error;
      }
    };
    try {
      return opened(openDatabase(file, readOnly));
    } catch (error) {
      const still = readOnly && isUnwritable(error) ? stillness(file) : undefined;
      if (still === undefined) throw error;
      return opened(openStill(file, error), still);
    }
  });
}

/**
 * A reader takes part in the writer's files, which SQLite makes where nobody writes. Who may not, as on a medium that
 * is read-only, reads the file as one that nobody changes, and looks whether that holds.
 */
function openStill(file: string, error: unknown): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set("immutable", "1");
  try {
    return new DatabaseSync(url, { readOnly: true });
  } catch {
    throw error; // Node.js before 22.15 takes no addresses
  }
}

/** What changes with a file that somebody writes; `undefined` where somebody does just now. */
function stillness(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined || existsSync(`${file}-wal`)) return undefined;
  return `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
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
  readonly #readOnly: boolean;
  readonly #busyTimeoutMs: number;
  /** How the file is, where it is read as one that nobody changes. */
  readonly #still: string | undefined;
  readonly #statements: Statements;
  /** One connection runs one transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    file: string,
    database: DatabaseSync,
    { readOnly = false, busyTimeoutMs, still }: SqliteStoreOptions & { readonly still: string | undefined },
  ) {
    this.#file = resolve(file);
    this.#inode = inodeOf(this.#file);
    this.#database = database;
    this.#readOnly = readOnly;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#still = still;
    this.#statements = new Statements(database);
  }

  write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      if (this.#readOnly)
        throw new LedgerError("unwritable", `the ledger ${this.#file} was opened for reading alone`, {
          advice: "Open it for writing.",
        });
      return this.#transact("BEGIN IMMEDIATE", () => {
        this.#assertInPlace();
        assertSchema(this.#database);
        return work(new SqliteWrite(this.#statements));
      });
    });
  }

  read<Result>(work: (tx: LedgerRead) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      try {
        return await this.#transact("BEGIN", () => {
          assertSchema(this.#database);
          return work(new SqliteRead(this.#statements));
        });
      } finally {
        // Before an error of what was read: it may be one of a file that is half the old one.
        this.#assertStill();
      }
    });
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

  #assertStill(): void {
    if (this.#still === undefined || stillness(this.#file) === this.#still) return;
    throw new LedgerError("busy", `the ledger ${this.#file} was written by another process while it was read`, {
      advice: "Open it again; with the right to write into its directory both go on beside each other.",
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
