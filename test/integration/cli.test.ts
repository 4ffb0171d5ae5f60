import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { runCli } from "../support/run-program.ts";

let core: EmbeddedCore;
let server: string[];

before(async () => {
  core = await startEmbeddedCore({ dialect: "xray" });
  core.add("user>>>alice@example.com>>>traffic>>>uplink", 1024n);
  core.add("user>>>alice@example.com>>>traffic>>>downlink", 9_007_199_254_740_993n);
  core.add("user>>>eve\u001b[31m>>>traffic>>>uplink", 1n);
  core.add("inbound>>>ws>>>traffic>>>uplink", 0n);
  core.add("outbound>>>power-user>>>traffic>>>uplink", 77n);
  server = ["--server", core.address];
});

after(() => core.close());

test("query --json prints an array of name and value, sorted, values as decimal strings", async () => {
  const { code, stdout, stderr } = await runCli([...server, "query", "--json"]);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const counters = JSON.parse(stdout);
  assert.deepEqual(counters, [
    { name: "inbound>>>ws>>>traffic>>>uplink", value: "0" },
    { name: "outbound>>>power-user>>>traffic>>>uplink", value: "77" },
    { name: "user>>>alice@example.com>>>traffic>>>downlink", value: "9007199254740993" },
    { name: "user>>>alice@example.com>>>traffic>>>uplink", value: "1024" },
    { name: "user>>>eve\u001b[31m>>>traffic>>>uplink", value: "1" },
  ]);
});

test("query takes a substring or an expression, and shows no control character raw", async () => {
  const all = await runCli(["query", ...server]);
  assert.match(all.stdout, /1\.0 KiB {2}user>>>alice@example\.com>>>traffic>>>uplink/);
  assert.ok(!all.stdout.includes("\u001b"));
  const some = await runCli([...server, "query", "alice", "--json"]);
  assert.equal(JSON.parse(some.stdout).length, 2);
  const matched = await runCli([...server, "query", "--regexp", "^(in|out)bound", "--json"]);
  assert.equal(JSON.parse(matched.stdout).length, 2);
  assert.equal((await runCli([...server, "query", "--regexp", "("])).code, 2);
  assert.equal((await runCli([...server, "query", "nothing like it"])).stdout, "no counters\n");
});

test("the address may come from V2RAY_STATS_SERVER, and the flag wins", async () => {
  const env = { V2RAY_STATS_SERVER: core.address };
  assert.equal((await runCli(["sys"], { env })).code, 0);
  assert.equal((await runCli(["sys", "--server", "127.0.0.1:1"], { env })).code, 3);
});

test("get prints one counter, and fails with advice where there is none", async () => {
  const name = "user>>>alice@example.com>>>traffic>>>uplink";
  const found = await runCli([...server, "get", name, "--json"]);
  assert.deepEqual(JSON.parse(found.stdout), { name, value: "1024" });
  const missing = await runCli([...server, "get", "user>>>bob>>>traffic>>>uplink"]);
  assert.equal(missing.code, 1);
  assert.match(
    missing.stderr,
    /^v2ray-stats: the core at \S+ has no counter "user>>>bob.*appear with the first connection.*\n$/,
  );
  assert.equal((await runCli([...server, "get", ""])).code, 2);
});

test("sys tells the core and its figures", async () => {
  const { stdout } = await runCli([...server, "sys", "--json"]);
  const sys = JSON.parse(stdout);
  assert.equal(sys.kind, "xray");
  assert.equal(typeof sys.uptimeSeconds, "number");
  assert.match(sys.totalAllocBytes, /^\d+$/);
  assert.match((await runCli([...server, "sys"])).stdout, /goroutines +\d+/);
});

test("online lists users and one user's addresses, and says who cannot tell", async () => {
  core.setOnline("alice@example.com", [["198.51.100.7", new Date(1_795_328_870_000)]]);
  core.setOnline("bob", []);
  assert.deepEqual(JSON.parse((await runCli([...server, "online", "--json"])).stdout), ["alice@example.com"]);
  assert.match((await runCli([...server, "online", "alice@example.com"])).stdout, /198\.51\.100\.7 +2026-11-22T/);
  assert.equal((await runCli([...server, "online", "bob"])).stdout, '"bob" is offline\n');
  await using other = await startEmbeddedCore({ dialect: "v2ray4" });
  const { code, stderr } = await runCli(["--server", other.address, "online"]);
  assert.equal(code, 1);
  assert.match(stderr, /does not tell who is online.*Xray 26\.1\.13/);
});

test("report sums up, in every form", async () => {
  assert.match((await runCli([...server, "report"])).stdout, /alice@example\.com/);
  const rows = JSON.parse((await runCli([...server, "report", "--json"])).stdout);
  assert.ok(rows.some((row: { subject: string; total: string }) => row.subject === "power-user" && row.total === "77"));
  assert.match(
    (await runCli([...server, "report", "--format", "csv"])).stdout,
    /^scope,subject,uplink,downlink,total\r?\n/,
  );
  assert.equal((await runCli([...server, "report", "--json", "--format", "csv"])).code, 2);
  assert.equal((await runCli([...server, "report", "--format", "pdf"])).code, 2);
});

