import type pg from "pg";
import { openPostgresLedger } from "../../src/ledger/postgres/open-postgres-ledger.ts";
import { newSchema, postgresServer } from "../../test/support/postgres-server.ts";
import { SimulatedReadings } from "./readings.ts";
import type { TimedSides } from "./record.ts";

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
    const all = Array.from({ length: counters }, (_, at) => at + 1);
    await writeFloor(client, all, all);
    const times: TimedSides = { ours: [], floor: [] };
    for (let round = 0; round < rounds; round++) {
      const snapshot = readings.next(step);
      const moved = Array.from({ length: Math.ceil(counters / step) }, (_, at) => at * step + 1);
      const totals = moved.map((id) => id * 1000 + round);
      let start = performance.now();
      const result = await writer.record(snapshot);
      times.ours.push(performance.now() - start);
      if (result.counters !== moved.length) throw new Error(`${result.counters} moved, not ${moved.length}`);
      start = performance.now();
      await writeFloor(client, moved, totals);
      times.floor.push(performance.now() - start);
    }
    return times;
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
