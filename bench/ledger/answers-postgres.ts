import type pg from "pg";
import type { PostgresSource } from "../../src/ledger/postgres/postgres-source.ts";
import { openPostgresStore } from "../../src/ledger/postgres/postgres-store.ts";
import { newSchema, postgresServer } from "../../test/support/postgres-server.ts";
import { type AnswerPlace, type AnswerTimes, fillForAnswers, timeAnswers } from "./answers.ts";

/** Answers from PostgreSQL, and the size of the ledger's tables and indexes. */
export async function timePostgresAnswers(rounds: number): Promise<{ times: AnswerTimes[]; megabytes: number }> {
  const { pool } = await postgresServer();
  const schema = newSchema();
  const place: AnswerPlace = {
    openStore: () => openPostgresStore(pool, { schema }),
    openReader: () => openPostgresStore(pool, { schema, readOnly: true }),
    plansOf: async (ask) => {
      const asked = new Map<string, unknown[]>();
      await ask(await openPostgresStore(listening(pool, asked), { schema, readOnly: true }));
      const plans: string[] = [];
      for (const [text, values] of asked) {
        if (!/"\.(usage|packed|packed_month)\b/.test(text)) continue;
        const { rows } = await pool.query<Record<string, string>>(`EXPLAIN (COSTS OFF) ${text}`, values);
        const steps = rows.map((row) => (row["QUERY PLAN"] ?? "").replace(/^[ >-]+/, ""));
        plans.push(
          steps.filter((step) => /Scan|Join|Loop|Aggregate|Sort/.test(step) && !/^Sort Key/.test(step)).join("; "),
        );
      }
      return [...new Set(plans)];
    },
  };
  await fillForAnswers(place);
  // As the server does itself after a while.
  await pool.query("VACUUM ANALYZE");
  const { rows } = await pool.query<{ bytes: string }>(
    `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
     WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)`,
    [schema],
  );
  return { times: await timeAnswers(place, rounds), megabytes: Number(rows[0]?.bytes) / 1e6 };
}

/** Notes each statement with the values it had first. */
function listening(pool: pg.Pool, asked: Map<string, unknown[]>): PostgresSource {
  return {
    connect: async () => {
      const client = await pool.connect();
      return {
        query: (text, values) => {
          if (!asked.has(text)) asked.set(text, values);
          return client.query(text, values);
        },
        release: (error) => client.release(error),
      };
    },
  };
}
