// Embedded cores whose every byte is known, an agent beside each, and a hub: agents, hub and cores are killed.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { LedgerGap } from "../../src/ledger/gap.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { parseStatName } from "../../src/names/parse-stat-name.ts";
import type { Dialect } from "../../src/testing/dialect.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import type { Usage } from "../../src/usage/usage-query.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { startFleet } from "./fleet.ts";
import { type CoreEnd, type Death, FleetNode } from "./fleet-node.ts";
import { seededRandom } from "./world-script.ts";

const killsEach = 10;
/** The longest that a reading may have taken. */
const readMs = 1000;

const nodes: readonly { readonly name: string; readonly dialect: Dialect; readonly ends: readonly CoreEnd[] }[] = [
  { name: "fra-1", dialect: "v2ray5", ends: ["at-once", "drained", "for-a-while", "at-once", "for-a-while"] },
  { name: "ams-1", dialect: "v2ray4", ends: ["for-a-while", "at-once", "at-once", "drained", "at-once"] },
  { name: "waw-1", dialect: "xray", ends: [] },
];

test("embedded cores, agents and a hub, which are killed at random: to the byte but for what the gaps tell", {
  timeout: 170_000,
}, async (context) => {
  const { V2RAY_STATS_KILL_SEED } = process.env;
  const seed = Number(V2RAY_STATS_KILL_SEED ?? Date.now() % 2 ** 30);
  context.diagnostic(`seed ${seed}: V2RAY_STATS_KILL_SEED=${seed} replays its choices`);
  const started = performance.now();
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  await using world = new AsyncDisposableStack();
  const cores = new Map<string, EmbeddedCore>();
  for (const { name, dialect } of nodes) cores.set(name, world.use(await startEmbeddedCore({ dialect })));
  const hubDb = join(directory, "hub.db");
  const addresses = new Map(Array.from(cores, ([name, { address }]) => [name, address]));
  const fleet = world.use(await startFleet({ directory, hubDb, nodes: addresses }));
  const living = new Map<string, FleetNode>();
  for (const [at, [name, core]] of [...cores].entries())
    living.set(name, world.use(new FleetNode(core, name, seededRandom(~seed - at))));

  const stories = nodes.map(({ name, ends }) => (living.get(name) as FleetNode).live(ends, fleet));
  const kills = await fleet.killBeside(Promise.all(stories), killsEach, seed);
  for (const { traffic } of living.values()) traffic.stop();
  await fleet.end();

  await using hub = await openSqliteLedger(hubDb, { readOnly: true });
  const hubUsage = await usageOf(hub);
  const agents = { usage: [] as Usage[], gaps: [] as LedgerGap[] };
  let [lost, flowed] = [0n, 0n];
  for (const [name, node] of living) {
    await using kept = await openSqliteLedger(fleet.files.get(name) as string, { readOnly: true });
    const gaps = await kept.gaps();
    agents.usage.push(...(await usageOf(kept)));
    agents.gaps.push(...gaps);
    assertTold(gaps, node.deaths);
    for (const counter of node.counters) {
      const all = node.traffic.sum(counter);
      const missing = all - bookedIn(hubUsage, name, counter);
      assert.equal(missing, node.lost(counter), `${name}: what is missing of ${all} bytes of ${counter}`);
      [lost, flowed] = [lost + missing, flowed + all];
    }
  }
  assert.deepEqual(new Set(hubUsage), new Set(agents.usage));
  assert.deepEqual(new Set(await hub.gaps()), new Set(agents.gaps));
  const ends = nodes.reduce((sum, each) => sum + each.ends.length, 0);
  const seconds = Math.round((performance.now() - started) / 1000);
  context.diagnostic(`${kills} kills, ${ends} ends of cores, ${lost} of ${flowed} bytes lost in ${seconds} s`);
});

/** Each end of a core has a gap around what was lost of it, and there are no others but that of the first sight. */
function assertTold([firstSight, ...gaps]: readonly LedgerGap[], deaths: readonly Death[]): void {
  assert.equal(firstSight?.cause, "first-sight");
  const causes = gaps.map(({ cause }) => cause);
  assert.deepEqual(
    causes,
    deaths.map(() => "core-restart"),
  );
  const inTime = gaps.toSorted((a, b) => a.to.getTime() - b.to.getTime());
  for (const [at, { from, to }] of inTime.entries()) {
    const { atMs, lostFromMs = atMs } = deaths[at] as Death;
    // The gap begins where the last reading ended, and that one's counters were read before.
    assert.ok(from !== undefined && from.getTime() - readMs <= lostFromMs);
    assert.ok(atMs <= to.getTime() + readMs);
  }
}

async function usageOf(ledger: Ledger): Promise<readonly Usage[]> {
  return (await ledger.usage({ by: ["node", "user", "quarter"] })).rows;
}

function bookedIn(rows: readonly Usage[], node: string, counter: string): bigint {
  const name = parseStatName(counter);
  if (name.kind !== "traffic") throw new TypeError(`not traffic: ${counter}`);
  const own = rows.filter((row) => row.node === node && row.subject === name.subject);
  return own.reduce((sum, row) => sum + row[name.direction], 0n);
}
