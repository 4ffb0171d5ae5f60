import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

const rowsPerStatement = 200;

/**
 * The least that keeping totals and differences costs in SQLite: one multi-row upsert by integer id, in the order of
 * ids, and one multi-row insert of the differences, in one transaction that is synced to the disk.
 */
export class SqliteFloor {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE total (id INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT;
      CREATE TABLE delta (id INTEGER PRIMARY KEY, counter INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
    `);
  }

  write(ids: readonly number[], totals: readonly number[], deltas: readonly number[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    this.#many(
      "INSERT INTO total (id, value) VALUES ",
      " ON CONFLICT (id) DO UPDATE SET value = excluded.value",
      ids,
      totals,
    );
    this.#many("INSERT INTO delta (counter, bytes) VALUES ", "", ids, deltas);
    this.#database.exec("COMMIT");
  }

  close(): void {
    this.#database.close();
  }

  #many(head: string, tail: string, first: readonly number[], second: readonly number[]): void {
    const textOf = (rows: number): string => head + Array(rows).fill("(?,?)").join() + tail;
    const full: StatementSync = this.#database.prepare(textOf(rowsPerStatement));
    for (let start = 0; start < first.length; start += rowsPerStatement) {
      const rows = Math.min(rowsPerStatement, first.length - start);
      const values: SQLInputValue[] = [];
      for (let at = start; at < start + rows; at++) values.push(first[at] as number, second[at] as number);
      (rows === rowsPerStatement ? full : this.#database.prepare(textOf(rows))).run(...values);
    }
  }
}