test("report --input prints what traffic.sh prints, byte for byte", async () => {
  const want = readFileSync("test/samples/traffic-sh.out.txt", "utf8");
  const args = ["report", "--format", "traffic.sh", "--input"];
  assert.equal((await runCli([...args, "test/samples/traffic-sh.in.txt"])).stdout, want);
  const input = readFileSync("test/samples/traffic-sh.in.txt", "utf8");
  assert.equal((await runCli([...args, "-"], { input })).stdout, want);
  assert.equal((await runCli([...args, "no-such-file"])).code, 2);
  const garbage = await runCli([...args, "-"], { input: "<html>" });
  assert.equal(garbage.code, 1);
  assert.match(garbage.stderr, /^v2ray-stats: .+\n$/);
});

test("watch prints as many deltas as asked, as JSON lines or for people", async () => {
  const json = await runCli([...server, "watch", "--interval", "50ms", "--count", "3", "--json"]);
  const lines = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ state }) => state),
    ["ok", "ok", "ok"],
  );
  const text = await runCli([...server, "watch", "--interval", "50ms", "--count", "1"]);
  assert.match(text.stdout, /^\S+Z {2}ok\n/);
  for (const wrong of [
    ["--interval", "soon"],
    ["--count", "0"],
    ["--scope", "planet"],
  ]) {
    assert.equal((await runCli([...server, "watch", ...wrong])).code, 2);
  }
});

test("reset asks first, needs --yes without a terminal, and prints what it zeroed", async () => {
  await using own = await startEmbeddedCore({ dialect: "sing-box" });
  own.add("user>>>alice>>>traffic>>>uplink", 5n);
  own.add("outbound>>>power-user>>>traffic>>>uplink", 7n);
  const at = ["--server", own.address, "reset"];
  for (const wrong of [[], [""], ["user>>>"], ["user>>>", "--all", "--yes"]]) {
    assert.equal((await runCli([...at, ...wrong])).code, 2, wrong.join(" "));
  }
  assert.deepEqual(own.calls, []);
  const { code, stdout } = await runCli([...at, "user>>>", "--yes", "--json"]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), [{ name: "user>>>alice>>>traffic>>>uplink", value: "5" }]);
  assert.equal(own.get("outbound>>>power-user>>>traffic>>>uplink"), 7n);
  const all = await runCli([...at, "--all", "--yes"]);
  assert.equal(all.code, 0);
  assert.equal(own.get("outbound>>>power-user>>>traffic>>>uplink"), 0n);
});

test("an unreachable core is exit 3 with one line that says what to do", async () => {
  for (const args of [["query"], ["report", "--format", "traffic.sh"], ["reset", "--all", "--yes"]]) {
    const { code, stdout, stderr } = await runCli([...args, "--server", "127.0.0.1:1"]);
    assert.equal(code, 3, args.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /^v2ray-stats: connection refused at 127\.0\.0\.1:1\. Is the core running.*\n$/);
  }
});

test("wrong use is exit 2, help and version are 0", async () => {
  for (const args of [
    ["nonsense"],
    ["query", "--nonsense"],
    ["get"],
    ["sys", "--server", "nowhere"],
    ["sys", "--timeout", "x"],
  ]) {
    const { code, stderr } = await runCli(args);
    assert.equal(code, 2, args.join(" "));
    assert.notEqual(stderr, "");
  }
  assert.equal((await runCli(["--help"])).code, 0);
  assert.equal((await runCli(["--version"])).stdout, `${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
});

test("a password in an address is not printed", async () => {
  const { code, stderr } = await runCli(["sys", "--server", "https://user:secret@127.0.0.1:1"]);
  assert.equal(code, 2);
  assert.ok(!stderr.includes("secret"), stderr);
});

test("demo shows names, a snapshot, a diff, live rates and the report, and ends by itself", async () => {
  // Without PATH there is no core to find: the embedded one serves.
  const { code, stdout, stderr } = await runCli(["demo"], { env: { PATH: "" } });
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.match(stdout, /^Core: the embedded core/);
  assert.match(stdout, /user>>>alice>>>traffic>>>downlink +user +alice +downlink +\d/);
  assert.match(stdout, /alice moved .+ up and .+ down/);
  assert.match(stdout, /ok {2}.*alice ↑ .+ ↓ .+iB\/s/);
  assert.match(stdout, /Users \(2\)/);
});

test("what a core says reaches no terminal raw", async () => {
  await using own = await startEmbeddedCore({ dialect: "v2ray5" });
  own.fault({ status: { code: 14, message: "\u001b[2J\u009b31m" } });
  const { stderr } = await runCli(["sys", "--server", own.address]);
  assert.match(stderr, /\\x1b\[2J\\u009b31m/);
  assert.ok(!stderr.includes("\u001b") && !stderr.includes("\u009b"));
});

test("watch --count of a core that was never reached is exit 3", async () => {
  const { code, stderr } = await runCli(["watch", "--server", "127.0.0.1:1", "--interval", "10ms", "--count", "1"]);
  assert.equal(code, 3);
  assert.match(stderr, /^v2ray-stats: connection refused.*\n$/);
});

test("wrong words are told before anything is asked", async () => {
  for (const args of [
    ["online", ""],
    ["reset", "--name", "", "--yes"],
    ["query", "--regexp"],
  ]) {
    assert.equal((await runCli([...server, ...args])).code, 2, args.join(" "));
  }
  assert.equal((await runCli(["sys"], { env: { V2RAY_STATS_SERVER: "" } })).code, 3);
});
