import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkStatsConfig } from "../../src/config/check/check-stats-config.ts";
import { enableStats } from "../../src/config/enable/enable-stats.ts";
import { isStatsError } from "../../src/errors/stats-error.ts";
import { runCli } from "../support/run-program.ts";
import { testFolder } from "./config-support.ts";

const deep = 10_000;
const megabyte = 1_000_000;
const bytes = (text: string, encoding: BufferEncoding = "utf8"): Buffer => Buffer.from(text, encoding);

/** Name, content, and what is said about it: a finding of `check`, or a line where not even that is possible. */
const unreadable: readonly (readonly [name: string, content: () => Buffer, said: RegExp])[] = [
  ["empty.json", () => bytes(""), /empty\.json:1:1: error: the file is empty/],
  ["arrays.json", () => bytes("[".repeat(deep) + "]".repeat(deep)), /arrays\.json:1:1001: error: .*nested/],
  ["objects.json", () => bytes('{"a":'.repeat(deep)), /objects\.json:1:\d+: error: .*nested/],
  ["flow.yaml", () => bytes(`a: ${"[".repeat(deep)}${"]".repeat(deep)}`), /flow\.yaml:1:\d+: error: .*nested/],
  [
    "block.yaml",
    () => bytes(Array.from({ length: deep / 2 }, (_, i) => `${" ".repeat(i)}a:\n`).join("")),
    /block\.yaml:\d+:\d+: error: .*nested/,
  ],
  ["list.yaml", () => bytes("- ".repeat(deep)), /list\.yaml:1:\d+: error: .*nested/],
  ["arrays.toml", () => bytes(`a = ${"[".repeat(deep)}${"]".repeat(deep)}`), /arrays\.toml:1:\d+: error: .*nested/],
  ["inline.toml", () => bytes(`a = ${"{a=".repeat(deep)}1${"}".repeat(deep)}`), /inline\.toml:1:\d+: error: .*nested/],
  ["dotted.toml", () => bytes(`${Array(deep).fill("a").join(".")} = 1`), /dotted\.toml:1:\d+: error: .*nested/],
  ["table.toml", () => bytes(`[${Array(deep).fill("a").join(".")}]`), /table\.toml:1:\d+: error: .*nested/],
  ["twice.yaml", () => bytes("stats: {}\nstats: {}\n"), /twice\.yaml:2:1: error: /],
  ["twice.toml", () => bytes("stats = 1\nstats = 2\n"), /twice\.toml:2:1: error: /],
  ["cyclic.yaml", () => bytes("a: &a [*a]\n"), /cyclic\.yaml:1:\d+: error: /],
  ["bomb.yaml", () => bytes(yamlBomb(12)), /bomb\.yaml:\d+:\d+: error: /],
  [
    "truncated.json",
    () => bytes('{\n  "inbounds": [{ "tag": "a'),
    /truncated\.json:2:\d+: error: this string is not closed/,
  ],
  ["truncated.yaml", () => bytes('inbounds: [{ tag: "a'), /truncated\.yaml:1:\d+: error: /],
  ["truncated.toml", () => bytes('[a]\nb = "x'), /truncated\.toml:2:\d+: error: /],
  [
    "latin1.json",
    () => bytes('{\n  "é": "\xe9"', "latin1"),
    /latin1\.json:2:4: the byte 0xe9 at offset 5 is not UTF-8/,
  ],
  [
    "utf16.json",
    () => bytes('\ufeff{ "a": 1 }', "utf16le"),
    /utf16\.json: the file is UTF-16 or UTF-32\. Save the file/,
  ],
  ["utf16-bare.json", () => bytes('{ "a": 1 }', "utf16le"), /utf16-bare\.json: the file is UTF-16/],
  ["spaces.json", () => Buffer.alloc(50 * megabyte, " "), /spaces\.json:1:50000001: error: the file is empty/],
  ["brackets.json", () => Buffer.alloc(50 * megabyte, "["), /brackets\.json:1:1001: error: .*nested/],
  ["brackets.yaml", () => Buffer.alloc(50 * megabyte, "["), /brackets\.yaml:1:1: error: a YAML file of more than/],
  ["comments.json", () => Buffer.alloc(50 * megabyte, "//\n"), /comments\.json:\d+:\d+: error: the file is empty/],
  [
    "string.json",
    () => Buffer.concat([bytes('{ "a": "'), Buffer.alloc(50 * megabyte, "x")]),
    /string\.json:1:8: error: this string/,
  ],
];

/** Eleven lines that stand for 9^12 values. */
function yamlBomb(lines: number): string {
  const list = (text: string): string => `[${Array(9).fill(text).join(", ")}]`;
  const first = `a0: &a0 ${list("x")}\n`;
  return first + Array.from({ length: lines }, (_, i) => `a${i + 1}: &a${i + 1} ${list(`*a${i}`)}\n`).join("");
}

