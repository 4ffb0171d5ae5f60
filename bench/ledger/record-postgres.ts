import type pg from "pg";
import { openPostgresLedger } from "../../src/ledger/postgres/open-postgres-ledger.ts";
import { newSchema, postgresServer } from "../../test/support/postgres-server.ts";
import { SimulatedReadings } from "./readings.ts";
import { type TimedSides, timeRounds } from "./record.ts";

/** The same as `timeRecord` on PostgreSQL; the floor is one `unnest` statement that upserts the same rows. */
export async function timeRecordOnPostgres(counters: number, step: number, rounds: number): Promise<TimedSides> {
  const { pool } = await postgresServer();
  await using ledger = await openPostgresLedger(pool, { schema: newSchema() });
  await using writer = await ledger.claim("node");
  const client = await pool.connect();
  try {
    await client.query("DROP SCHEMA IF EXISTS floor CASCADE");
    await client.query("CREATE SCHEMA floor");
    await client.query("CREATE TABLE floor.total (id int PRIMARY KEY, value bigint NOT NULL) WITH (fillfactor = 50)");
    await client.query(
      "CREATE TABLE floor.usage (quarter int, id int, bytes bigint NOT NULL, PRIMARY KEY (quarter, id)) WITH (fillfactor = 50)",
    );
    const readings = new SimulatedReadings(counters);
    await writer.record(readings.next(1));
    await writer.record(readings.next(1));
    const floor = {
      write: (ids: readonly number[], totals: readonly number[]) => writeFloor(client, ids, totals),
    };
    return await timeRounds(writer, readings, floor, { counters, step, rounds });
  } finally {
    client.release();
  }
}

async function writeFloor(client: pg.PoolClient, ids: readonly number[], totals: readonly number[]): Promise<void> {
  await client.query(
    `WITH row AS (SELECT * FROM unnest($1::text::int[], $2::text::bigint[], $3::text::bigint[]) AS row (id, value, bytes)),
     total AS (
       INSERT INTO floor.total SELECT id, value FROM row ON CONFLICT (id) DO UPDATE SET value = excluded.value)
     INSERT INTO floor.usage AS kept SELECT 1, id, bytes FROM row
     ON CONFLICT (quarter, id) DO UPDATE SET bytes = kept.bytes + excluded.bytes`,
    [`{${ids.join()}}`, `{${totals.join()}}`, `{${totals.join()}}`],
  );
}
