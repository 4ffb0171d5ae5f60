/** One PostgreSQL connection: all the ledger asks of it. */
export interface PostgresConnection {
  /** Runs one statement; its parameters are `$1` and so on. */
  query(text: string, values: unknown[]): Promise<PostgresAnswer>;
  /** Gives the connection back; with an error where it must not be used again. */
  release(error?: Error): void;
  /** Where connections are event emitters: one that breaks while it is ours must not end the process. */
  on?(event: "error", listener: (error: Error) => void): unknown;
  /** Takes a listener back. */
  off?(event: "error", listener: (error: Error) => void): unknown;
}

/** What a statement brought. */
export interface PostgresAnswer {
  /** Its rows, as objects by column. */
  readonly rows: readonly unknown[];
}

/** Where connections come from; a `pg` Pool fits unchanged, a Client or PGlite by an adapter of a few lines. */
export interface PostgresSource {
  /** A connection that is nobody else's until it is released. */
  connect(): Promise<PostgresConnection>;
}
