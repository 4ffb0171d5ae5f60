import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Ledger } from "../src/ledger/ledger.ts";
import { openSqliteLedger } from "../src/ledger/sqlite/open-sqlite-ledger.ts";
import { seededRandom } from "../test/faults/world-script.ts";
import { FleetHubs } from "../test/load/fleet-hubs.ts";
import { assertExact, startFleet } from "../test/load/simulated-fleet.ts";
import type { SimulatedNode } from "../test/load/simulated-node.ts";
import { newDatabase, postgresServer } from "../test/support/postgres-server.ts";
import { until } from "../test/support/until.ts";
import { cpuMsOf } from "./cpu.ts";
import { figure, printTable } from "./table.ts";

// A fleet on this machine alone: nodes with real ledgers (SQLite) and senders in this process, hubs as processes of
// their own, a real PostgreSQL. Each step lets all nodes read and push at a pace; in the end every byte must be there once.

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "1000" },
    users: { type: "string", default: "1000" },
    hubs: { type: "string", default: "2" },
    /** Seconds between two pushes of a node, step by step. */
    every: { type: "string", default: "10,5,3,2" },
    /** Seconds of each step. */
    seconds: { type: "string", default: "60" },
    faults: { type: "boolean", default: false },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 30)) },
  },
});
const seconds = Number(values.seconds);
const periods = values.every.split(",").map(Number);
const share = 0.05;

interface Step {
  readonly due: number;
  readonly pushed: number;
  readonly failed: number;
  readonly rows: number;
  /** From when a push was due until it was acknowledged, ms, ascending. */
  readonly latencies: readonly number[];
  readonly cpuMs: { readonly hubs: number; readonly postgres: number; readonly nodes: number };
  readonly wallMs: number;
  /** What PostgreSQL wrote ahead. */
  readonly walBytes: number;
}

async function runStep(nodes: readonly SimulatedNode[], hubs: FleetHubs, periodMs: number): Promise<Step> {
  const before = cpuNow(hubs);
  const walBefore = await walBytes();
  const start = performance.now();
  const pauseMs = periodMs / nodes.length;
  const latencies: number[] = [];
  let due = 0;
  let failed = 0;
  let rows = 0;
  const running = new Set<Promise<void>>();
  const busy = new Set<SimulatedNode>();
  const push = async (node: SimulatedNode, dueAt: number): Promise<void> => {
    const already = node.rows;
    await node.move(share);
    const { kind } = await node.push();
    rows += node.rows - already;
    if (kind === "current") latencies.push(performance.now() - dueAt);
    else failed++;
    busy.delete(node);
  };
  for (; due * pauseMs < seconds * 1000; due++) {
    const dueAt = start + due * pauseMs;
    const early = dueAt - performance.now();
    if (early > 0) await wait(early);
    const node = nodes[due % nodes.length] as SimulatedNode;
    // As an agent: its next push begins when the last one has ended.
    if (busy.has(node)) continue;
    busy.add(node);
    const run = push(node, dueAt).finally(() => running.delete(run));
    running.add(run);
  }
  await Promise.all(running);
  const wallMs = performance.now() - start;
  const after = cpuNow(hubs);
  const cpuMs = {
    hubs: after.hubs - before.hubs,
    postgres: after.postgres - before.postgres,
    nodes: after.nodes - before.nodes,
  };
  const pushed = latencies.length;
  const written = (await walBytes()) - walBefore;
  return { due, pushed, failed, rows, latencies: latencies.sort((a, b) => a - b), cpuMs, wallMs, walBytes: written };
}

function cpuNow(hubs: FleetHubs): Step["cpuMs"] {
  const { user, system } = process.cpuUsage();
  const pids = new Set(hubs.pids);
  return {
    hubs: cpuMsOf((_name, pid) => pids.has(pid)),
    postgres: cpuMsOf((name) => name === "postgres"),
    nodes: (user + system) / 1000,
  };
}

async function walBytes(): Promise<number> {
  const { pool } = await postgresServer();
  const { rows } = await pool.query("SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes");
  return Number(rows[0].bytes);
}

function rowOf(period: number, step: Step): string[] {
  const { due, pushed, failed, rows, latencies, cpuMs, wallMs, walBytes } = step;
  const at = (part: number): string => figure(latencies[Math.floor(latencies.length * part)] ?? Number.NaN);
  const processor = (ms: number): string => `${figure((100 * ms) / wallMs)} %`;
  // What a hub or a PostgreSQL took that was killed is not known.
  const mortal = (ms: number): string => (values.faults ? "-" : processor(ms));
  return [
    `${period} s`,
    figure((pushed * 1000) / wallMs),
    figure((rows * 1000) / wallMs),
    `${figure((100 * pushed) / due)} %`,
    String(failed),
    at(0.5),
    at(0.99),
    mortal(cpuMs.hubs),
    mortal(cpuMs.postgres),
    processor(cpuMs.nodes),
    figure(walBytes / pushed / 1000),
  ];
}

