import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { parseKeyFile } from "../../src/inform/keys/key-file.ts";
import { createKeyRing } from "../../src/inform/keys/key-ring.ts";
import { claimantOf, proven } from "../../src/inform/receive/authenticate.ts";
import { parseJsonBody } from "../../src/inform/receive/parse-json-body.ts";
import { parseChangesJson } from "../../src/ledger/exchange/changes-json.ts";
import { listOf } from "../../src/ledger/postgres/session.ts";
import { FleetHubs } from "../../test/load/fleet-hubs.ts";
import { newDatabase, postgresServer } from "../../test/support/postgres-server.ts";
import { cpuMsOf } from "../cpu.ts";
import { Bodies, type SentBody } from "./bodies.ts";

/** What was measured of one size of bodies. */
export interface Received {
  /** Rows of a round. */
  readonly rows: number;
  /** Times of rounds, ms. */
  readonly hub: readonly number[];
  readonly floor: readonly number[];
  /** Processor time of the hub over all rounds, ms, and of what it does before it trusts a body. */
  readonly hubCpuMs: number;
  readonly checkCpuMs: number;
}

/**
 * Sends bodies to a hub (a process of its own, over HTTP, on PostgreSQL), and upserts the same rows with one statement
 * for each body, in turns.
 */
export async function timeReceiver(options: {
  readonly nodes: number;
  readonly users: number;
  readonly share: number;
  readonly rounds: number;
}): Promise<Received> {
  const { nodes, users, share, rounds } = options;
  const names = Array.from({ length: nodes }, (_, at) => `node-${at}`);
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-inform-"));
  const agent = new Agent({ keepAlive: true });
  const { pool } = await postgresServer();
  const client = await pool.connect();
  try {
    await using hubs = await FleetHubs.start({ count: 1, db: await newDatabase(), nodes: names, directory });
    const ring = createKeyRing([parseKeyFile(readFileSync(join(directory, "keys.json"), "utf8"), "keys")]);
    const bodies = await Bodies.of(names, users);
    await client.query("DROP TABLE IF EXISTS floor");
    await client.query(
      `CREATE TABLE floor (node int, quarter int, counter int, bytes bigint NOT NULL,
        PRIMARY KEY (node, quarter, counter)) WITH (fillfactor = 60)`,
    );
    const send = (body: SentBody): Promise<void> => post(agent, hubs.url(0), hubs.keys.get(body.node) as string, body);
    const upsert = (body: SentBody): Promise<void> => writeFloor(client, names.indexOf(body.node), body);
    const round = async (of: readonly SentBody[], write: (body: SentBody) => Promise<void>): Promise<number> => {
      const start = performance.now();
      for (const body of of) await write(body);
      return performance.now() - start;
    };
    // Every counter once, and what compilers want to see.
    for (const warm of [1, 1, share, share]) {
      const all = await bodies.next(warm);
      await round(all, send);
      await round(all, upsert);
    }
    const measured = { rows: 0, hub: [] as number[], floor: [] as number[], hubCpuMs: 0, checkCpuMs: 0 };
    const [pid] = hubs.pids;
    const cpuMs = (): number => cpuMsOf((_name, each) => each === pid);
    for (let turn = 0; turn < rounds; turn++) {
      const all = await bodies.next(share);
      measured.rows = all.reduce((rows, { usage }) => usage.reduce((sum, each) => sum + each.bytes.length, rows), 0);
      const before = cpuMs();
      measured.hub.push(await round(all, send));
      measured.hubCpuMs += cpuMs() - before;
      measured.floor.push(await round(all, upsert));
      const start = process.cpuUsage();
      for (const body of all) check(ring, hubs.keys.get(body.node) as string, body);
      const { user, system } = process.cpuUsage(start);
      measured.checkCpuMs += (user + system) / 1000;
    }
    return measured;
  } finally {
    agent.destroy();
    client.release();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a receiver does before it books: the same functions on the same bytes. */
function check(ring: ReturnType<typeof createKeyRing>, key: string, { zstd, plain }: SentBody): void {
  const headers = new Headers({ authorization: `Bearer ${key}` });
  proven(claimantOf(headers, undefined, ring, new Date()), zstd, new Date());
  parseChangesJson((parseJsonBody(plain) as { changes: unknown }).changes);
}

function post(agent: Agent, url: string, key: string, { zstd }: SentBody): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "content-encoding": "zstd",
      "content-length": zstd.length,
    };
    const sent = request(`${url}/v1/inform`, { method: "POST", agent, headers }, (answer) => {
      answer.resume().on("end", () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`the hub answered ${answer.statusCode}`));
      });
    });
    sent.on("error", reject).end(zstd);
  });
}

async function writeFloor(client: pg.PoolClient, node: number, { usage }: SentBody): Promise<void> {
  for (const { quarter, counters, bytes } of usage)
    await client.query(
      `INSERT INTO floor AS kept SELECT $1, $2, counter, bytes
       FROM unnest($3::text::int[], $4::text::bigint[]) AS row (counter, bytes)
       ON CONFLICT (node, quarter, counter) DO UPDATE SET bytes = greatest(kept.bytes, excluded.bytes)`,
      [node, quarter, listOf(counters), listOf(bytes)],
    );
}
