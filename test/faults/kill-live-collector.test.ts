import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { LedgerGap } from "../../src/ledger/gap.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { booked, down, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { CollectorLives } from "./collector-lives.ts";
import type { LiveJob } from "./live-collector-process.ts";
import { seededRandom } from "./world-script.ts";

const killsEach = 25;
/** The longest that a reading may have taken. */
const readMs = 1000;
const counters = ["alice", "bob", "__proto__"].flatMap((user) => [up(user), down(user)]);

/** Traffic through a core that is never still. */
class Traffic implements Disposable {
  readonly #flowed: { readonly name: string; readonly bytes: bigint; readonly atMs: number }[] = [];
  readonly #core: EmbeddedCore;
  readonly #timer: NodeJS.Timeout;

  constructor(core: EmbeddedCore, random: () => number) {
    this.#core = core;
    this.#timer = setInterval(() => {
      this.flow(counters[Math.floor(random() * counters.length)] as string, BigInt(Math.floor(random() * 1000)));
    }, 1);
  }

  flow(name: string, bytes: bigint): void {
    this.#core.add(name, bytes);
    this.#flowed.push({ name, bytes, atMs: Date.now() });
  }

  /** What flowed of a counter in a time. */
  sum(name: string, fromMs = 0, toMs = Number.POSITIVE_INFINITY): bigint {
    const inside = this.#flowed.filter((each) => each.name === name && each.atMs >= fromMs && each.atMs <= toMs);
    return inside.reduce((total, { bytes }) => total + bytes, 0n);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** The most that a gap says is missing: what flowed in its window, and its bound. */
function mostMissing({ from, to, bound }: LedgerGap, name: string, traffic: Traffic): bigint {
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
    const job = { database, address: core.address, closing: false };
    assert.equal((await lives.live({ ...job, closing: true })).said, "done");
    using traffic = new Traffic(core, random);
    for (let kill = 0; kill < killsEach; kill++) {
      const life = lives.live(job, 20 + random() * 200);
      if (restless && random() < 0.4) {
        await wait(random() * 150);
        if (random() < 0.5) core.restart();
        else core.foreignReset();
      }
      const { signal, said } = await life;
      assert.equal(signal, "SIGKILL", said);
    }
    traffic.stop();
    assert.equal((await lives.live({ ...job, closing: true })).said, "done");

    await using ledger = await openSqliteLedger(database, { readOnly: true });
    const [firstSight, ...gaps] = await ledger.gaps();
    assert.deepEqual([firstSight?.cause, firstSight?.bound], ["first-sight", new Map()]);
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
