import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli, runProgram } from "../support/run-program.ts";
import { runCliUnprivileged, testFolder } from "./config-support.ts";

const client = `{
  // a client
  "inbounds": [{ "tag": "socks-in", "listen": "127.0.0.1", "port": 1080, "protocol": "socks" }],
  "outbounds": [
    { "tag": "direct", "protocol": "freedom" }
  ]
}
`;

test("enable shows a diff that patch applies, and writes nothing", async () => {
  using folder = testFolder();
  const file = join(folder.path, "client.json");
  writeFileSync(file, client);
  const { code, stdout, stderr } = await runCli(["config", "enable", "--core", "xray", file]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^--- .*client\.json\n\+\+\+ .*client\.json\n@@ -/);
  assert.match(stdout, /^\+.*"stats": \{\}/m);
  assert.match(stderr, /client\.json: .*stats/);
  assert.match(stderr, /the API will be at 127\.0\.0\.1:10085\n$/);
  assert.equal(readFileSync(file, "utf8"), client);
  assert.deepEqual(readdirSync(folder.path), ["client.json"]);
  assert.equal((await runCli(["config", "enable", "--diff", "--core", "xray", file])).stdout, stdout);

  const patched = await runProgram("patch", ["-s", "-o", "-", file], { input: stdout });
  const piped = await runCli(["config", "enable", "--write", "--core", "xray", "-"], { input: client });
  assert.equal(patched.stdout, piped.stdout);
  assert.match(piped.stdout, /\/\/ a client/);
});

test("--write writes once, --undo takes it back", async () => {
  using folder = testFolder();
  const file = join(folder.path, "client.json");
  writeFileSync(file, client);
  chmodSync(file, 0o600);
  const write = ["config", "enable", "--write", "--core", "v2ray5", "--api-port", "20123", file];
  const { code, stdout, stderr } = await runCli(write);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /wrote .*client\.json; as it was before: .*client\.json\.before-stats\.[\da-f]{12}/);
  const written = readFileSync(file, "utf8");
  assert.match(written, /20123/);
  assert.equal(statSync(file).mode & 0o7777, 0o600);
  assert.equal((await runCli(["config", "check", "--core", "v2ray5", file])).code, 0);

  const again = await runCli(write);
  assert.match(again.stderr, /nothing to change\n$/);
  assert.equal(readFileSync(file, "utf8"), written);
  assert.equal(readdirSync(folder.path).length, 2);

  const undone = await runCli(["config", "enable", "--undo", file]);
  assert.equal(undone.code, 0);
  assert.match(undone.stderr, /^restored .*client\.json from .*, which is gone\n$/);
  assert.equal(readFileSync(file, "utf8"), client);
  assert.deepEqual(readdirSync(folder.path), ["client.json"]);
  const nothing = await runCli(["config", "enable", "--undo", file]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /^v2ray-stats: there is nothing to undo: .*\n$/);
});

test("a directory is written together, and undone together", async () => {
  using folder = testFolder();
  const inbounds = '{ "inbounds": [{ "listen": "127.0.0.1", "port": 1080, "protocol": "socks" }] }\n';
  const outbounds = '{ "outbounds": [{ "tag": "direct", "protocol": "freedom" }] }\n';
  writeFileSync(join(folder.path, "1.json"), inbounds);
  writeFileSync(join(folder.path, "2.json"), outbounds);
  const { code, stderr } = await runCli(["config", "enable", "--write", "--core", "v2ray5", folder.path]);
  assert.equal(code, 0, stderr);
  assert.notEqual(readFileSync(join(folder.path, "1.json"), "utf8"), inbounds);
  assert.equal((await runCli(["config", "check", "--core", "v2ray5", folder.path])).code, 0);
  assert.equal((await runCli(["config", "enable", "--undo", folder.path])).code, 0);
  assert.equal(readFileSync(join(folder.path, "1.json"), "utf8"), inbounds);
  assert.equal(readFileSync(join(folder.path, "2.json"), "utf8"), outbounds);
  assert.deepEqual(readdirSync(folder.path), ["1.json", "2.json"]);
});

test("a directory that cannot be written to leaves the file as it is", async () => {
  using folder = testFolder();
  const file = join(folder.path, "client.json");
  writeFileSync(file, client);
  chmodSync(folder.path, 0o555);
  const args = ["config", "enable", "--write", "--core", "xray", file];
  const { code, stderr } = await runCliUnprivileged(args, [file, folder.path]);
  assert.equal(code, 1);
  assert.match(stderr, /^v2ray-stats: EACCES: permission denied, open .*\n$/);
  assert.equal(readFileSync(file, "utf8"), client);
  assert.deepEqual(readdirSync(folder.path), ["client.json"]);
});

test("--json tells programs, flags that contradict are wrong use", async () => {
  const { stdout } = await runCli(["config", "enable", "--json", "--core", "xray", "-"], { input: client });
  const { changes, untouched, api, files } = JSON.parse(stdout);
  assert.ok(changes.length > 0 && Array.isArray(untouched));
  assert.equal(api, "127.0.0.1:10085");
  assert.deepEqual(Object.keys(files[0]), ["name", "text"]);
  for (const wrong of [
    ["--write", "--undo", "x"],
    ["--write", "--diff", "x"],
    ["--undo", "-"],
    ["--api-port", "0", "-"],
    ["--api-port", "70000", "-"],
    [],
  ])
    assert.equal((await runCli(["config", "enable", ...wrong], { input: client })).code, 2, wrong.join(" "));
});
