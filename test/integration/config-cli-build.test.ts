import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../support/run-program.ts";

const cores = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray", "sing-box"];
const id = "e731f153-4f31-49d3-9e8f-ff8f396135ef";

test("build prints a configuration in which check finds no fault, for every core", async () => {
  for (const core of cores) {
    const inbounds = ["--inbound", "vmess:3307:tcp", "--inbound", "trojan:3308", "--inbound", "socks:1080"];
    const users = ["--user", `auser:${id}`, "--user", "buser"];
    const { code, stdout, stderr } = await runCli(["config", "build", "--core", core, ...inbounds, ...users]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes(id) && stdout.includes('"tcp"'));
    const [, made = "none"] = /^buser has the id ([\da-f-]{36})\n$/.exec(stderr) ?? [];
    assert.ok(stdout.includes(made), stderr);
    const check = await runCli(["config", "check", "--core", core, "--format", "json", "-"], { input: stdout });
    const { findings } = JSON.parse(check.stdout);
    assert.deepEqual(
      findings.filter(({ severity }: { severity: string }) => severity === "error"),
      [],
      core,
    );
  }
});

test("users have levels, and the API a port", async () => {
  const args = [
    "--core",
    "xray",
    "--inbound",
    "vless:443",
    "--user",
    `a:${id}:3`,
    "--user",
    "b::4",
    "--api-port",
    "20123",
  ];
  const config = JSON.parse((await runCli(["config", "build", ...args])).stdout);
  assert.deepEqual(Object.keys(config.policy.levels), ["3", "4"]);
  assert.equal(config.api.listen, "127.0.0.1:20123");
  const old = await runCli(["config", "build", "--core-version", "1.8.0", ...args]);
  assert.equal("listen" in JSON.parse(old.stdout).api, false);
});

test("--blocks prints the blocks alone", async () => {
  const { stdout } = await runCli(["config", "build", "--blocks", "--core", "xray"]);
  assert.equal("inbounds" in JSON.parse(stdout), false);
  assert.deepEqual(JSON.parse(stdout).stats, {});
});

test("--options takes all that the builder takes", async () => {
  const options = {
    target: "sing-box",
    api: { port: 8080 },
    inbounds: [{ protocol: "vmess", port: 443, users: [{ email: "auser", id }], webSocket: { path: "/ws" } }],
  };
  const args = ["config", "build", "--options", "-"];
  const config = JSON.parse((await runCli(args, { input: JSON.stringify(options) })).stdout);
  assert.deepEqual(config.experimental.v2ray_api.stats.users, ["auser"]);
  const blocks = { target: "sing-box", api: { port: 8080 }, inbounds: ["a"], outbounds: ["b"], users: ["c"] };
  const printed = await runCli([...args, "--blocks"], { input: JSON.stringify(blocks) });
  assert.match(printed.stdout, /"v2ray_api"/);
  for (const input of ["", "{", "{}", "[]", '{ "target": "xray" }', JSON.stringify({ ...options, more: 1 })]) {
    const { code, stdout, stderr } = await runCli(args, { input });
    assert.equal(code, 2, input);
    assert.equal(stdout, "");
    assert.match(stderr, /^v2ray-stats: .+\n$/);
  }
});

test("what cannot be built is wrong use", async () => {
  for (const wrong of [
    [],
    ["--core", "xray"],
    ["--core", "xray", "--inbound", "vmess"],
    ["--core", "xray", "--inbound", "vmess:0", "--user", "a"],
    ["--core", "xray", "--inbound", "vmess:1"],
    ["--core", "xray", "--inbound", "vmess:1", "--user", ":x"],
    ["--core", "xray", "--inbound", "vmess:1", "--user", "a:not-a-uuid"],
    ["--core", "xray", "--inbound", "telnet:1", "--user", "a"],
    ["--core", "xray", "--inbound", "socks:1", "--user", "a::1", "--user", "b"],
    ["--core", "xray", "--inbound", "vmess:1", "--user", "a", "--options", "-"],
    ["--core", "xray", "--blocks", "--user", "a"],
    ["--core", "sing-box", "--blocks"],
    ["--core", "v2ray4", "--core-version", "1.2.3", "--inbound", "vmess:1", "--user", "a"],
  ])
    assert.equal((await runCli(["config", "build", ...wrong])).code, 2, wrong.join(" "));
});
