import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLedger } from "../../src/ledger/ledger.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import { addUsers, writePackedDays } from "./history.ts";

const dayMs = 86_400_000;
const month = { first: Date.UTC(2026, 9) / dayMs, end: Date.UTC(2026, 10) / dayMs };
const users = 100_000;
/** So many of them have a whole year. */
const oldUsers = 1000;

/** How long a question takes, asked for the first time by a process and then again. */
export interface AnswerTimes {
  readonly question: string;
  readonly rows: number;
  readonly first: number;
  readonly again: readonly number[];
}

/** Answers from a packed ledger of 100,000 users, and the plan of the query for one counter's days. */
export async function timeAnswers(rounds: number): Promise<{ times: AnswerTimes[]; plan: string; megabytes: number }> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-bench-"));
  const file = join(directory, "usage.db");
  try {
    const store = await openSqliteStore(file, { busyTimeoutMs: 10_000 });
    const { node, old, others } = await store.write(async (tx) => {
      const { id } = await tx.ownNode("node");
      return { node: id, old: await addUsers(tx, id, 0, oldUsers), others: await addUsers(tx, id, oldUsers, users) };
    });
    await writePackedDays(store, node, old, { first: month.end - 365, end: month.end });
    await writePackedDays(store, node, others, month);
    await store.close();

    const from = new Date(month.first * dayMs);
    const to = new Date(month.end * dayMs);
    const year = { from: new Date((month.end - 365) * dayMs), to, subject: "user7@example.com", by: ["day"] } as const;
    const questions = {
      "one user by day over a year, UTC": (ledger) => ledger.usage(year),
      "one user by day over a year, Asia/Kolkata": (ledger) => ledger.usage({ ...year, timeZone: "Asia/Kolkata" }),
      "top 100 of 100,000 users of a month, UTC": (ledger) => ledger.top(100, { from, to, by: ["user"] }),
      "top 100 of 100,000 users of a month, Asia/Kolkata": (ledger) =>
        ledger.top(100, { ...shifted(from, to), by: ["user"], timeZone: "Asia/Kolkata" }),
    } satisfies Record<
      string,
      (ledger: ReturnType<typeof createLedger>) => Promise<{ readonly rows: readonly unknown[] }>
    >;
    const times: AnswerTimes[] = [];
    for (const [question, ask] of Object.entries(questions)) {
      await using ledger = createLedger(await openSqliteStore(file, { readOnly: true, busyTimeoutMs: 10_000 }));
      const taken: number[] = [];
      let rows = 0;
      for (let round = 0; round <= rounds; round++) {
        const start = performance.now();
        rows = (await ask(ledger)).rows.length;
        taken.push(performance.now() - start);
      }
      times.push({ question, rows, first: taken[0] as number, again: taken.slice(1) });
    }
    return { times, plan: planOf(file), megabytes: statSync(file).size / 1e6 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The month by a clock that is five and a half hours ahead. */
function shifted(from: Date, to: Date): { from: Date; to: Date } {
  const ahead = 5.5 * 3_600_000;
  return { from: new Date(from.getTime() - ahead), to: new Date(to.getTime() - ahead) };
}

function planOf(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database
    .prepare("EXPLAIN QUERY PLAN SELECT total FROM json_each(?) JOIN packed ON slot = value")
    .all("[]");
  database.close();
  return rows.map(({ detail }) => String(detail)).join("; ");
}
