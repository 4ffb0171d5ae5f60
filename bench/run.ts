// `npm run bench`: this SDK beside other clients, against a real core's own code. See README.md.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureCalls, measureFirst } from "./calls.ts";
import { contenders } from "./clients.ts";
import { printGoals } from "./goals.ts";
import { measurePolls, type PollFigures, printPolls } from "./polls.ts";
import { prepare } from "./prepare.ts";
import { defaultServer, type ServerKind, serverKinds, startServer } from "./server.ts";
import { measureWatch } from "./watch.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string" },
    rounds: { type: "string" },
    polls: { type: "string" },
    core: { type: "string" },
    quick: { type: "boolean", default: false },
    watch: { type: "boolean", default: false },
  },
});
const sizes = (values.sizes ?? (values.quick ? "10k" : "10k,100k,200k")).split(",").map(readSize);
const rounds = readCount("rounds", values.rounds ?? (values.quick ? "2" : "5"));
const polls = readCount("polls", values.polls ?? (values.quick ? "5" : "10"));

// An ordinary end, which takes the server and the clients along.
process.once("SIGTERM", () => process.exit(1));

const { go } = prepare();
const kind = values.core === undefined ? defaultServer(go) : readKind(values.core);
const clients = contenders({ go, xray: kind.startsWith("xray") });
console.log(`Server: ${kind}. ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
console.log(
  `Medians of ${rounds} rounds in which the clients take turns, each time a new process; ${polls} polls after 3.`,
);
if (!go) console.log("Go is not installed: no Go client.");

const measured = new Map<number, ReadonlyMap<string, PollFigures>>();
for (const size of sizes) {
  await using server = await startServer(kind, size);
  const figures = await measurePolls(clients, server, { rounds, polls });
  measured.set(size, figures);
  printPolls(`A full read of ${server.counters} counters, about ${server.changing} changed`, clients, figures);
}
const small = await measureSmall();
const watch = values.watch ? await measureWatching() : undefined;
printGoals({ polls: measured, ...small, watch });

async function measureSmall(): Promise<Pick<Parameters<typeof printGoals>[0], "calls" | "first">> {
  await using server = await startServer(kind, 10_000);
  const calls = await measureCalls(clients, server, { rounds, calls: values.quick ? 500 : 2000 });
  const first = await measureFirst(clients, server, rounds * 3);
  return { calls, first };
}

async function measureWatching(): ReturnType<typeof measureWatch> {
  await using server = await startServer(kind, 100_000);
  return await measureWatch(server);
}

function readKind(text: string): ServerKind {
  const kind = serverKinds.find((each) => each === text);
  if (kind === undefined) throw new RangeError(`--core: "${text}" is none of ${serverKinds.join(", ")}`);
  return kind;
}

function readSize(text: string): number {
  const [, digits, k] = /^(\d+)(k?)$/.exec(text) ?? [];
  const size = Number(digits) * (k === "k" ? 1000 : 1);
  if (!(size >= 100 && size % 2 === 0)) throw new RangeError(`--sizes: "${text}" is not an even number from 100 on`);
  return size;
}

function readCount(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`--${option}: "${text}" is not a whole number above 0`);
  return count;
}
