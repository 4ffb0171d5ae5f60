import { type Received, timeReceiver } from "./inform/receive.ts";
import { timeSender } from "./inform/send.ts";
import { figure, median, printTable } from "./table.ts";

// What it costs to bring usage from nodes to a hub, beside the least that the same rows cost in the same run.

function rowOf(label: string, { rows, hub, floor, hubCpuMs, checkCpuMs }: Received): string[] {
  const [ours, least] = [median(hub), median(floor)];
  const perSecond = (ms: number): string => figure((rows * 1000) / ms);
  return [label, perSecond(ours), perSecond(least), figure(least / ours), `${figure((100 * checkCpuMs) / hubCpuMs)} %`];
}

printTable(
  "Receiving, one sender: counters a second, and what part of the hub's CPU goes to keys and validation (goal: 30 %)",
  ["nodes × counters in a body", "hub", "bare upsert", "hub ÷ upsert (goal: 0.5)", "checks"],
  [
    rowOf("5 × 20,000, in two bodies", await timeReceiver({ nodes: 5, users: 10_000, share: 1, rounds: 9 })),
    rowOf("20 × 2,000", await timeReceiver({ nodes: 20, users: 1000, share: 1, rounds: 9 })),
    rowOf("100 × 100", await timeReceiver({ nodes: 100, users: 1000, share: 0.05, rounds: 9 })),
  ],
);
console.log(
  "The upsert: one statement and commit for each body, of the rows alone, without HTTP, names and revisions.",
);

const { users, sizes, sender, floor, reading } = await timeSender(10_000, 15);
printTable(
  `Sending ${users} users who moved in both directions: bytes of the body`,
  ["as JSON", "gzip", "zstd", "3x-ui's of the same"],
  [[sizes.plain, sizes.gzip, sizes.zstd, sizes.threeXUi].map(String)],
);
const warm = (times: readonly number[]): number => median(times.slice(3));
printTable(
  "The same push: CPU in ms",
  ["sender, from SQLite to the answer", "of which reading SQLite", "JSON.stringify and zstd alone", "sender ÷ these"],
  [[figure(warm(sender)), figure(warm(reading)), figure(warm(floor)), figure(warm(sender) / warm(floor))]],
);
