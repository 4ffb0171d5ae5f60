import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/run-program.ts";
import { testFolder } from "./config-support.ts";

const faulty = `{
  // counts nothing: there is no "stats"
  "api": { "tag": "api", "services": ["StatsService"] },
  "policy": { "levels": { "0": { "statsUserUplink": true, "statsUserDownlink": true } },
    "system": { "statsInboundUplink": true, "statsInboundDownlink": true,
      "statsOutboundUplink": true, "statsOutboundDownlink": true } },
  "inbounds": [
    { "tag": "api-in", "listen": "127.0.0.1", "port": 10085, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1" } },
    { "tag": "vmess-in", "port": 3307, "protocol": "vmess",
      "settings": { "clients": [{ "id": "e731f153-4f31-49d3-9e8f-ff8f396135ef", "email": "alice" }] } }
  ],
  "outbounds": [{ "tag": "direct", "protocol": "freedom" }],
  "routing": { "rules": [{ "type": "field", "inboundTag": ["api-in"], "outboundTag": "api" }] }
}
`;

test("check prints what is wrong and exits with 1 for errors", async () => {
  using folder = testFolder();
  const file = join(folder.path, "server.json");
  writeFileSync(file, faulty);
  const { code, stdout, stderr } = await runCli(["config", "check", file]);
  assert.equal(code, 1);
  assert.equal(stderr, "taken for V2Ray 5; --core says otherwise\n");
  assert.match(stdout, /server\.json:\d+:\d+: error: .*\[stats-block-missing\]\n/);
  assert.match(stdout, /\n {4}\| +\^+\n/);
  assert.match(stdout, /\n {2}page {4}docs\/rules\/stats-block-missing\.md\n/);
  assert.match(stdout, /\n\d+ errors?,.*fixable with --fix\n$/);
});

test("--core is not guessed over, and --disable leaves rules out", async () => {
  const args = ["config", "check", "-", "--core", "v2ray4", "--core-version", "4.34.0"];
  const { code, stdout, stderr } = await runCli([...args, "--disable", "stats-block-missing"], { input: faulty });
  assert.equal(stderr, "");
  assert.doesNotMatch(stdout, /stats-block-missing/);
  assert.equal(code, /\berror: /.test(stdout) ? 1 : 0);
  for (const wrong of [
    ["--disable", "no-such-rule"],
    ["--core", "v2ray6"],
    ["--core-version", "new"],
    ["--max-warnings", "-1"],
    ["--max-warnings", "many"],
    ["--format", "xml"],
    ["--json", "--format", "text"],
  ]) {
    const result = await runCli(["config", "check", "-", ...wrong], { input: "{}" });
    assert.equal(result.code, 2, wrong.join(" "));
    assert.equal(result.stdout, "");
  }
});

test("--max-warnings fails where there are more", async () => {
  const warning = faulty.replace("// counts", '"stats": {}, // counts').replace('"statsInboundUplink": true, ', "");
  const counts = JSON.parse((await runCli(["config", "check", "-", "--json"], { input: warning })).stdout).counts;
  assert.equal(counts.error, 0);
  assert.ok(counts.warning > 0);
  assert.equal((await runCli(["config", "check", "-"], { input: warning })).code, 0);
  const enough = ["config", "check", "-", "--max-warnings", String(counts.warning)];
  assert.equal((await runCli(enough, { input: warning })).code, 0);
  const { code, stderr } = await runCli(["config", "check", "-", "--max-warnings", "0"], { input: warning });
  assert.equal(code, 1);
  assert.match(stderr, /\d+ warnings are more than --max-warnings 0 allows\n$/);
});

test("every form is printed whole", async () => {
  for (const format of ["json", "sarif"]) {
    const { stdout, code } = await runCli(["config", "check", "-", "--format", format], { input: faulty });
    assert.equal(code, 1);
    assert.match(stdout, /"stats-block-missing"/);
    JSON.parse(stdout);
  }
  const { stdout } = await runCli(["config", "check", "-", "--format", "github"], { input: faulty });
  assert.match(stdout, /^(?:::(?:error|warning|notice) file=<stdin>,line=\d+,.*\n)+$/);
});

test("--fix mends files, keeps what they were, and standard input is printed mended", async () => {
  using folder = testFolder();
  const file = join(folder.path, "server.json");
  writeFileSync(file, faulty);
  const { code, stderr } = await runCli(["config", "check", "--fix", file]);
  assert.match(stderr, /wrote .*server\.json; as it was before: .*\.before-stats\.[\da-f]{12} /);
  assert.match(stderr, /mended: .*\[stats-block-missing\]/);
  const mended = readFileSync(file, "utf8");
  assert.match(mended, /"stats": \{\}/);
  assert.match(mended, /\/\/ counts nothing/);
  const [backup = ""] = readdirSync(folder.path).filter((name) => name !== "server.json");
  assert.equal(readFileSync(join(folder.path, backup), "utf8"), faulty);
  assert.equal((await runCli(["config", "check", file])).code, code);

  const piped = await runCli(["config", "check", "--fix", "-"], { input: faulty });
  assert.equal(piped.stdout, mended);
  assert.match(piped.stderr, /mended: /);

  const again = await runCli(["config", "check", "--fix", file]);
  assert.doesNotMatch(again.stderr, /wrote/);
  assert.equal((await runCli(["config", "enable", "--undo", file])).code, 0);
  assert.equal(readFileSync(file, "utf8"), faulty);
  assert.deepEqual(readdirSync(folder.path), ["server.json"]);
});

test("rules lists all rules, or prints one's page", async () => {
  const { stdout, code } = await runCli(["config", "rules"]);
  assert.equal(code, 0);
  assert.match(stdout, /^RULE +SEVERITY +CORES\n/);
  assert.match(stdout, /\nstats-block-missing +error +v2ray4 v2ray5/);
  assert.match((await runCli(["config", "rules", "syntax-error"])).stdout, /^# syntax-error\n/);
  const listed = JSON.parse((await runCli(["config", "rules", "--json"])).stdout);
  assert.equal(listed.length, stdout.trim().split("\n").length - 1);
  assert.equal((await runCli(["config", "rules", "nothing"])).code, 2);
});

test("config alone, and a wrong word after it, is wrong use", async () => {
  assert.equal((await runCli(["config"])).code, 2);
  assert.equal((await runCli(["config", "nonsense"])).code, 2);
  assert.equal((await runCli(["config", "check"])).code, 2);
  assert.equal((await runCli(["config", "check", "--help"])).code, 0);
});