for (const [name, content, said] of unreadable) {
  test(`${name} is refused with its place, and stays as it is`, { timeout: 60_000 }, async () => {
    using folder = testFolder();
    const file = join(folder.path, name);
    const before = content();
    writeFileSync(file, before);
    // Half a gigabyte is enough for fifty megabytes of anything.
    const env = { NODE_OPTIONS: "--max-old-space-size=512" };
    const check = await runCli(["config", "check", "--fix", file], { env });
    assert.equal(check.code, 1, check.stderr);
    assert.match(check.stdout + check.stderr, said);
    const enable = await runCli(["config", "enable", "--write", file], { env });
    assert.equal(enable.code, 1, enable.stderr);
    assert.match(enable.stderr.replace(/: error: /, ": "), new RegExp(said.source.replace("error: ", "")));
    assert.ok(readFileSync(file).equals(before));
    assert.deepEqual(readdirSync(folder.path), [name]);
  });
}

test("fifty megabytes of users are checked in bounded time and memory", { timeout: 120_000 }, async () => {
  using folder = testFolder();
  const file = join(folder.path, "big.json");
  const user = (i: number): string =>
    `{ "id": "${i.toString(16).padStart(8, "0")}-4f31-49d3-9e8f-ff8f396135ef", "email": "user${i}@example.com", "level": ${i % 2} }`;
  const users = Array.from({ length: 550_000 }, (_, i) => user(i)).join(",\n");
  const policy = '"policy": { "levels": { "0": { "statsUserUplink": true, "statsUserDownlink": true } } }';
  const inbound = `{ "tag": "in", "port": 443, "protocol": "vless", "settings": { "clients": [\n${users}] } }`;
  const text = `{ "stats": {}, ${policy}, "inbounds": [${inbound}] }`;
  assert.ok(text.length > 50 * megabyte);
  writeFileSync(file, text);
  const env = { NODE_OPTIONS: "--max-old-space-size=1536" };
  const { code, stdout, stderr } = await runCli(["config", "check", "--core", "xray", file], { env });
  assert.equal(code, 1, stderr);
  assert.match(stdout, /\[user-level-uncovered\]/);
  assert.ok(stdout.length < megabyte, `${stdout.length}`);
});

test("names that objects have by birth are names like others", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const members = (value: string): string => names.map((name) => `"${name}": ${value}`).join(", ");
  const clients = names.map((email, i) => `{ "id": "${i}731f153-4f31-49d3-9e8f-ff8f396135ef", "email": "${email}" }`);
  const text = `{ ${members('{ "polluted": true }')},
    "stats": { ${members("1")} },
    "policy": { "levels": { ${members("{}")} }, "system": { ${members("true")} } },
    "inbounds": [{ "tag": "__proto__", "port": 1, "protocol": "vmess", "settings": { "clients": [${clients.join(", ")}] } }],
    "outbounds": [{ "tag": "constructor", "protocol": "freedom" }] }`;
  for (const core of ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray", "sing-box"] as const) {
    checkStatsConfig(text, { core });
    const { text: made } = enableStats(text, { core });
    for (const name of names) assert.ok(made.includes(`"${name}": { "polluted": true }`), core);
  }
  assert.equal("polluted" in {}, false);
});

test("a name twice is what the core makes of it, not an accident", () => {
  const text = '{ "stats": {}, "STATS": {}, "stats": {}, "inbounds": [], "inbounds": [] }';
  for (const core of ["v2ray4", "v2ray5", "xray", "sing-box"] as const) checkStatsConfig(text, { core });
});

const whole = {
  "c.json":
    '{ "stats": {}, // é\n "inbounds": [{ "tag": "😀\\u0041", "port": 1e1, "settings": null }], "a": [true, -1.5,] }\n',
  "c.yaml":
    'stats: {}\ninbounds:\n  - tag: "é" # c\n    port: 443\n    settings: &s {a: [1, 2]}\n  - { settings: *s, text: |\n  }\n',
  "c.toml": '[stats]\n[[inbounds]]\ntag = "é" # c\nport = 443\nsettings = { a = [1, 2] }\ntext = """\nx"""\n',
};

test("cut off anywhere, a file is read or refused with a place, and never breaks the tool", () => {
  for (const [name, text] of Object.entries(whole)) {
    for (let end = 0; end <= text.length; end++) {
      const files = [{ name, text: text.slice(0, end) }];
      const lines = files[0]?.text.split("\n").length as number;
      for (const { location } of checkStatsConfig(files, { core: "xray" })) {
        assert.ok(location.start.line >= 1 && location.start.line <= lines, `${name} cut at ${end}`);
        assert.ok(location.start.column >= 1);
      }
      try {
        enableStats(files, { core: "xray" });
      } catch (error) {
        assert.ok(isStatsError(error) && error.code === "bad-config", `${name} cut at ${end}: ${error}`);
      }
    }
  }
});
