import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { newSchema, postgresMissing, postgresServer } from "../support/postgres-server.ts";
import { CollectorLives } from "./collector-lives.ts";
import type { CollectorJob } from "./collector-process.ts";
import type { FaultDatabase } from "./fault-database.ts";
import { runKilledWorld, type WorldReport } from "./killed-world.ts";

// V2RAY_STATS_KILLS=20000 kills longer; V2RAY_STATS_KILL_SEED=… replays a run that failed.
const { V2RAY_STATS_KILLS = "1000", V2RAY_STATS_KILL_SEED } = process.env;
const kills = Number(V2RAY_STATS_KILLS);
const killsPerWorld = 10;
const seed = V2RAY_STATS_KILL_SEED === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(V2RAY_STATS_KILL_SEED);

/** How a kind of database is killed at. */
interface Killing {
  readonly kills: number;
  /** A collector from outside is killed after so many milliseconds at most. */
  readonly longestLifeMs: number;
  readonly databaseOf: (directory: string, world: number) => Promise<FaultDatabase>;
}

test(`a collector that is killed ${kills} times loses and doubles nothing (sqlite)`, (context) =>
  killCollectors(context, {
    kills,
    longestLifeMs: 80,
    databaseOf: async (directory, world) => ({ kind: "sqlite", file: join(directory, `${world}.db`) }),
  }));

test(
  `a collector that is killed ${kills / 5} times loses and doubles nothing (postgres)`,
  {
    skip: postgresMissing(),
  },
  (context) =>
    killCollectors(context, {
      kills: kills / 5,
      longestLifeMs: 250,
      databaseOf: async () => ({ kind: "postgres", url: (await postgresServer()).url, schema: newSchema() }),
    }),
);

async function killCollectors(context: TestContext, killing: Killing): Promise<void> {
  const started = performance.now();
  // In every other pair of worlds kills come from outside, also in the middle of a call of the store: they fall where
  // the clock has them. All other worlds are the same again to the last step.
  context.diagnostic(
    `seed ${seed}: V2RAY_STATS_KILL_SEED=${seed} replays it, but for the moment of kills from outside`,
  );
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  await using lives = new CollectorLives<CollectorJob>("collector-process.ts", {
    cache: join(directory, "compiled"),
    ahead: 3,
  });
  const reports: WorldReport[] = [];
  const seeds = Array.from({ length: Math.ceil(killing.kills / killsPerWorld) }, (_, index) => seed + index);
  // The first world's first life leaves its compiled modules to all others.
  const run = async (world: number): Promise<void> => {
    const database = await killing.databaseOf(directory, world);
    const log = join(directory, `${world}.log`);
    const { longestLifeMs } = killing;
    reports.push(await runKilledWorld(lives, { database, log, seed: world, kills: killsPerWorld, longestLifeMs }));
  };
  // Several at once: while one process dies, another starts.
  const lane = async (): Promise<void> => {
    for (let world = seeds.pop(); world !== undefined; world = seeds.pop()) await run(world);
  };
  await Promise.all([lane(), lane(), lane()]);
  const sum = (key: "kills" | "inTheMiddle" | "recordedInTheMiddle" | "readings"): number =>
    reports.reduce((total, report) => total + report[key], 0);
  const exact = reports.filter((report) => report.exact).length;
  context.diagnostic(
    `${sum("kills")} kills in ${Math.round((performance.now() - started) / 1000)} s, ${sum("inTheMiddle")} while one of ` +
      `${sum("readings")} readings was being recorded, ${sum("recordedInTheMiddle")} of these after its commit; ` +
      `${exact} of ${reports.length} worlds booked every byte`,
  );
  assert.ok(sum("inTheMiddle") > killing.kills / 4);
  assert.ok(exact >= reports.length / 4);
}
