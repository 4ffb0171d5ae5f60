import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ProgramResult, runCli, runProgram } from "../support/run-program.ts";
import { runCliUnprivileged, testFolder } from "./config-support.ts";

const check = (...words: string[]): Promise<ProgramResult> => runCli(["config", "check", ...words]);

/** Files that findings were made of: each holds an unfinished text. */
function readFiles({ stdout }: ProgramResult): string[] {
  return Array.from(stdout.matchAll(/([^/\n]*):\d+:\d+: error: .*\[syntax-error\]/g), ([, name]) => name as string);
}

test("of a directory the files are read that the core would read", async () => {
  using folder = testFolder();
  const backup = "7.json.before-stats.0123456789ab";
  const names = ["1.json", "2.jsonc", "3.yaml", "4.yml", "5.toml", "6.txt", backup, "8.JSON"];
  const good = (name: string): string => (name.endsWith(".toml") ? "" : "{}");
  for (const name of names) writeFileSync(join(folder.path, name), good(name));
  mkdirSync(join(folder.path, "inner"));
  writeFileSync(join(folder.path, "inner", "1.json"), "{");
  for (const [core, wanted] of [
    ["v2ray4", ["1.json"]],
    ["xray", ["1.json", "2.jsonc", "3.yaml", "4.yml", "5.toml"]],
  ] as const) {
    const found: string[] = [];
    for (const name of names) {
      const path = join(folder.path, name);
      writeFileSync(path, '{ "a" b }');
      found.push(...readFiles(await check("--core", core, folder.path)));
      writeFileSync(path, good(name));
    }
    assert.deepEqual(found, wanted, core);
  }
});

test("what cannot be read is wrong use, said in one line", async () => {
  using folder = testFolder();
  const at = (name: string): string => join(folder.path, name);
  mkdirSync(at("empty"));
  mkdirSync(at("odd"));
  mkdirSync(at("odd/1.json"));
  writeFileSync(at("secret.json"), "{}", { mode: 0o000 });
  symlinkSync(at("nowhere"), at("dangling.json"));
  writeFileSync(at("huge.json"), "");
  truncateSync(at("huge.json"), 129 * 1024 * 1024);
  for (const [words, message] of [
    [[at("missing.json")], /cannot read .*missing\.json: ENOENT/],
    [[at("empty")], /the directory .*empty holds no configuration files/],
    [[at("dangling.json")], /cannot read .*dangling\.json: ENOENT/],
    [[at("huge.json")], /huge\.json is longer than 128 MiB/],
    [[at("odd")], /cannot read .*odd\/1\.json: EISDIR/],
    [["/dev/zero"], /\/dev\/zero is longer than 128 MiB/],
    [["-", at("missing.json")], /- is standard input and stands alone/],
    [[at("secret.json"), at("secret.json")], /secret\.json is named twice/],
  ] as const) {
    const { code, stdout, stderr } = await check(...words);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, message);
    assert.equal(stderr.split("\n").length, 2);
  }
  const secret = await runCliUnprivileged(["config", "check", at("secret.json")], [folder.path, at("secret.json")]);
  assert.equal(secret.code, 2);
  assert.match(secret.stderr, /cannot read .*secret\.json: EACCES/);
});

test("pipes are read as files are", async () => {
  const script = `"$0" src/cli/main.ts config check --core xray --json <(echo '{ "a" }')`;
  const { code, stdout } = await runProgram("bash", ["-c", script, process.execPath]);
  assert.equal(code, 1);
  assert.match(JSON.parse(stdout).findings[0].message, /colon/);
});

test("several files are read together, in their order", async () => {
  using folder = testFolder();
  const first = join(folder.path, "b.json");
  const second = join(folder.path, "a.json");
  writeFileSync(first, '{ "metrics": {} }');
  writeFileSync(second, "{");
  const { stderr, stdout } = await check(first, second);
  assert.match(stderr, /^taken for V2Ray 5;/);
  assert.deepEqual(readFiles({ code: 0, stderr, stdout }), ["a.json"]);
  writeFileSync(second, "{}");
  assert.match((await check(first, second)).stderr, /^taken for Xray, since it has "metrics"; --core says otherwise\n/);
});

test("V2Ray 4 and sing-box take any file for JSON", async () => {
  using folder = testFolder();
  const file = join(folder.path, "config.yaml");
  writeFileSync(file, '{ "a" b }');
  const { stdout } = await check("--core", "v2ray4", file);
  assert.match(stdout, /config\.yaml:1:7: error: a colon should stand here/);
});
