import { createLedger, type Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";
import { addUnpackedDays, addUsers, writePackedDays } from "./history.ts";

const dayMs = 86_400_000;
const month = { first: Date.UTC(2026, 9) / dayMs, end: Date.UTC(2026, 10) / dayMs };
const users = 100_000;
/** So many of them have a whole year. */
const oldUsers = 1000;

/** A database to ask. */
export interface AnswerPlace {
  /** For writing, once. */
  openStore(): Promise<LedgerStore>;
  /** As another process opens it that asks for the first time. */
  openReader(): Promise<LedgerStore>;
  /** The plans of the statements that read usage while it is asked, as the database tells them. */
  plansOf(ask: (store: LedgerStore) => Promise<unknown>): Promise<readonly string[]>;
}

/** How long a question takes, asked for the first time by a process and then again, and how it is answered. */
export interface AnswerTimes {
  readonly question: string;
  readonly rows: number;
  readonly first: number;
  readonly again: readonly number[];
  /** Processor time of this process when it asks again: it tells more on a busy machine. */
  readonly cpu: readonly number[];
  readonly plans: readonly string[];
}

/** Writes a year of some users and a month of 100,000, all packed, and two more days as they were booked. */
export async function fillForAnswers(place: Pick<AnswerPlace, "openStore">): Promise<void> {
  const store = await place.openStore();
  const { node, old, others } = await store.write(async (tx) => {
    const { id } = await tx.ownNode("node");
    return { node: id, old: await addUsers(tx, id, 0, oldUsers), others: await addUsers(tx, id, oldUsers, users) };
  });
  await writePackedDays(store, node, old, { first: month.end - 365, end: month.end });
  await writePackedDays(store, node, others, month);
  await addUnpackedDays(store, node, [...old, ...others], { first: month.end, end: month.end + 2 });
  await store.close();
}

/** Asks each question in a ledger opened for it, then again some times. */
export async function timeAnswers(place: AnswerPlace, rounds: number): Promise<AnswerTimes[]> {
  const times: AnswerTimes[] = [];
  for (const [question, ask] of Object.entries(questions)) {
    await using ledger = createLedger(await place.openReader());
    const taken: number[] = [];
    const cpu: number[] = [];
    let rows = 0;
    for (let round = 0; round <= rounds; round++) {
      const cpuStart = process.cpuUsage();
      const start = performance.now();
      rows = (await ask(ledger)).rows.length;
      taken.push(performance.now() - start);
      const { user, system } = process.cpuUsage(cpuStart);
      cpu.push((user + system) / 1000);
    }
    const plans = await place.plansOf((store) => ask(createLedger(store)));
    times.push({ question, rows, first: taken[0] as number, again: taken.slice(1), cpu: cpu.slice(1), plans });
  }
  return times;
}

const from = new Date(month.first * dayMs);
const to = new Date(month.end * dayMs);
const year = { from: new Date((month.end - 365) * dayMs), to, subject: "user7@example.com", by: ["day"] } as const;
/** By a clock that is five and a half hours ahead. */
const timeZone = "Asia/Kolkata";
const aheadMs = 5.5 * 3_600_000;
const local = { from: new Date(from.getTime() - aheadMs), to: new Date(to.getTime() - aheadMs), timeZone };
const thirtyDays = { from: new Date((month.end - 28) * dayMs), to: new Date((month.end + 2) * dayMs) };

const questions: Record<string, (ledger: Ledger) => Promise<{ readonly rows: readonly unknown[] }>> = {
  "one user by day over a year, UTC": (ledger) => ledger.usage(year),
  "one user by day over a year, Asia/Kolkata": (ledger) => ledger.usage({ ...year, timeZone }),
  "top 100 of a month, UTC": (ledger) => ledger.top(100, { from, to, by: ["user"] }),
  "top 100 of a month, Asia/Kolkata": (ledger) => ledger.top(100, { ...local, by: ["user"] }),
  "top 100 of 30 days, two of them not packed": (ledger) => ledger.top(100, { ...thirtyDays, by: ["user"] }),
};