/** What goes wrong while a step runs. */
async function disasters(hubs: FleetHubs, random: () => number, signal: AbortSignal): Promise<void> {
  const server = await postgresServer();
  for (let number = 1; !signal.aborted; number++) {
    await wait((seconds * 1000) / 6, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    if (number % 3 === 0) await server.stop().then(() => server.start());
    else await hubs.kill(Math.floor(random() * hubs.count));
  }
}

const random = seededRandom(Number(values.seed));
// A thousand nodes have a thousand disks; this machine has one.
const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "v2ray-stats-fleet-"));
try {
  console.log(`seed ${values.seed}; ${cpus().length} processors; the table's shares are of one processor`);
  const db = await newDatabase();
  const names = Array.from({ length: Number(values.nodes) }, (_, at) => `node-${at}`);
  const life = (seconds + 600) * periods.length * 1000;
  await using hubs = await FleetHubs.start({
    count: Number(values.hubs),
    db,
    nodes: names,
    directory,
    longestLifeMs: life,
  });
  const faults = values.faults
    ? { notSent: 0.01, answerLost: 0.02, sentTwice: 0.02 }
    : { notSent: 0, answerLost: 0, sentTwice: 0 };
  const openLedger = (node: string): Promise<Ledger> => openSqliteLedger(join(directory, `${node}.db`));
  const nodes = await startFleet(hubs, { users: Number(values.users), random, faults, openLedger });
  // Every counter once, so that steps do not begin with what begins once.
  const seeding = performance.now();
  for (const node of nodes) {
    await node.move(1);
    await node.push();
  }
  console.log(
    `all ${2 * nodes.length * Number(values.users)} counters in ${figure((performance.now() - seeding) / 1000)} s`,
  );
  const rows: string[][] = [];
  for (const period of periods) {
    const ending = new AbortController();
    const going = values.faults ? disasters(hubs, random, ending.signal) : undefined;
    rows.push(rowOf(period, await runStep(nodes, hubs, period * 1000)));
    ending.abort();
    await going;
    console.log(rows.at(-1)?.join("  "));
  }
  for (const node of nodes) await until(async () => (await node.push()).kind === "current", 60_000);
  const bytes = await assertExact(db, nodes);
  printTable(
    `${values.nodes} nodes of ${values.users} users, of whom 5 % move between two pushes; ${values.hubs} hubs on one PostgreSQL`,
    [
      "each every",
      "pushes/s",
      "counters/s",
      "of due",
      "failed",
      "p50 ms",
      "p99 ms",
      "hubs",
      "PostgreSQL",
      "nodes",
      "WAL kB/push",
    ],
    rows,
  );
  console.log(`${bytes} bytes flowed; the hubs' ledger has each of them once, by user and by node.`);
  const { pool } = await postgresServer();
  const { rows: sizes } = await pool.query("SELECT pg_database_size($1) AS bytes", [new URL(db).pathname.slice(1)]);
  const megabytes = hubs.pids.map((pid) => figure(residentMegabytes(pid)));
  console.log(
    `PostgreSQL has ${figure(Number(sizes[0].bytes) / 1e6)} MB, the hubs hold ${megabytes.join(" and ")} MB.`,
  );
  await askTotals(hubs, nodes);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** What a panel asks, of one hub. */
async function askTotals(hubs: FleetHubs, nodes: readonly SimulatedNode[]): Promise<void> {
  const ask = async (query: string): Promise<{ next: string | null; cursor: string | null; totals: unknown[] }> => {
    const answer = await fetch(`${hubs.url(0)}/v1/totals?limit=10000&${query}`, {
      headers: { authorization: `Bearer ${hubs.totalsKey}` },
    });
    if (answer.status !== 200) throw new Error(`totals: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Awaited<ReturnType<typeof ask>>;
  };
  const lines: string[][] = [];
  const askAll = async (label: string, query: string): Promise<string> => {
    const before = cpuNow(hubs);
    const start = performance.now();
    let page = await ask(query);
    let users = page.totals.length;
    for (; page.next !== null; users += page.totals.length) page = await ask(`${query}&page=${page.next}`);
    const wallMs = performance.now() - start;
    const after = cpuNow(hubs);
    const cpu = [after.hubs - before.hubs, after.postgres - before.postgres];
    lines.push([label, String(users), figure(wallMs), ...cpu.map(figure)]);
    return page.cursor as string;
  };
  await askAll("all totals, first question of a process", "");
  const cursor = await askAll("all totals again", "from=2000-01-01");
  for (const node of nodes.slice(0, 10)) {
    await node.move(share);
    await node.push();
  }
  await askAll("who moved on 10 nodes since", `from=2000-01-01&since=${cursor}`);
  printTable("GET /v1/totals, of one hub", ["question", "users", "ms", "hub CPU ms", "PostgreSQL CPU ms"], lines);
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1000;
}
