import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { freePorts } from "../support/free-ports.ts";
import { runCli } from "../support/run-program.ts";
import { testFolder } from "./config-support.ts";
import { xrayConfig } from "./doctor-texts.ts";

let core: EmbeddedCore;
let args: string[];

before(async () => {
  core = await startEmbeddedCore({ dialect: "xray" });
  core.advanceClock(100);
  for (const subject of ["inbound>>>in", "outbound>>>direct", "user>>>eve\u001b[2J"])
    for (const direction of ["uplink", "downlink"]) core.add(`${subject}>>>traffic>>>${direction}`, 5n);
  args = ["doctor", "--server", core.address, "--watch", "100ms"];
});

after(() => core.close());

test("a line for each check, with a mark", async () => {
  const { code, stdout, stderr } = await runCli(args);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^ok reachable: the API answers at 127\.0\.0\.1:\d+\n/);
  assert.equal(stdout.split("\n").length, 9);
  assert.ok(stdout.split("\n").every((line) => line === "" || line.startsWith("ok ")));
});

test("with a configuration from standard input, names without control characters, and advice below", async () => {
  const { code, stdout } = await runCli([...args, "-"], { input: xrayConfig() });
  assert.equal(code, 1);
  assert.match(stdout, /\nx {2}config: the configuration has 1 error and 2 warnings, first: user carol/);
  assert.match(stdout, /\n! {2}users: users: 0 counted, 2 not connected yet \(alice and bob\), 1 that will never/);
  assert.match(stdout, /\n {5}level 1 has no entry in policy\.levels \(carol\)\. Add /);
  assert.match(stdout, /\n! {2}undeclared: .*eve\\u001b\[2J/);
  assert.ok(!stdout.includes("\u001b"));
});

test("with a directory, as the core that answers reads it", async () => {
  using folder = testFolder();
  writeFileSync(join(folder.path, "1.json"), xrayConfig({ inbounds: undefined }));
  writeFileSync(join(folder.path, "2.yaml"), "inbounds: [{ tag: in, port: 443, protocol: socks }]\n");
  const { stdout } = await runCli([...args, folder.path]);
  assert.match(stdout, /\nok inbounds: inbounds: 1 counted\n/);
});

test("an error is exit code 1, and JSON is the whole diagnosis", async () => {
  const { code, stdout } = await runCli([...args, "--json", "-"], {
    input: xrayConfig({ inbounds: [{ tag: "gone" }] }),
  });
  assert.equal(code, 1);
  const { status, checks } = JSON.parse(stdout);
  assert.equal(status, "error");
  assert.deepEqual(checks.find(({ id }: { id: string }) => id === "inbounds").details.missing, ["gone"]);
});

test("another core than --core says is an error", async () => {
  const { code, stdout } = await runCli([...args, "--core", "v2ray5", "-"], { input: xrayConfig() });
  assert.equal(code, 1);
  assert.match(
    stdout,
    /\nx {2}core: Xray 26\.1\.13 or newer answers, and the configuration is read as one of V2Ray 5\n/,
  );
});

test("a core that cannot be reached is exit code 3", async () => {
  const { port } = await freePorts("port");
  const { code, stdout } = await runCli(["doctor", "--server", `127.0.0.1:${port}`]);
  assert.equal(code, 3);
  assert.match(stdout, /^x {2}reachable: connection refused at 127\.0\.0\.1:\d+\n {5}\S/);
});

test("wrong use is exit code 2, before anything is asked", async () => {
  const before = core.calls.length;
  const wrong = [
    ["--watch", "soon"],
    ["--core", "clash"],
    ["--core-version", "new"],
    ["/nowhere/at/all.json"],
    ["-", "other.json"],
  ];
  for (const words of wrong) assert.equal((await runCli([...args, ...words])).code, 2, words.join(" "));
  assert.equal(core.calls.length, before);
  assert.equal((await runCli(["doctor", "--server", "nowhere"])).code, 2);
});
