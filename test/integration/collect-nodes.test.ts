import assert from "node:assert/strict";
import { createServer as createHttp2Server } from "node:http2";
import { test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { freePorts } from "../support/free-ports.ts";
import { openServer } from "../support/raw-servers.ts";
import { openTestLedger, startCollector } from "../support/running-collector.ts";
import { openSecondAddress } from "../support/second-address.ts";
import { until } from "../support/until.ts";

const down = "user>>>alice@example.com>>>traffic>>>downlink";

/** A core that has been up for an hour. */
async function startOldCore(): Promise<EmbeddedCore> {
  const core = await startEmbeddedCore({ dialect: "v2ray5" });
  core.advanceClock(3600);
  return core;
}

test("a node that hangs and one that is dead slow no other, with one slot for all", async () => {
  await using good = await startOldCore();
  await using hung = await startOldCore();
  hung.fault({ hang: true });
  await using patient = new StatsClient(hung.address, { timeoutMs: 120_000 });
  await using client = new StatsClient(hung.address, { timeoutMs: 400 });
  await using kept = await openTestLedger();
  const { dead } = await freePorts("dead");
  await using collector = startCollector({
    nodes: [
      { name: "hangs-on", core: patient },
      { name: "hung", core: client },
      { name: "dead", core: `127.0.0.1:${dead}` },
      { name: "good", core: good.address },
    ],
    ledger: kept.ledger,
    intervalMs: 20,
    concurrency: 1,
    lastReadingTimeoutMs: 400,
  });
  await collector.tells("good", "recording");
  for (let round = 1n; round <= 20n; round++) {
    good.add(down, 5n);
    await until(async () => (await kept.booked("good")) === 5n * round);
  }
  await Promise.all([collector.tells("hung", "unreachable"), collector.tells("dead", "unreachable")]);

  assert.deepEqual(collector.told("hangs-on"), []);
  hung.clearFaults();
  await Promise.all([collector.tells("hung", "first-sight"), collector.tells("hangs-on", "first-sight")]);
  hung.add(down, 7n);
  await until(async () => (await kept.booked("hung")) === 7n);
  assert.deepEqual(collector.told("hung"), ["unreachable", "recording", "first-sight"]);
  assert.deepEqual(collector.told("hangs-on"), ["recording", "first-sight"]);
  assert.deepEqual(collector.told("dead"), ["unreachable"]);
  assert.deepEqual(collector.told("good"), ["recording", "first-sight"]);
});

test("what is no core and would send gigabytes is not read to its end, and takes no memory", async () => {
  await using good = await startOldCore();
  const http2 = createHttp2Server().on("stream", (stream) => {
    stream.on("error", () => {}).respond({ "content-type": "application/grpc" });
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff])); // the length of a message of 4 GiB
  });
  await using endless = await openServer(http2);
  await using kept = await openTestLedger();
  await using collector = startCollector({
    nodes: [
      { name: "endless", core: endless.address },
      { name: "good", core: good.address },
    ],
    ledger: kept.ledger,
    intervalMs: 20,
    timeoutMs: 60_000,
  });
  await Promise.all([collector.tells("endless", "unreachable"), collector.tells("good", "recording")]);
  const [told] = collector.events.filter(({ node, kind }) => node === "endless" && kind === "unreachable");
  assert.ok(told?.kind === "unreachable");
  assert.match(told.error?.message ?? "", /4294967295 bytes, more than maxBytes 268435456/);
});

test("a core that dies and returns, restarts, and is reset by somebody else keeps its sums", async () => {
  await using core = await startOldCore();
  core.add(down, 1_000_000n);
  await using kept = await openTestLedger();
  await using collector = startCollector({
    nodes: [{ name: "node-a", core: core.address }],
    ledger: kept.ledger,
    intervalMs: 20,
    maxBackoffMs: 100,
  });
  await collector.tells("node-a", "first-sight");
  let total = 0n;
  const flows = async (bytes: bigint): Promise<void> => {
    core.add(down, bytes);
    total += bytes;
    await until(async () => (await kept.booked("node-a")) === total);
  };
  await flows(10n);

  await core.stop();
  await collector.tells("node-a", "unreachable");
  core.add(down, 200n); // it lives on, and cannot be asked
  total += 200n;
  await core.start();
  await flows(1n);

  core.restart();
  await flows(3000n);

  core.foreignReset();
  await collector.tells("node-a", "foreign-reset");
  await flows(40_000n);

  await collector.stop();
  assert.deepEqual(collector.told("node-a"), [
    "recording",
    "first-sight",
    "unreachable",
    "recording",
    "restarted",
    "core-restart",
    "foreign-reset",
    "stopped",
  ]);
  const gaps = await kept.ledger.gaps();
  assert.deepEqual(gaps.map(({ cause }) => cause).sort(), ["core-restart", "first-sight", "foreign-reset"]);
  assert.deepEqual(gaps.find(({ cause }) => cause === "first-sight")?.bound, new Map([[down, 1_000_000n]]));
  assert.equal(await kept.booked("node-a"), 43_211n);
});

test("another core at the address is told, books nothing, and the right one goes on", async () => {
  const { port } = await freePorts("port");
  const options = { dialect: "xray", port } as const;
  await using kept = await openTestLedger();
  const core = await startEmbeddedCore(options);
  core.advanceClock(3600);
  core.add(down, 100n);
  await using collector = startCollector({
    nodes: [{ name: "node-a", core: core.address }],
    ledger: kept.ledger,
    intervalMs: 20,
    maxBackoffMs: 100,
  });
  await collector.tells("node-a", "first-sight");
  await core.stop();
  {
    await using stranger = await startEmbeddedCore(options);
    stranger.advanceClock(1_000_000);
    stranger.add(down, 5_000_000n);
    await collector.tells("node-a", "other-core");
  }
  core.add(down, 11n);
  await core.start();
  await until(async () => (await kept.booked("node-a")) === 11n);
  await core.close();
  await collector.stop();
  const told = collector.told("node-a").filter((kind) => kind !== "unreachable");
  assert.deepEqual(told, ["recording", "first-sight", "other-core", "recording", "stopped"]);
});

test("a core at another address is counted anew after a gap, and goes on where the operator says it is the same", async () => {
  await using core = await startOldCore();
  await using kept = await openTestLedger();
  const name = "node-a";
  const options = { ledger: kept.ledger, intervalMs: 20 };
  await using second = await openSecondAddress(core.address);
  {
    await using collector = startCollector({ ...options, nodes: [{ name, core: core.address }] });
    await collector.tells(name, "first-sight");
    core.add(down, 5n);
  }
  core.add(down, 7n);
  {
    await using collector = startCollector({ ...options, nodes: [{ name, core: second.address }] });
    await collector.tells(name, "other-core");
    assert.deepEqual(collector.told(name), ["recording", "new-base", "other-core"]);
    core.add(down, 11n);
  }
  assert.equal(await kept.booked(name), 16n);
  core.add(down, 13n);
  {
    const nodes = [{ name, core: core.address }];
    await using collector = startCollector({ ...options, nodes, sameCore: [name] });
    await collector.tells(name, "recording");
    core.add(down, 17n);
    await collector.stop();
    assert.deepEqual(collector.told(name), ["recording", "stopped"]);
  }
  assert.equal(await kept.booked(name), 46n);
  const gaps = await kept.ledger.gaps();
  assert.deepEqual(
    gaps.map(({ cause, bound }) => [cause, bound]),
    [
      ["first-sight", new Map()],
      ["other-core", new Map([[down, 12n]])],
    ],
  );
});
