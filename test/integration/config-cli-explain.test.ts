import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../support/run-program.ts";

const input = `{
  "stats": {},
  "policy": { "levels": { "0": { "statsUserUplink": true } } },
  "inbounds": [{ "port": 443, "protocol": "vmess", "settings": { "clients": [
    { "id": "e731f153-4f31-49d3-9e8f-ff8f396135ef", "email": "alice", "level": 1 }
  ] } }],
  "outbounds": [{ "protocol": "freedom" }]
}`;

test("explain says step by step, with places, and what to do", async () => {
  const args = ["config", "explain", "--core", "xray", "-"];
  const { code, stdout } = await runCli([...args, "user>>>alice>>>traffic>>>uplink"], { input });
  assert.equal(code, 0);
  assert.match(stdout, /^user>>>alice>>>traffic>>>uplink: the configuration makes no such counter\n/);
  assert.match(stdout, /\n {2}NO {3}level 1 has no entry in policy\.levels \(<stdin>:\d+:\d+\)\n/);
  assert.match(stdout, /\nTo have it:\n {2}\S/);
  const explained = JSON.parse(
    (await runCli([...args, "--json", "user>>>alice>>>traffic>>>uplink"], { input })).stdout,
  );
  assert.equal(explained.verdict, "never");
});

test("explain needs a file and a name, and a file it can read", async () => {
  assert.equal((await runCli(["config", "explain", "user>>>a>>>traffic>>>uplink"])).code, 2);
  const broken = await runCli(["config", "explain", "-", "user>>>a>>>traffic>>>uplink"], { input: '{ "a" ' });
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /\nv2ray-stats: <stdin>:1:\d+: .*\n$/);
});

test("names reach no terminal raw", async () => {
  const { stdout } = await runCli(["config", "explain", "--core", "xray", "-", "user>>>\u001b[2J>>>traffic>>>uplink"], {
    input,
  });
  assert.ok(!stdout.includes("\u001b"));
});
