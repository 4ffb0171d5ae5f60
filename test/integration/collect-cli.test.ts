import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { createProgram } from "../../src/cli/program.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { runCli } from "../support/run-program.ts";
import { startCli } from "../support/running-cli.ts";
import { openTestLedger, startCollector, type TestLedger } from "../support/running-collector.ts";
import { until } from "../support/until.ts";

const name = (user: string, direction: string): string => `user>>>${user}>>>traffic>>>${direction}`;
const evil = '=cmd|"x"!A1,\u001b[31m';

let core: EmbeddedCore;
let kept: TestLedger;
let db: string[];

// One collector runs through all of it.
before(async () => {
  core = await startEmbeddedCore({ dialect: "xray" });
  kept = await openTestLedger();
  db = ["--db", kept.file];
});

after(async () => {
  await kept[Symbol.asyncDispose]();
  await core.close();
});

test("collect tells what changes, is asked while it runs, and takes a last reading at SIGTERM", async () => {
  await using running = startCli(["collect", "--node", `fra-1=${core.address}`, ...db, "--interval", "100ms"]);
  assert.match(await running.line(/recording/), /^\d{4}-\d\d-\d\dT\S+Z {2}fra-1 {2}recording$/);
  core.add(name("alice", "uplink"), 1024n);
  core.add(name("alice", "downlink"), 9_007_199_254_740_993n);
  core.add(name(evil, "uplink"), 7n);
  core.add("inbound>>>ws>>>traffic>>>uplink", 3n);
  await until(async () => (await kept.booked("fra-1")) === 9_007_199_254_742_024n);
  const asked = await runCli(["usage", ...db, "--by", "user", "--format", "json"]);
  assert.equal(asked.stderr, "v2ray-stats: 1 gap touches this time, see v2ray-stats gaps\n");
  assert.deepEqual(JSON.parse(asked.stdout), [
    { user: evil, uplink: "7", downlink: "0", total: "7" },
    { user: "alice", uplink: "1024", downlink: "9007199254740993", total: "9007199254742017" },
  ]);
  assert.equal(running.stderr(), "");
  assert.equal((await running.end("SIGTERM")).code, 0);
  assert.match(running.lines.at(-1) ?? "", /fra-1 {2}stopped$/);
  assert.equal(running.lines.filter((line) => /recording/.test(line)).length, 1);
});

test("what came after the last poll is read at SIGTERM", async () => {
  await using running = startCli(["collect", "--node", `fra-1=${core.address}`, ...db, "--interval", "1h", "--json"]);
  const [first] = [JSON.parse(await running.line(/recording/))];
  assert.deepEqual({ ...first, at: undefined }, { at: undefined, node: "fra-1", event: "recording" });
  const booked = await kept.booked("fra-1");
  core.add(name("alice", "uplink"), 5n);
  assert.equal((await running.end("SIGTERM")).code, 0);
  assert.equal(await kept.booked("fra-1"), booked + 5n);
});

test("a signal that comes twice, as from a terminal that is closed, does not break off the last reading", async () => {
  await using read = await startEmbeddedCore({ dialect: "xray" });
  await using own = await openTestLedger();
  await using running = startCli(["collect", "--node", `a=${read.address}`, "--db", own.file, "--interval", "1h"]);
  await running.line(/recording/);
  read.add(name("alice", "uplink"), 5n);
  read.fault({ hang: true });
  const calls = read.calls.length;
  process.kill(running.pid, "SIGHUP");
  await until(() => read.calls.length > calls);
  process.kill(running.pid, "SIGHUP");
  await wait(50); // without anything to wait for: nothing must happen
  read.clearFaults();
  assert.equal((await running.end("SIGHUP")).code, 0);
  assert.equal(await own.booked("a"), 5n);
});

test("with --quiet nothing is printed", async () => {
  const node = ["--node", "dead=127.0.0.1:1", "--node", `quiet=${core.address}`];
  await using running = startCli(["collect", ...node, ...db, "--quiet"]);
  await until(async () => (await kept.ledger.gaps({ node: "quiet" })).length === 1);
  assert.equal((await running.end("SIGINT")).code, 0);
  assert.deepEqual([running.lines, running.stderr()], [[], ""]);
});

