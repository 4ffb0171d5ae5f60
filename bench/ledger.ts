import type { AnswerTimes } from "./ledger/answers.ts";
import { timePostgresAnswers } from "./ledger/answers-postgres.ts";
import { timeSqliteAnswers } from "./ledger/answers-sqlite.ts";
import { measureDisk } from "./ledger/disk.ts";
import { measureMemoryAlone } from "./ledger/memory.ts";
import { type TimedSides, timeRecord } from "./ledger/record.ts";
import { timeRecordOnPostgres } from "./ledger/record-postgres.ts";
import { figure, median, printTable } from "./table.ts";

// What the ledger costs, beside the least that a database takes for the same rows in the same run. Both sides of a
// round run one after the other; the first rounds are the compiler's.

const warmUp = 3;

function ratioRow(label: string, { ours, floor }: TimedSides, goal: number): string[] {
  const [mine, least] = [median(ours.slice(warmUp)), median(floor.slice(warmUp))];
  return [label, figure(mine), figure(least), figure(mine / least), String(goal)];
}

printTable(
  "Recording one reading of 100,000 counters: medians in ms, one durable transaction",
  ["store, moved counters", "record()", "floor", "×", "goal ×"],
  [
    ratioRow("SQLite, 100,000", await timeRecord(100_000, 1, 23), 1.6),
    ratioRow("SQLite, 1,000", await timeRecord(100_000, 100, 43), 2),
    ratioRow("PostgreSQL, 100,000", await timeRecordOnPostgres(100_000, 1, 23), 1.4),
    ratioRow("PostgreSQL, 1,000", await timeRecordOnPostgres(100_000, 100, 43), 2),
  ],
);
console.log("SQLite's floor: multi-row upsert of totals by id and multi-row insert of differences, synced.");
console.log(
  "PostgreSQL's floor: one unnest statement that upserts the same totals and usage, without a server's fsync.",
);

const disk = await Promise.all([8, 32].map(async (active) => [active, await measureDisk(active)] as const));
printTable(
  "Disk for one user (both directions) and year on SQLite, kB",
  ["quarter hours a day with traffic", "as booked", "packed"],
  disk.map(([active, { before, after }]) => [String(active), figure(before / 1000), figure(after / 1000)]),
);

printTable(
  "Memory while a day is recorded (8,640 readings of 20,000 counters, 1 % move), MB after a garbage collection",
  ["hours", "heap and buffers", "resident"],
  (await measureMemoryAlone(20_000)).map(({ hours, heapMb, rssMb }) => [String(hours), figure(heapMb), figure(rssMb)]),
);

printAnswers("SQLite", await timeSqliteAnswers(5));
printAnswers("PostgreSQL", await timePostgresAnswers(5));

function printAnswers(store: string, { times, megabytes }: { times: readonly AnswerTimes[]; megabytes: number }): void {
  printTable(
    `Answers from ${figure(megabytes)} MB of ${store}, 100,000 users: ms of a process' first question, after that, and its CPU then`,
    ["question", "rows", "first", "again", "CPU"],
    times.map(({ question, rows, first, again, cpu }) => {
      return [question, String(rows), figure(first), figure(median(again)), figure(median(cpu))];
    }),
  );
  console.log("Query plans:");
  const askedBy = Map.groupBy(
    times.flatMap(({ question, plans }) => plans.map((plan) => ({ question, plan }))),
    ({ plan }) => plan,
  );
  for (const [plan, questions] of askedBy) console.log(`- ${questions[0]?.question}: ${plan}`);
}
