import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { drain } from "../../src/collector/drain.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { runCli } from "../support/run-program.ts";
import { startCli } from "../support/running-cli.ts";
import { openTestLedger, startCollector } from "../support/running-collector.ts";
import { until } from "../support/until.ts";

const down = "user>>>alice@example.com>>>traffic>>>downlink";

test("of two collectors one stands by, and goes on at once when the other is killed", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  const args = ["collect", "--node", `node-a=${core.address}`, "--db", kept.file, "--interval", "10m"];
  await using first = startCli(args);
  await first.line(/recording/);
  await using second = startCli(args);
  assert.match(await second.line(/standby/), new RegExp(`recorded by process ${first.pid}`));
  const calls = core.calls.length;
  core.add(down, 5n);
  // With an interval of ten minutes only proof of its death is as fast.
  await first.end("SIGKILL");
  await second.line(/recording/);
  assert.equal(await kept.booked("node-a"), 5n);
  assert.ok(core.calls.length > calls);
  assert.equal((await second.end("SIGTERM")).code, 0);
  assert.deepEqual(
    (await kept.ledger.gaps()).map(({ cause }) => cause),
    ["first-sight"],
  );
});

test("a standby goes on at once when the other ends well", async () => {
  await using core = await startEmbeddedCore({ dialect: "sing-box" });
  await using kept = await openTestLedger();
  const nodes = [{ name: "node-a", core: core.address }];
  const options = { nodes, ledger: kept.ledger, intervalMs: 600_000 };
  await using first = startCollector(options);
  await first.tells("node-a", "recording");
  await using second = startCollector(options);
  await second.tells("node-a", "standby");
  core.add(down, 3n);
  await first.stop();
  assert.equal(await kept.booked("node-a"), 3n, "the last reading");
  core.add(down, 4n);
  await second.tells("node-a", "recording");
  assert.equal(await kept.booked("node-a"), 7n);
});

test("drain beside a running collect records what came since, and collect takes the node back", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray4" });
  await using kept = await openTestLedger();
  const node = ["--node", `node-a=${core.address}`, "--db", kept.file];
  await using running = startCli(["collect", ...node, "--interval", "1s", "--json"]);
  await running.line(/"recording"/);
  const calls = core.calls.length;
  core.add(down, 2048n);
  const { code, stdout, stderr } = await runCli(["drain", ...node]);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  // Whoever of both was faster has booked it, once.
  assert.match(stdout, /^node-a {2}(1 counter moved, 2\.0 KiB|0 counters moved, 0 B) booked in all scopes together\n$/);
  assert.equal(await kept.booked("node-a"), 2048n);
  core.add(down, 5n);
  await until(async () => (await kept.booked("node-a")) === 2053n);
  assert.ok(core.calls.length > calls);
  const kinds = (): string[] => {
    return running.lines.map((line) => JSON.parse(line).event).filter((kind) => kind !== "standby");
  };
  // The line comes a moment after the booking.
  await until(() => kinds().length >= 4);
  assert.deepEqual(kinds(), ["recording", "gap", "claim-lost", "recording"]);
  assert.equal((await running.end("SIGTERM")).code, 0);
});

test("drain reads every node, tells which failed, and leaves no claim", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  const dead = { name: "dead", core: "127.0.0.1:1" };
  const results = await drain([dead, { name: "node-a", core: core.address }], kept.ledger);
  assert.deepEqual(
    results.map(({ node, result, error }) => [node, result?.state, error !== undefined]),
    [
      ["dead", undefined, true],
      ["node-a", "first", false],
    ],
  );
  for (const name of ["dead", "node-a"]) await kept.ledger.claim(name, { whenHeld: "fail" });

  const args = ["drain", "--db", kept.file, "--node", "dead=127.0.0.1:1"];
  const failed = await runCli([...args, "--node", `node-a=${core.address}`, "--json"]);
  assert.equal(failed.code, 3);
  assert.match(failed.stderr, /^v2ray-stats: connection refused at 127\.0\.0\.1:1\. Is the core running.*\n$/);
  const lines = failed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ node, state, error }) => [node, state, error?.code]),
    [
      ["dead", null, "unreachable"],
      ["node-a", "ok", undefined],
    ],
  );
});

test("a database that another program holds stops no poll, and what it missed is booked later", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  core.advanceClock(3600);
  await using kept = await openTestLedger();
  await using writing = await openSqliteLedger(kept.file, { busyTimeoutMs: 50 });
  await using collector = startCollector({
    nodes: [{ name: "node-a", core: core.address }],
    ledger: writing,
    intervalMs: 20,
  });
  await collector.tells("node-a", "recording");
  const other = new DatabaseSync(kept.file);
  try {
    other.exec("BEGIN IMMEDIATE");
    await collector.tells("node-a", "unrecorded");
    core.add(down, 7n);
    const polls = (): number => core.calls.filter(({ method }) => method === "QueryStats").length;
    const before = polls();
    await until(() => polls() >= before + 4);
    core.restart();
    core.add(down, 20n);
    const after = polls();
    await until(() => polls() >= after + 2);
    assert.equal(await kept.booked("node-a"), 0n);
    other.exec("ROLLBACK");
  } finally {
    other.close();
  }
  await collector.tells("node-a", "core-restart");
  await until(async () => (await kept.booked("node-a")) === 27n);
  assert.deepEqual(collector.told("node-a").slice(2), ["unrecorded", "recording", "restarted", "core-restart"]);
});

test("a ledger's file that is moved away is missed, and written again when it is back", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  await using collector = startCollector({
    nodes: [{ name: "node-a", core: core.address }],
    ledger: kept.ledger,
    intervalMs: 20,
  });
  await collector.tells("node-a", "recording");
  renameSync(kept.file, `${kept.file}.away`);
  core.add(down, 7n);
  await collector.tells("node-a", "unrecorded");
  renameSync(`${kept.file}.away`, kept.file);
  await until(async () => (await kept.booked("node-a")) === 7n);
  const failure = collector.events.find(({ kind }) => kind === "unrecorded");
  assert.ok(failure?.kind === "unrecorded");
  assert.match(failure.error?.message ?? "", /was deleted, moved or replaced/);
});

test("many nodes wait for a locked database no longer than one", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  await using writing = await openSqliteLedger(kept.file, { busyTimeoutMs: 300 });
  const names = Array.from({ length: 40 }, (_, index) => `node-${index}`);
  const nodes = names.map((name) => ({ name, core: core.address }));
  await using collector = startCollector({ nodes, ledger: writing, intervalMs: 100 });
  for (const name of names) await collector.tells(name, "recording");
  const other = new DatabaseSync(kept.file);
  try {
    other.exec("BEGIN IMMEDIATE");
    const since = performance.now();
    for (const name of names) await collector.tells(name, "unrecorded");
    // One after the other it would be twelve seconds.
    assert.ok(performance.now() - since < 6000, `${performance.now() - since} ms`);
    other.exec("ROLLBACK");
  } finally {
    other.close();
  }
  core.add(down, 1n);
  await until(async () => (await kept.ledger.usage({ by: ["node"] })).rows.length === names.length);
});
