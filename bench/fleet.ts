import { existsSync, mkdtempSync, rmSync } from "node:fs";
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
}

async function runStep(nodes: readonly SimulatedNode[], hubs: FleetHubs, periodMs: number): Promise<Step> {
  const before = cpuNow(hubs);
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
  return { due, pushed, failed, rows, latencies: latencies.sort((a, b) => a - b), cpuMs, wallMs };
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

function rowOf(period: number, { due, pushed, failed, rows, latencies, cpuMs, wallMs }: Step): string[] {
  const at = (part: number): string => figure(latencies[Math.floor(latencies.length * part)] ?? Number.NaN);
  const processor = (ms: number): string => `${figure((100 * ms) / wallMs)} %`;
  return [
    `${period} s`,
    figure((pushed * 1000) / wallMs),
    figure((rows * 1000) / wallMs),
    `${figure((100 * pushed) / due)} %`,
    String(failed),
    at(0.5),
    at(0.99),
    processor(cpuMs.hubs),
    processor(cpuMs.postgres),
    processor(cpuMs.nodes),
  ];
}

/** What goes wrong while the first step runs. */
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
    ["each every", "pushes/s", "counters/s", "of due", "failed", "p50 ms", "p99 ms", "hubs", "PostgreSQL", "nodes"],
    rows,
  );
  console.log(`${bytes} bytes flowed; the hubs' ledger has each of them once, by user and by node.`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
