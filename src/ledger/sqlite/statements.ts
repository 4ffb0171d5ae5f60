import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Rows of one statement: more gain nothing. */
const rowsPerStatement = 256;

/** A statement for many rows, given as columns: of the same length, or one value that all rows share. */
export interface ManyRows {
  readonly head: string;
  readonly tail: string;
  readonly columns: readonly [readonly SQLInputValue[], ...(readonly SQLInputValue[] | number)[]];
}

/** A database's statements, prepared once each. */
export class Statements {
  readonly database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** With numbers in its answers, which are exact below 2^53. */
  prepare(text: string): StatementSync {
    return this.#get(text, false);
  }

  /** With bigints in its answers. */
  prepareExact(text: string): StatementSync {
    return this.#get(text, true);
  }

  /**
   * Runs a statement for many rows, some hundred at a time. Its parameters have no numbers: SQLite takes these for
   * names, and looks each of them up in a list of all.
   *
   * @returns How many rows it changed.
   */
  runMany({ head, tail, columns }: ManyRows): number {
    const width = columns.length;
    const count = columns[0].length;
    const row = `(${Array(width).fill("?").join()})`;
    const textOf = (rows: number): string => head + Array(rows).fill(row).join() + tail;
    const full = count < rowsPerStatement ? undefined : this.prepare(textOf(rowsPerStatement));
    const values: SQLInputValue[] = [];
    let changed = 0;
    for (let start = 0; start < count; start += rowsPerStatement) {
      const rows = Math.min(rowsPerStatement, count - start);
      values.length = rows * width;
      for (const [place, column] of columns.entries())
        if (typeof column === "number") for (let at = 0; at < rows; at++) values[at * width + place] = column;
        else for (let at = 0; at < rows; at++) values[at * width + place] = column[start + at] as SQLInputValue;
      const statement = rows === rowsPerStatement ? (full as StatementSync) : this.database.prepare(textOf(rows));
      changed += Number(statement.run(...values).changes);
    }
    return changed;
  }

  /**
   * Many rows as columns. Each column is one JSON text, and what comes of `last` the value itself: some times as fast as
   * an object for each row with a value for each column.
   */
  columns(columns: readonly string[], select: string, values: readonly SQLInputValue[], last = "NULL"): unknown[] {
    const arrays = columns.map((column, at) => `json_group_array(${column}) AS c${at}`);
    const row = this.prepare(`SELECT ${arrays}, ${last} AS last FROM (${select})`).get(...values) as Record<
      string,
      unknown
    >;
    return [...columns.map((_, at) => JSON.parse(row[`c${at}`] as string)), row.last];
  }

  #get(text: string, exact: boolean): StatementSync {
    const key = exact ? `exact ${text}` : text;
    let statement = this.#prepared.get(key);
    if (statement === undefined) {
      statement = this.database.prepare(text);
      statement.setReadBigInts(exact);
      this.#prepared.set(key, statement);
    }
    return statement;
  }
}
