import { sleep } from "../../internal/sleep.ts";
import { LedgerError } from "../ledger-error.ts";
import type { LedgerRead, LedgerStore, LedgerWrite } from "../store.ts";
import { assertReadable, assertUnchanged, isCurrent, migrate } from "./migrate.ts";
import type { PostgresLedgerOptions } from "./open-postgres-ledger.ts";
import { isConflict, isMadeByAnother, postgresError } from "./postgres-error.ts";
import { PostgresRead } from "./postgres-read.ts";
import type { PostgresConnection, PostgresSource } from "./postgres-source.ts";
import { PostgresWrite } from "./postgres-write.ts";
import { Session } from "./session.ts";

/** How often work runs at most that other transactions make fail. */
const attempts = 12;

const beginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/** Writers of one node come one after the other by its lock: each statement sees what the one before committed. */
const beginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/** A ledger in a schema of a PostgreSQL database. */
export async function openPostgresStore(
  source: PostgresSource,
  { schema = "v2ray_stats", readOnly = false, signal }: PostgresLedgerOptions = {},
): Promise<LedgerStore> {
  // Longer names are cut by the server, and would then be another's.
  if (schema === "" || schema.includes("\0") || Buffer.byteLength(schema) > 63)
    throw new RangeError("a schema's name must be a text of 1 to 63 bytes");
  signal?.throwIfAborted();
  return endedBy(signal, open(new Transactions(source, schema), schema, readOnly));
}

async function open(transactions: Transactions, schema: string, readOnly: boolean): Promise<LedgerStore> {
  const current = await transactions.run(beginRead, isConflict, async (session) => {
    if (readOnly) await assertReadable(session, schema);
    return readOnly || isCurrent(session, schema);
  });
  if (!current) await transactions.run(beginWrite, isMadeByAnother, (session) => migrate(session, schema));
  return new PostgresStore(transactions, schema, readOnly);
}

/** Waits no longer than the signal says. What goes on unheard gives its connection back when it is done. */
async function endedBy<Result>(signal: AbortSignal | undefined, work: Promise<Result>): Promise<Result> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

class PostgresStore implements LedgerStore {
  readonly #transactions: Transactions;
  readonly #schema: string;
  readonly #readOnly: boolean;
  /** Ids of nodes: what is found under them is looked at again. */
  readonly #ids = new Map<string, number>();
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  constructor(transactions: Transactions, schema: string, readOnly: boolean) {
    this.#transactions = transactions;
    this.#schema = schema;
    this.#readOnly = readOnly;
  }

  write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    return this.#run(() => {
      if (this.#readOnly)
        throw new LedgerError("unwritable", `the ledger ${this.#schema} was opened for reading alone`, {
          advice: "Open it for writing.",
        });
      return this.#transactions.run(beginWrite, isConflict, (session) => work(new PostgresWrite(session, this.#ids)));
    });
  }

  read<Result>(work: (tx: LedgerRead) => Promise<Result>): Promise<Result> {
    return this.#run(() =>
      this.#transactions.run(beginRead, isConflict, async (session) => {
        await assertUnchanged(session);
        return work(new PostgresRead(session));
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }

  async #run<Result>(transact: () => Promise<Result>): Promise<Result> {
    if (this.#closed)
      throw new LedgerError("closed", `the ledger ${this.#schema} was closed`, { advice: "Open it again." });
    const running = transact();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

/** Runs work in transactions, each on a connection of its own. */
class Transactions {
  readonly #source: PostgresSource;
  readonly #schema: string;

  constructor(source: PostgresSource, schema: string) {
    this.#source = source;
    this.#schema = schema;
  }

  /** @param mayRunAgain Tells the failures after which nothing was written and the work may do better. */
  async run<Result>(
    begin: string,
    mayRunAgain: (error: unknown) => boolean,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#runOnce(begin, work);
      } catch (error) {
        if (attempt === attempts || !mayRunAgain(error)) throw error;
      }
      // Uneven, so that two that failed by each other do not meet again.
      await sleep(Math.random() * Math.min(2 ** attempt, 250));
    }
  }

  async #runOnce<Result>(begin: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const connection = await this.#begin(begin);
    const session = new Session(connection, this.#schema);
    let broken: Error | undefined;
    try {
      const result = await work(session);
      await session.commit();
      return result;
    } catch (error) {
      broken = await session.rollBack();
      throw error;
    } finally {
      release(connection, broken);
    }
  }

  /** A connection in a transaction. One that died while it stood idle in a pool is given back for another. */
  async #begin(begin: string): Promise<PostgresConnection> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#connect();
      connection.on?.("error", ignore);
      try {
        await new Session(connection, this.#schema).query(begin);
        return connection;
      } catch (error) {
        release(connection, error as Error);
        if (attempt === attempts) throw error;
      }
    }
  }

  async #connect(): Promise<PostgresConnection> {
    try {
      return await this.#source.connect();
    } catch (error) {
      throw postgresError(error, this.#schema);
    }
  }
}

function release(connection: PostgresConnection, broken: Error | undefined): void {
  connection.release(broken);
  connection.off?.("error", ignore);
}

/** A connection may break while nothing is asked of it, and nobody else hears that; the next statement fails anyway. */
function ignore(): void {}
