import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Rows of one statement: more gain nothing. */
const rowsPerStatement = 256;

/** A statement for many rows of numbers, given as columns of the same length. */
export interface ManyRows {
  readonly head: string;
  /** What each row is, where its own values are numbered from `first`. */
  readonly row: (first: number) => string;
  readonly tail: string;
  /** Values that all rows share; they come first. */
  readonly shared: readonly SQLInputValue[];
  readonly columns: readonly (readonly SQLInputValue[])[];
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

  /** Runs a statement for many rows, some hundred at a time. */
  runMany({ head, row, tail, shared, columns }: ManyRows): void {
    const count = columns[0]?.length ?? 0;
    const textOf = (rows: number): string => {
      const each = Array.from({ length: rows }, (_, at) => row(shared.length + at * columns.length + 1));
      return head + each.join() + tail;
    };
    const full = count < rowsPerStatement ? undefined : this.prepare(textOf(rowsPerStatement));
    const values: SQLInputValue[] = [...shared];
    for (let start = 0; start < count; start += rowsPerStatement) {
      const rows = Math.min(rowsPerStatement, count - start);
      values.length = shared.length + rows * columns.length;
      for (let at = 0, to = shared.length; at < rows; at++)
        for (const column of columns) values[to++] = column[start + at] as SQLInputValue;
      const statement = rows === rowsPerStatement ? (full as StatementSync) : this.database.prepare(textOf(rows));
      statement.run(...values);
    }
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
