import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { writeInformBody } from "../../src/inform/three-x-ui/write-inform-body.ts";
import type { ChangeCursor } from "../../src/ledger/exchange/changes.ts";
import { changesJson } from "../../src/ledger/exchange/changes-json.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { FleetHubs } from "../../test/load/fleet-hubs.ts";
import { SimulatedNode } from "../../test/load/simulated-node.ts";
import { newDatabase } from "../../test/support/postgres-server.ts";
import { userNames } from "./bodies.ts";

const zstd = promisify(zlib.zstdCompress);

/** What was measured of pushes in which every user of a node moved. */
export interface Sent {
  readonly users: number;
  /** Bytes of one push. */
  readonly sizes: { readonly plain: number; readonly gzip: number; readonly zstd: number; readonly threeXUi: number };
  /** Processor time, ms, push by push: of the sender, and of one `JSON.stringify` and one compression of the same. */
  readonly sender: readonly number[];
  readonly floor: readonly number[];
  /** Of reading the ledger alone, which is in the sender's. */
  readonly reading: readonly number[];
}

/** Lets a node with a SQLite ledger push to a hub in a process of its own, and does the least of it, in turns. */
export async function timeSender(users: number, rounds: number): Promise<Sent> {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-inform-"));
  try {
    await using hubs = await FleetHubs.start({ count: 1, db: await newDatabase(), nodes: ["node"], directory });
    await using ledger = await openSqliteLedger(join(directory, "usage.db"));
    const key = hubs.keys.get("node") as string;
    const random = Math.random;
    const names = userNames(users);
    const node = await SimulatedNode.start({ name: "node", users: names, hub: hubs.url(0), key, ledger, random });
    const sent = { users, sizes: { plain: 0, gzip: 0, zstd: 0, threeXUi: 0 } };
    const times = { sender: [] as number[], floor: [] as number[], reading: [] as number[] };
    let since: ChangeCursor | undefined;
    for (let round = 0; round < rounds; round++) {
      await node.move(1);
      times.sender.push(await cpuMs(() => node.push()));
      const read = [];
      for (let complete = false; !complete; ) {
        const start = process.cpuUsage();
        const changes = await ledger.changes({ since });
        times.reading[round] = (times.reading[round] ?? 0) + msSince(start);
        ({ cursor: since, complete } = changes);
        read.push(changes);
      }
      const json = read.map((changes) => ({ version: 1, changes: changesJson(changes) }));
      times.floor.push(await cpuMs(() => Promise.all(json.map((body) => zstd(Buffer.from(JSON.stringify(body)))))));
      const plain = json.map((body) => Buffer.from(JSON.stringify(body)));
      const size = (bodies: readonly Uint8Array[]): number => bodies.reduce((sum, { length }) => sum + length, 0);
      const totals = new Map(
        read.flatMap(({ nodes }) =>
          nodes.flatMap(({ counters, usage }) =>
            usage.flatMap(({ counters: indices, bytes }) =>
              indices.map((index, at) => [counters[index]?.name as string, bytes[at] as bigint] as const),
            ),
          ),
        ),
      );
      sent.sizes = {
        plain: size(plain),
        gzip: size(await Promise.all(plain.map((body) => promisify(zlib.gzip)(body)))),
        zstd: size(await Promise.all(plain.map((body) => zstd(body)))),
        threeXUi: writeInformBody(totals)?.length ?? 0,
      };
    }
    return { ...sent, ...times };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  return msSince(start);
}

function msSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
