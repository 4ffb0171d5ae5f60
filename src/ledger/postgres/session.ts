import { hash } from "node:crypto";
import { isFromServer, postgresError } from "./postgres-error.ts";
import type { PostgresConnection } from "./postgres-source.ts";

/** A row as any driver gives it, whatever its parsers make of numbers. */
export type Row = Record<string, unknown>;

/** A connection that knows where the ledger's tables are. */
export class Session {
  readonly #connection: PostgresConnection;
  readonly #schema: string;
  #failure: Error | undefined;
  /** What the server did not say: nobody knows what the connection is good for. */
  #lost: Error | undefined;

  constructor(connection: PostgresConnection, schema: string) {
    this.#connection = connection;
    this.#schema = schema;
  }

  /** Runs one statement, in which `@.` stands for the schema. Its failures are ledger errors. */
  async query(text: string, ...values: unknown[]): Promise<readonly Row[]> {
    try {
      const { rows } = await this.#connection.query(text.replaceAll("@.", `${quoted(this.#schema)}.`), values);
      return rows as readonly Row[];
    } catch (error) {
      this.#failure = postgresError(error, this.#schema);
      if (!isFromServer(error)) this.#lost = this.#failure;
      throw this.#failure;
    }
  }

  /**
   * Many rows as columns. Each column is one text of what JSON is made of, and what comes of `last` the value itself:
   * some times as fast as an object for each row.
   */
  async columns(
    columns: readonly string[],
    select: string,
    values: readonly unknown[],
    last = "NULL",
  ): Promise<unknown[]> {
    const texts = columns.map((column, at) => `string_agg((${column})::text, ',') AS c${at}`);
    const [row] = await this.query(`SELECT ${texts}, ${last} AS last FROM (${select}) AS row`, ...values);
    return [...columns.map((_, at) => JSON.parse(`[${row?.[`c${at}`] ?? ""}]`)), row?.last];
  }

  async commit(): Promise<void> {
    // The server would roll back after any failure, and say nothing of it.
    if (this.#failure !== undefined) throw this.#failure;
    await this.query("COMMIT");
  }

  /** @returns Why the connection must not be used again; `undefined` where it may be. */
  async rollBack(): Promise<Error | undefined> {
    if (this.#lost === undefined) await this.query("ROLLBACK").catch(() => {});
    return this.#lost;
  }
}

/** A name as SQL has it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** An array as PostgreSQL reads it from a text: many times as fast as what drivers make of arrays. */
export function listOf(values: readonly (number | bigint)[]): string {
  return `{${values.join()}}`;
}

/** Bytes that SQL decodes from hexadecimal: drivers differ in what they make of them. */
export function hexList(values: readonly (string | Uint8Array)[]): string {
  return `{${values.map((value) => `"${hexOf(value)}"`).join()}}`;
}

/** Bytes, or a text's, in hexadecimal. */
function hexOf(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString("hex");
}

/** Reads a text out of what `encode(…, 'hex')` gave. */
export function textFrom(hex: unknown): string {
  return Buffer.from(hex as string, "hex").toString();
}

/** Stands for a text in an index, which holds no long ones. */
export function hashOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** Hashes that SQL decodes from hexadecimal. */
export function hashList(texts: readonly string[]): string {
  const hashes = new Map<string, string>();
  for (const text of texts) if (!hashes.has(text)) hashes.set(text, hash("sha256", text));
  return `{${texts.map((text) => hashes.get(text)).join()}}`;
}
