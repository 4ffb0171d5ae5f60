import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import { type AnswerPlace, type AnswerTimes, fillForAnswers, timeAnswers } from "./answers.ts";

/** Answers from a SQLite file, and its size. */
export async function timeSqliteAnswers(rounds: number): Promise<{ times: AnswerTimes[]; megabytes: number }> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-bench-"));
  const file = join(directory, "usage.db");
  const openReader: AnswerPlace["openReader"] = () => openSqliteStore(file, { readOnly: true, busyTimeoutMs: 10_000 });
  const place: AnswerPlace = {
    openStore: () => openSqliteStore(file, { busyTimeoutMs: 10_000 }),
    openReader,
    plansOf: async (ask) => {
      const texts = new Set<string>();
      const { prepare } = DatabaseSync.prototype;
      DatabaseSync.prototype.prepare = function (text, ...options) {
        texts.add(text);
        return prepare.call(this, text, ...options);
      };
      const store = await openReader();
      await ask(store).finally(() => {
        DatabaseSync.prototype.prepare = prepare;
      });
      await store.close();
      using database = new DatabaseSync(file, { readOnly: true });
      return [...texts]
        .filter((text) => /\b(usage|packed|packed_month) JOIN\b|\bJOIN (usage|packed|packed_month)\b/.test(text))
        .map((text) => database.prepare(`EXPLAIN QUERY PLAN ${text}`).all())
        .map((steps) => steps.map(({ detail }) => String(detail)).join("; "));
    },
  };
  try {
    await fillForAnswers(place);
    return { times: await timeAnswers(place, rounds), megabytes: statSync(file).size / 1e6 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