test("usage prints tables and CSV that steer no terminal and no spreadsheet", async () => {
  const table = await runCli(["usage", ...db, "--node", "fra-1"]);
  assert.match(table.stdout, /^USER +UPLINK +DOWNLINK +TOTAL\n=cmd\|"x"!A1,\\x1b\[31m +7 B +0 B +7 B\nalice +1\.0 KiB/);
  assert.match(table.stdout, /\n1 gap touches this time, see v2ray-stats gaps\n$/);
  const csv = await runCli(["usage", ...db, "--format", "csv", "--by", "user,node"]);
  assert.equal(
    csv.stdout,
    'user,node,uplink,downlink,total\r\n"\'=cmd|""x""!A1,\\x1b[31m",fra-1,7,0,7\r\nalice,fra-1,1029,9007199254740993,9007199254742022\r\n',
  );
  for (const { stdout } of [table, csv]) assert.ok(!stdout.includes("\u001b"));
});

/** Runs a command in this process, which is faster. */
async function runHere(args: readonly string[]): Promise<{ error: unknown; printed: string }> {
  let printed = "";
  const stdout = new PassThrough().on("data", (chunk) => {
    printed += chunk;
  }) as unknown as NodeJS.WriteStream;
  const stderr = new PassThrough() as unknown as NodeJS.WriteStream;
  const { signal } = new AbortController();
  const program = createProgram({ version: "0", stdin: process.stdin, stdout, stderr, signal });
  const error: unknown = await program.parseAsync(args, { from: "user" }).then(
    () => undefined,
    (reason) => reason,
  );
  return { error, printed };
}

test("usage is split, bounded and cut as asked", async () => {
  const ask = async (...args: string[]): Promise<Record<string, string>[]> => {
    const { error, printed } = await runHere(["usage", ...db, "--json", ...args]);
    assert.equal(error, undefined);
    return JSON.parse(printed);
  };
  const local = new Date(Date.now() + 5.5 * 3_600_000).toISOString();
  const inIndia = ["--tz", "Asia/Kolkata"];
  assert.deepEqual(
    (await ask("--by", "day,user", ...inIndia, "--top", "1")).map((row) => Object.entries(row).slice(0, 2)),
    [
      [
        ["day", local.slice(0, 10)],
        ["user", "alice"],
      ],
    ],
  );
  assert.equal((await ask("--by", "month", ...inIndia))[0]?.month, local.slice(0, 7));
  assert.match((await ask("--by", "hour", ...inIndia))[0]?.hour ?? "", /^\d{4}-\d\d-\d\dT\d\d:00\+05:30$/);
  assert.deepEqual(await ask("--scope", "inbound"), [{ subject: "ws", uplink: "3", downlink: "0", total: "3" }]);
  assert.deepEqual(await ask("--by", "", "--user", evil), [{ uplink: "7", downlink: "0", total: "7" }]);
  assert.deepEqual(
    (await ask("--by", "direction,user", "--user", "alice")).map(({ direction, total }) => [direction, total]),
    [
      ["downlink", "9007199254740993"],
      ["uplink", "1029"],
    ],
  );
  assert.deepEqual(await ask("--node", "nobody"), []);
  assert.deepEqual(await ask("--to", "2020-01-01"), []);
  assert.deepEqual(await ask("--from", "2080-01-01"), []);
  const anHourAgo = new Date(Date.now() + 4.5 * 3_600_000).toISOString().slice(0, 16);
  assert.equal((await ask("--from", anHourAgo, ...inIndia)).length, 2);
  assert.equal((await runHere(["usage", ...db, "--from", "2080-01-01"])).printed, "no usage\n");
});

test("gaps are listed with their causes", async () => {
  const { stdout, stderr } = await runCli(["gaps", ...db, "--format", "json", "--node", "quiet"]);
  assert.equal(stderr, "");
  const [gap, ...others] = JSON.parse(stdout);
  assert.deepEqual(others, []);
  assert.deepEqual([gap.node, gap.cause, gap.from], ["quiet", "first-sight", null]);
  assert.ok(Date.parse(gap.to) > Date.now() - 300_000);
  assert.ok(gap.bound.some((each: object) => "name" in each && each.name === name("alice", "uplink")));
  const table = (await runCli(["gaps", ...db])).stdout;
  assert.match(table, /^NODE +CAUSE +FROM +UNTIL +OF USERS AT MOST\n/);
  assert.match(table, /\nquiet +first-sight +unknown +\S+\+00:00 +8\.0 PiB\n/);
  assert.equal((await runHere(["gaps", ...db, "--from", "2080-01-01"])).printed, "no gaps\n");
});

test("usage and gaps are read from a ledger that a collector of this process writes", async () => {
  await using own = await openTestLedger();
  await using collector = startCollector({
    nodes: [{ name: "node-a", core: core.address }],
    ledger: own.ledger,
    intervalMs: 10,
  });
  await collector.tells("node-a", "recording");
  for (let round = 0; round < 3; round++) {
    core.add(name("alice", "uplink"), 1n);
    const { code, stderr } = await runCli(["gaps", "--db", own.file]);
    assert.deepEqual([code, stderr], [0, ""]);
  }
  await collector.stop();
  assert.equal(await own.booked("node-a"), 3n);
});
