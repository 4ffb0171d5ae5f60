// Real downloads through a real core, while the collector's process is killed again and again, and the core as well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../faults/world-script.ts";
import { Downloads } from "../support/downloads.ts";
import { startLoop } from "../support/loop.ts";
import { type RunningCore, realCores, startCore } from "../support/real-cores.ts";
import { runCli } from "../support/run-program.ts";
import { startCli } from "../support/running-cli.ts";
import { openTestLedger } from "../support/running-collector.ts";

const cores = realCores();

/** How a core ends: after `drain`, by SIGTERM; or by SIGKILL, when nobody has read it for a while. */
type CoreEnd = "drained" | "killed";

/**
 * A core that ends within two seconds of the reading of its first second cannot be told from one that goes on: each
 * lives longer than that.
 */
const shortestLifeMs = 4500;

const runs: readonly (readonly [core: "xray" | "v2ray4", collectorKills: number, coreEnds: readonly CoreEnd[]])[] = [
  ["xray", 20, ["drained", "killed", "drained", "killed", "killed"]],
  ["v2ray4", 6, ["killed", "drained"]],
];

for (const [kind, collectorKills, coreEnds] of runs) {
  const { missing } = cores[kind];
  if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);

  test(`${kind}: ${collectorKills} kills of the collector and ${coreEnds.length} ends of the core lose nothing but what the gaps tell`, {
    skip: missing,
    timeout: 170_000,
  }, async (context) => {
    const { V2RAY_STATS_KILL_SEED } = process.env;
    const seed = V2RAY_STATS_KILL_SEED === undefined ? Date.now() % 2 ** 30 : Number(V2RAY_STATS_KILL_SEED);
    context.diagnostic(`seed ${seed}: V2RAY_STATS_KILL_SEED=${seed} replays its choices`);
    const random = seededRandom(seed);
    await using loop = await startLoop(kind);
    await using kept = await openTestLedger();
    const place = ["--node", `fra-1=${loop.apiAddress}`, "--db", kept.file];
    const collect = ["collect", ...place, "--interval", "200ms"];
    const booked = async (): Promise<bigint> => {
      const { uplink, downlink } = await kept.ledger.totals({ subject: "auser" });
      return uplink + downlink;
    };
    const downloads = new Downloads(loop, random);
    /** One life of the collector, which sees a new core before there are bytes and ends in the middle of downloads. */
    const killCollector = async (): Promise<void> => {
      await using collector = startCli(collect);
      await collector.line(/recording/);
      downloads.start();
      await wait(random() * 600);
      await collector.end("SIGKILL");
    };
    // The first sight books nothing, so it comes before the first byte.
    assert.equal((await runCli(["drain", ...place])).code, 0);

    for (let kill = 0; kill < collectorKills - coreEnds.length; kill++) await killCollector();
    const atFirst = await downloads.pause();
    assert.ok(atFirst > 0n);
    assert.equal((await runCli(["drain", ...place])).code, 0);
    assert.equal(await booked(), atFirst, "without a restart every byte is booked");
    assert.deepEqual(
      (await kept.ledger.gaps()).map(({ cause }) => cause),
      ["first-sight"],
    );

    await using cleanUp = new AsyncDisposableStack();
    let server: RunningCore = loop.server;
    let counted = 0n; // by cores that are gone
    let lost = 0n;
    const ends: number[] = [];
    let startedAt = Date.now();
    for (const how of coreEnds) {
      await killCollector();
      await wait(random() * 300); // nobody reads meanwhile
      await wait(Math.max(0, startedAt + shortestLifeMs - Date.now()));
      counted += await downloads.pause();
      if (how === "drained") {
        await using _beside = startCli(collect);
        assert.equal((await runCli(["drain", ...place])).code, 0);
        await server.stop("SIGTERM");
      } else {
        await server.stop("SIGKILL");
      }
      ends.push(Date.now());
      downloads.coreBegins();
      const missingNow = counted - lost - (await booked());
      assert.ok(missingNow >= 0n, "more is booked than the core counted");
      if (how === "drained") assert.equal(missingNow, 0n, "drain has read the last byte");
      lost += missingNow;
      server = cleanUp.use(await startCore(kind, loop.server.config));
      startedAt = Date.now();
    }
    {
      await using collector = startCli(collect);
      await collector.line(/restarted/);
      downloads.start();
      counted += await downloads.pause();
      assert.equal((await collector.end("SIGTERM")).code, 0);
    }

    assert.equal(await booked(), counted - lost);
    const gaps = (await kept.ledger.gaps()).filter(({ cause }) => cause !== "first-sight");
    assert.deepEqual(new Set(gaps.map(({ cause }) => cause)), new Set(["core-restart"]));
    // Each end of the core has its gap, which reaches to the first reading of the next life.
    const tos = gaps.map(({ to }) => to.getTime()).sort((a, b) => a - b);
    assert.equal(tos.length, ends.length);
    for (const [at, end] of ends.entries()) {
      const to = tos[at] as number;
      assert.ok(end <= to && to < (ends[at + 1] ?? Number.POSITIVE_INFINITY));
      const from = gaps.find((gap) => gap.to.getTime() === to)?.from;
      assert.ok(from === undefined || from.getTime() <= end);
    }
    context.diagnostic(`${lost} of ${counted} bytes lost in ${gaps.length} gaps`);
  });
}
