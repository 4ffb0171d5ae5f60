import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { runCli } from "../support/run-program.ts";
import { startCli } from "../support/running-cli.ts";
import { openTestLedger } from "../support/running-collector.ts";
import { openSecondAddress } from "../support/second-address.ts";
import { until } from "../support/until.ts";

const down = "user>>>alice@example.com>>>traffic>>>downlink";

/** Writes a configuration of these users, as if that were an hour ago. */
function writeConfig(file: string, version: number, users: readonly (readonly [email: string, id: string])[]): void {
  const clients = users.map(([email, id]) => ({ email, id }));
  writeFileSync(file, JSON.stringify({ inbounds: [{ protocol: "vless", port: 1, settings: { clients } }] }));
  const at = Date.now() / 1000 - 3600 + version;
  utimesSync(file, at, at);
}

test("a deleted user who is made anew in the core's configuration inherits no bytes", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  const config = `${kept.file}.json`;
  writeConfig(config, 0, [["alice@example.com", "a1"]]);
  const args = ["collect", "--node", `fra-1=${core.address}`, "--db", kept.file, "--interval", "30ms", "--json"];
  const start = () => startCli([...args, "--core-config", `fra-1=${config}`]);
  const flows = async (bytes: bigint): Promise<void> => {
    const before = await kept.booked("fra-1");
    core.add(down, bytes);
    await until(async () => (await kept.booked("fra-1")) === before + bytes);
  };
  {
    await using running = start();
    await running.line(/"recording"/);
    await flows(5n);
    writeConfig(config, 1, []);
    const seen = core.calls.length;
    await until(() => core.calls.length > seen + 12);
    await running.end("SIGKILL");
  }
  writeConfig(config, 2, [["alice@example.com", "a2"]]);
  {
    await using running = start();
    const told = JSON.parse(await running.line(/"generation"/));
    assert.deepEqual([told.node, told.user], ["fra-1", "alice@example.com"]);
    await flows(70n);
    writeFileSync(config, "{");
    utimesSync(config, 1, 1);
    assert.match(JSON.parse(await running.line(/"trouble"/)).error.message, /cannot be read/);
    await flows(1n);
    assert.equal((await running.end("SIGTERM")).code, 0);
    assert.equal(running.lines.filter((line) => /"generation"/.test(line)).length, 1);
  }
  const { rows } = await kept.ledger.usage({ by: ["user", "generation"] });
  assert.deepEqual(
    rows.map(({ generation, total }) => [generation, total]),
    [
      [0, 5n],
      [1, 71n],
    ],
  );
});

test("what cores show already is booked with --book-existing, and again a start later not", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray5" });
  core.advanceClock(3600);
  core.add(down, 100n);
  await using kept = await openTestLedger();
  const args = ["collect", "--node", `fra-1=${core.address}`, "--db", kept.file, "--interval", "30ms"];
  for (const total of [100n, 107n]) {
    await using running = startCli([...args, "--book-existing", "--no-pack"]);
    await running.line(/recording/);
    await running.end("SIGTERM");
    assert.equal(await kept.booked("fra-1"), total);
    core.add(down, 7n);
  }
  assert.deepEqual(await kept.ledger.gaps(), []);
  await using second = await openSecondAddress(core.address);
  const node = ["--db", kept.file, "--node", `fra-1=${second.address}`];
  const drained = await runCli(["drain", ...node, "--same-core", "fra-1"]);
  assert.deepEqual([drained.code, drained.stderr], [0, ""]);
  assert.equal(await kept.booked("fra-1"), 114n);
  const anew = await runCli(["drain", "--db", kept.file, "--node", `fra-1=${core.address}`]);
  assert.match(anew.stdout, /^fra-1 {2}counted anew from here on\nfra-1 {2}gap: other-core/);
});

test("a collector whose output nobody reads any more takes its last reading and ends", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  const args = ["collect", "--node", `fra-1=${core.address}`, "--db", kept.file, "--interval", "1h"];
  await using hung = await startEmbeddedCore({ dialect: "xray" });
  hung.fault({ hang: true });
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args, "--node", `hung=${hung.address}`], {
    env: { PATH, HOME },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  child.stderr.resume();
  const closed = once(child, "close");
  await once(child.stdout, "data");
  await until(async () => (await kept.ledger.gaps()).length === 1);
  core.add(down, 9n);
  child.stdout.destroy();
  hung.clearFaults(); // that is told
  await closed;
  assert.deepEqual([child.exitCode, child.signalCode], [0, null]);
  assert.equal(await kept.booked("fra-1"), 9n);
  await (await kept.ledger.claim("fra-1", { whenHeld: "fail" })).release();
});

test("flags that fit no node, and a place that is none, are wrong use", async () => {
  const node = ["--node", "fra-1=127.0.0.1:1", "--db", "never.db"];
  for (const args of [
    ["collect", ...node, "--core-config", "fra-1"],
    ["collect", ...node, "--core-config", "ams-1=config.json"],
    ["collect", ...node, "--core-config", "fra-1=a.json", "--core-config", "fra-1=b.json"],
    ["collect", ...node, "--same-core", "ams-1"],
    ["drain", ...node, "--same-core", "ams-1"],
    ["collect", ...node.slice(0, 3), "postgres://me:secret@127.0.0.1:1/usage", "--core-config", "fra-1=a.json"],
  ]) {
    const { code, stdout, stderr } = await runCli(args);
    assert.deepEqual([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
    assert.ok(!stderr.includes("secret"));
  }
});
