import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../faults/world-script.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { newDatabase, postgresMissing, postgresServer } from "../support/postgres-server.ts";
import { until } from "../support/until.ts";
import { FleetHubs } from "./fleet-hubs.ts";
import { assertExact, startFleet } from "./simulated-fleet.ts";

// V2RAY_STATS_LOAD_SEED=… makes the same choices again; times are the machine's.
const { V2RAY_STATS_LOAD_SEED } = process.env;
const seed = V2RAY_STATS_LOAD_SEED === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(V2RAY_STATS_LOAD_SEED);

const rounds = 60;
/** Nodes that push at the same time. */
const lanes = 12;

test("hubs on one PostgreSQL that are killed, as it is, hold every byte of 60 nodes once", {
  skip: postgresMissing(),
}, async (context) => {
  context.diagnostic(`seed ${seed}: V2RAY_STATS_LOAD_SEED=${seed} makes the same choices`);
  const random = seededRandom(seed);
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  const server = await postgresServer();
  const db = await newDatabase();
  const names = Array.from({ length: 60 }, (_, at) => `node-${at}`);
  await using hubs = await FleetHubs.start({ count: 3, db, nodes: names, directory });
  const faults = { notSent: 0.03, answerLost: 0.05, sentTwice: 0.05 };
  const nodes = await startFleet(hubs, { users: 100, random, faults });
  let pushes = 0;
  let failures = 0;
  let disaster: Promise<void> = Promise.resolve();
  for (let round = 0; round < rounds; round++) {
    if (round % 10 === 5) disaster = disaster.then(() => hubs.kill(Math.floor(random() * hubs.count)));
    if (round % 20 === 15) disaster = disaster.then(() => server.stop()).then(() => server.start());
    const left = [...nodes];
    const lane = async (): Promise<void> => {
      for (let node = left.pop(); node !== undefined; node = left.pop()) {
        await node.move(0.05);
        const { kind } = await node.push();
        pushes++;
        if (kind !== "current") failures++;
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  await disaster;
  for (const node of nodes) await until(async () => (await node.push()).kind === "current", 60_000);
  const bytes = await assertExact(db, nodes);
  assert.ok(bytes > 0n);
  assert.ok(failures > 0, "nothing went wrong");
  context.diagnostic(`${pushes} pushes, of which ${failures} failed; ${bytes} bytes, all of them once`);
});
