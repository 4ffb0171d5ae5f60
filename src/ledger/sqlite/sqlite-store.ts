import { statSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { sleep } from "../../internal/sleep.ts";
import { LedgerError } from "../ledger-error.ts";
import type {
  CounterSum,
  LedgerStore,
  LedgerWrite,
  NewCounter,
  NodeChange,
  StoredCounter,
  StoredEntry,
  StoredNode,
  UsageColumns,
} from "../store.ts";
import { assertSchema, migrate } from "./migrate.ts";
import { quarterSlots } from "./schema.ts";
import { isBusy, isUnopenable, sqliteError } from "./sqlite-error.ts";

/** Rows of one statement: more gain nothing. */
const rowsPerStatement = 256;

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
      return new SqliteStore(file, database, migrate(database, file, readOnly), busyTimeoutMs);
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
  readonly ledgerId: string;
  readonly #file: string;
  readonly #inode: string | undefined;
  readonly #database: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #statements = new Map<string, StatementSync>();
  /** One connection runs one transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: string, database: DatabaseSync, ledgerId: string, busyTimeoutMs: number) {
    this.#file = resolve(file);
    this.#inode = inodeOf(this.#file);
    this.#database = database;
    this.ledgerId = ledgerId;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    return this.#inTurn(() =>
      this.#transact("BEGIN IMMEDIATE", (tx) => {
        this.#assertInPlace();
        assertSchema(this.#database);
        return work(tx);
      }),
    );
  }

  read<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    return this.#inTurn(() => this.#transact("BEGIN", work));
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

  async #transact<Result>(begin: string, work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    this.#database.exec(begin);
    try {
      const result = await work(new SqliteTransaction(this.#database, this.#statements));
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

class SqliteTransaction implements LedgerWrite {
  readonly #database: DatabaseSync;
  readonly #statements: Map<string, StatementSync>;

  constructor(database: DatabaseSync, statements: Map<string, StatementSync>) {
    this.#database = database;
    this.#statements = statements;
  }

  async nodes(): Promise<readonly StoredNode[]> {
    return this.#prepare(`${selectNode} ORDER BY id`).all().map(nodeOf);
  }

  async node(name: string): Promise<StoredNode> {
    const key = Buffer.from(name);
    this.#prepare("INSERT INTO node (name, revision, token, heartbeat) VALUES (?, 0, 0, 0) ON CONFLICT DO NOTHING").run(
      key,
    );
    return nodeOf(this.#prepare(`${selectNode} WHERE name = ?`).get(key) as Row);
  }

  async changeNode(id: number, change: NodeChange): Promise<void> {
    const columns = Object.keys(change);
    const values = Object.values(change).map((value) => value ?? null);
    this.#prepare(`UPDATE node SET ${columns.map((each) => `${each} = ?`).join(", ")} WHERE id = ?`).run(...values, id);
  }

  async counters(node: number): Promise<readonly StoredCounter[]> {
    const rows = this.#prepare(
      `SELECT counter.id, source, name, generation, value, missing_since FROM counter
       LEFT JOIN raw ON raw.counter = counter.id WHERE node = ? ORDER BY counter.id`,
      true,
    ).all(node);
    return rows.map((row) => ({
      id: Number(row.id),
      source: row.source as string,
      name: textOf(row.name),
      generation: Number(row.generation),
      raw: (row.value as bigint | null) ?? undefined,
      missingSince: row.missing_since === null ? undefined : Number(row.missing_since),
    }));
  }

  async addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]> {
    const insert = this.#prepare("INSERT INTO counter (node, source, name, generation) VALUES (?, ?, ?, ?)");
    return counters.map(({ source, name, generation }) =>
      Number(insert.run(node, source, Buffer.from(name), generation).lastInsertRowid),
    );
  }

  async setRaws(_node: number, counters: readonly number[], raws: readonly bigint[]): Promise<void> {
    const insert = {
      head: "INSERT INTO raw (counter, value) VALUES ",
      tail: " ON CONFLICT (counter) DO UPDATE SET value = excluded.value, missing_since = NULL",
      shared: [],
      row: (first: number) => `(?${first},?${first + 1})`,
    };
    this.#many(insert, counters, raws);
  }

  async forgetRaws(node: number): Promise<void> {
    this.#prepare("DELETE FROM raw WHERE counter IN (SELECT id FROM counter WHERE node = ?)").run(node);
  }

  async setMissing(_node: number, counters: readonly number[], since: number): Promise<void> {
    const update = this.#prepare("UPDATE raw SET missing_since = ? WHERE counter = ?");
    for (const counter of counters) update.run(since, counter);
  }

  async addUsage(revision: number, { quarter, counters, bytes }: UsageColumns): Promise<void> {
    const insert = {
      head: "INSERT INTO usage (slot, bytes, revision) VALUES ",
      tail: " ON CONFLICT (slot) DO UPDATE SET bytes = bytes + excluded.bytes, revision = excluded.revision",
      shared: [quarter * quarterSlots, revision],
      row: (first: number) => `(?1+?${first},?${first + 1},?2)`,
    };
    this.#many(insert, counters, bytes);
  }

  async addEntries(revision: number, entries: readonly StoredEntry[]): Promise<void> {
    const insert = this.#prepare(
      "INSERT INTO entry (id, node, kind, from_ms, to_ms, body, revision) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    for (const { id, node, kind, from, to, body } of entries) insert.run(id, node, kind, from, to, body, revision);
  }

  async sums(from: number, to: number, counters: readonly number[] | "all"): Promise<readonly CounterSum[]> {
    const range = [from * quarterSlots, to * quarterSlots];
    const rows =
      counters === "all"
        ? this.#prepare(
            `SELECT slot % ${quarterSlots} AS counter, ${sumOfBytes} FROM usage
             WHERE slot >= ? AND slot < ? GROUP BY counter`,
            true,
          ).all(...range)
        : this.#prepare(
            `WITH RECURSIVE quarter (start) AS (
               SELECT ?1 WHERE ?1 < ?2 UNION ALL
               SELECT start + ${quarterSlots} FROM quarter WHERE start + ${quarterSlots} < ?2)
             SELECT value AS counter, ${sumOfBytes} FROM json_each(?3), quarter
             JOIN usage ON slot = start + value GROUP BY value`,
            true,
          ).all(...range, JSON.stringify(counters));
    return rows.map(({ counter, high, low }) => ({
      counter: Number(counter),
      bytes: ((high as bigint) << 32n) + (low as bigint),
    }));
  }

  async entries(from: number, to: number): Promise<readonly StoredEntry[]> {
    const rows = this.#prepare(
      `SELECT id, node, kind, from_ms, to_ms, body FROM entry
       WHERE to_ms >= ? AND from_ms <= ? ORDER BY from_ms, id`,
    ).all(from, to);
    return rows.map((row) => ({
      id: row.id as string,
      node: row.node as number,
      kind: row.kind as string,
      from: row.from_ms as number,
      to: row.to_ms as number,
      body: row.body as string,
    }));
  }

  async extent(): Promise<{ readonly first: number; readonly last: number } | undefined> {
    const row = this.#prepare(
      `SELECT (SELECT min(slot) FROM usage) / ${quarterSlots} AS first, (SELECT max(slot) FROM usage) / ${quarterSlots} AS last`,
    ).get() as Row;
    return row.first === null ? undefined : { first: row.first as number, last: row.last as number };
  }

  /** Runs one statement for many counters, some hundred at a time. */
  #many({ head, tail, shared, row }: ManyRows, counters: readonly number[], bytes: readonly bigint[]): void {
    for (let start = 0; start < counters.length; start += rowsPerStatement) {
      const end = Math.min(start + rowsPerStatement, counters.length);
      const values: SQLInputValue[] = [...shared];
      const rows: string[] = [];
      for (let index = start; index < end; index++) {
        rows.push(row(values.length + 1));
        values.push(counters[index] as number, bytes[index] as bigint);
      }
      const text = head + rows.join() + tail;
      const full = end - start === rowsPerStatement;
      (full ? this.#prepare(text) : this.#database.prepare(text)).run(...values);
    }
  }

  #prepare(text: string, bigints = false): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      statement.setReadBigInts(bigints);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** An upsert of many rows: the values that all rows share come first. */
interface ManyRows {
  readonly head: string;
  readonly tail: string;
  readonly shared: readonly number[];
  /** The row whose own two values are numbered from `first`. */
  readonly row: (first: number) => string;
}

type Row = Record<string, unknown>;

/** In two halves: a sum may go beyond what SQLite's integers hold. */
const sumOfBytes = "sum(bytes >> 32) AS high, sum(bytes & 0xffffffff) AS low";

const selectNode = "SELECT id, name, revision, token, holder, heartbeat, base FROM node";

function nodeOf(row: Row): StoredNode {
  return {
    id: row.id as number,
    name: textOf(row.name),
    revision: row.revision as number,
    token: row.token as number,
    holder: (row.holder as string | null) ?? undefined,
    heartbeat: row.heartbeat as number,
    base: (row.base as string | null) ?? undefined,
  };
}

function textOf(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString();
}
