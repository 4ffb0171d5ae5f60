// Two real cores, an agent beside each, and a hub on a real PostgreSQL: what one user downloads through both, while
// agents and hub are killed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type DownloadedBytes, Downloads } from "../support/downloads.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { startLoop } from "../support/loop.ts";
import { postgresMissing, postgresServer } from "../support/postgres-server.ts";
import { realCores, startCore } from "../support/real-cores.ts";
import { runCli } from "../support/run-program.ts";
import { until } from "../support/until.ts";
import { startFleet } from "./fleet.ts";
import { seededRandom } from "./world-script.ts";

const cores = realCores();
const missing = cores.xray.missing ?? cores.v2ray4.missing ?? postgresMissing();
if (missing !== undefined) console.log(`skipped: ${missing}`);

const killsEach = 6;
/**
 * A core that ends within two seconds of the reading of its first second cannot be told from one that goes on: this one
 * lives longer.
 */
const shortestLifeSeconds = 5;

test("two real cores, two agents and a hub on PostgreSQL, which are killed at random: the hub has every download", {
  skip: missing,
  timeout: 170_000,
}, async (context) => {
  const { V2RAY_STATS_KILL_SEED } = process.env;
  const seed = Number(V2RAY_STATS_KILL_SEED ?? Date.now() % 2 ** 30);
  context.diagnostic(`seed ${seed}: V2RAY_STATS_KILL_SEED=${seed} replays its choices`);
  const started = performance.now();
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  const { url: hubDb } = await postgresServer();
  await using fra = await startLoop("xray");
  await using ams = await startLoop("v2ray4");
  const [fraDownloads, amsDownloads] = [
    new Downloads(fra, seededRandom(seed)),
    new Downloads(ams, seededRandom(~seed)),
  ];
  const nodes = new Map([
    ["fra-1", fra.apiAddress],
    ["ams-1", ams.apiAddress],
  ]);
  await using fleet = await startFleet({ directory, hubDb, nodes });
  await using restarted = new AsyncDisposableStack();

  const story = async (): Promise<void> => {
    fraDownloads.start();
    amsDownloads.start();
    {
      await using client = new StatsClient(fra.apiAddress);
      await until(async () => (await client.sysStats()).uptimeSeconds >= shortestLifeSeconds);
    }
    await fraDownloads.pause();
    await fleet.drain("fra-1");
    await fra.server.stop("SIGTERM");
    fraDownloads.coreBegins();
    restarted.use(await startCore("xray", fra.server.config, { signal: context.signal }));
    await fraDownloads.one(); // before anybody has read the new core
    await using kept = await openSqliteLedger(fleet.files.get("fra-1") as string, { readOnly: true });
    await until(async () => (await kept.gaps()).length === 2);
    const before = fraDownloads.count;
    fraDownloads.start();
    await until(() => fraDownloads.count > before + 20);
  };
  const kills = await fleet.killBeside(story(), killsEach, seed);
  await Promise.all([fraDownloads.pause(), amsDownloads.pause()]);
  await fleet.end();

  // User counters have what the user received, to the byte, on all cores: there the tolerance is nought.
  const [here, there] = [fraDownloads.completed, amsDownloads.completed];
  const ask = async (...words: string[]): Promise<unknown> => {
    const { stdout, stderr, code } = await runCli([...words, "--db", hubDb, "--format", "json"]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };
  const user = "auser";
  const both = { uplink: here.uplink + there.uplink, downlink: here.downlink + there.downlink };
  assert.deepEqual(await ask("usage", "--by", "user"), [{ user, ...texts(both) }]);
  assert.deepEqual(
    new Set((await ask("usage", "--by", "node,user")) as []),
    new Set([
      { node: "fra-1", user, ...texts(here) },
      { node: "ams-1", user, ...texts(there) },
    ]),
  );
  const gaps = (await ask("gaps")) as { readonly node: string; readonly cause: string }[];
  assert.deepEqual(gaps.map(({ node, cause }) => `${node} ${cause}`).sort(), [
    "ams-1 first-sight",
    "fra-1 core-restart",
    "fra-1 first-sight",
  ]);
  const count = fraDownloads.count + amsDownloads.count;
  const seconds = Math.round((performance.now() - started) / 1000);
  context.diagnostic(`${kills} kills, ${count} downloads, ${both.uplink + both.downlink} bytes in ${seconds} s`);
});

function texts({ uplink, downlink }: DownloadedBytes): object {
  return { uplink: `${uplink}`, downlink: `${downlink}`, total: `${uplink + downlink}` };
}
