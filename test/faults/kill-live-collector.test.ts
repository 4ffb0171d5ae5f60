import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { LedgerGap } from "../../src/ledger/gap.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { booked, down, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { CollectorLives } from "./collector-lives.ts";
import { CoreTraffic } from "./core-traffic.ts";
import type { LiveJob } from "./live-collector-process.ts";
import { seededRandom } from "./world-script.ts";

const killsEach = 25;
/** The longest that a reading may have taken. */
const readMs = 1000;
const counters = ["alice", "bob", "__proto__"].flatMap((user) => [up(user), down(user)]);

// A reset after which every counter outgrew its old value cannot be seen by anyone, and a slow machine leaves time for
// that. This one shows less after each.
const ballast = "inbound>>>ballast>>>traffic>>>downlink";

/** The most that a gap says is missing: what flowed in its window, and its bound. */
function mostMissing({ from, to, bound }: LedgerGap, name: string, traffic: CoreTraffic): bigint {
  // A gap's times are of the reading's end, and its counters were read before that.
  const flowed = traffic.sum(name, (from?.getTime() ?? 0) - readMs, to.getTime() + 1);
  return flowed + (bound === "unknown" ? 0n : (bound.get(name) ?? 0n));
}

for (const restless of [false, true]) {
  const core = restless ? "a core that restarts and is reset" : "a core";
  test(`a collector that reads ${core} over its API and is killed ${killsEach} times loses nothing untold`, async (context) => {
    const { V2RAY_STATS_KILL_SEED } = process.env;
    const seed = Number(V2RAY_STATS_KILL_SEED ?? Math.floor(Math.random() * 2 ** 30));
    context.diagnostic(`seed ${seed}: V2RAY_STATS_KILL_SEED=${seed} replays its choices`);
    const random = seededRandom(seed);
    const directory = newDirectory();
    context.after(() => removeDirectory(directory));
    const database = join(directory, "usage.db");
    await using lives = new CollectorLives<LiveJob>("live-collector-process.ts", {
      cache: join(directory, "compiled"),
      ahead: 2,
    });
    await using core = await startEmbeddedCore({ dialect: "v2ray5" });
    let weight = 2n ** 60n;
    core.add(ballast, weight);
    const job = { database, address: core.address, closing: false };
    assert.equal((await lives.live({ ...job, closing: true })).said, "done");
    using traffic = new CoreTraffic(core, counters, random);
    for (let kill = 0; kill < killsEach; kill++) {
      const life = lives.live(job, 20 + random() * 200);
      if (restless && random() < 0.4) {
        await wait(random() * 150);
        if (random() < 0.5) core.restart();
        else core.foreignReset();
        weight /= 4n;
        core.add(ballast, weight);
      }
      const { signal, said } = await life;
      assert.equal(signal, "SIGKILL", said);
    }
    traffic.stop();
    assert.equal((await lives.live({ ...job, closing: true })).said, "done");

    await using ledger = await openSqliteLedger(database, { readOnly: true });
    const [firstSight, ...gaps] = await ledger.gaps();
    assert.deepEqual([firstSight?.cause, firstSight?.bound], ["first-sight", new Map([[ballast, 2n ** 60n]])]);
    if (!restless) assert.deepEqual(gaps, []);
    const usage = await booked(ledger);
    let missing = 0n;
    for (const name of counters) {
      const flowed = traffic.sum(name);
      const lost = flowed - (usage[name] ?? 0n);
      assert.ok(lost >= 0n, `${name}: ${-lost} of ${flowed} bytes too many`);
      const most = gaps.reduce((total, gap) => total + mostMissing(gap, name, traffic), 0n);
      assert.ok(lost <= most, `${name}: ${lost} of ${flowed} bytes missing, gaps say ${most} at most`);
      missing += lost;
    }
    context.diagnostic(
      `${missing} of ${counters.reduce((all, name) => all + traffic.sum(name), 0n)} bytes lost in ${gaps.length} gaps`,
    );
  });
}
