import assert from "node:assert/strict";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { runProgram } from "../support/run-program.ts";

// In the project's own folder `v2ray-stats` is the project: its doors lead to dist/.
const folder = resolve(".tmp/docs");
const alice = "user>>>alice@example.com>>>traffic>>>downlink";
let core: EmbeddedCore;
let traffic: NodeJS.Timeout;

before(async () => {
  mkdirSync(folder, { recursive: true });
  core = await startEmbeddedCore({ dialect: "xray" });
  core.add("inbound>>>ws>>>traffic>>>uplink", 10n);
  core.add("outbound>>>power-user>>>traffic>>>uplink", 7n);
  traffic = setInterval(() => core.add(alice, 1000n), 20);
});

after(async () => {
  clearInterval(traffic);
  await core.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The blocks of a language, in their order. */
function blocks(text: string, language: string): string[] {
  return Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")), ([, block = ""]) => block);
}

async function runFile(file: string, args: readonly string[]): Promise<string> {
  // What they write is not to be left behind.
  const { code, stdout, stderr } = await runProgram(process.execPath, [resolve(file), ...args], { cwd: folder });
  assert.equal(stderr, "", file);
  assert.equal(code, 0, file);
  return stdout;
}

async function compile(files: readonly string[]): Promise<void> {
  const project = `${folder}/tsconfig.json`;
  const options = {
    extends: "../../tsconfig.test.json",
    files: files.map((file) => file.replace(`${folder}/`, "")),
    include: [],
  };
  writeFileSync(project, JSON.stringify(options));
  const { code, stdout } = await runProgram(process.execPath, ["node_modules/typescript/bin/tsc", "-p", project]);
  assert.equal(stdout, "");
  assert.equal(code, 0);
}

test("the README shows what its commands print", async () => {
  const shown = Array.from(
    readFileSync("README.md", "utf8").matchAll(/^<!-- v2ray-stats ([^\n]*) -->\n```text\n(.*?)^```/gms),
    ([, command = "", output = ""]) => ({ command, output }),
  );
  assert.ok(shown.length >= 2);
  for (const { command, output } of shown) {
    const { stdout } = await runProgram(process.execPath, ["dist/cli/main.js", ...command.split(" ")]);
    assert.equal(output, stdout, command);
  }
});

test("every program of the README compiles and runs", async () => {
  const programs = blocks(readFileSync("README.md", "utf8"), "ts");
  assert.ok(programs.length >= 4);
  const files = programs.map((program, index) => {
    const file = `${folder}/readme-${index}.ts`;
    writeFileSync(file, program);
    return file;
  });
  await compile(files);
  const outputs: string[] = [];
  for (const file of files) outputs.push(await runFile(file, [core.address]));
  assert.match(outputs[0] ?? "", /^xray: alice@example\.com moved 0 bytes up and \d+ down/);
  assert.match(outputs[0] ?? "", /counters moved in \d+ ms\n$/);
  assert.equal(core.get("outbound>>>power-user>>>traffic>>>uplink"), 7n, "the reset of users leaves it alone");
});

test("the first program of the README has at most 25 lines", () => {
  const [first = ""] = blocks(readFileSync("README.md", "utf8"), "ts");
  assert.ok(first.trim().split("\n").length <= 25);
});

test("every @example and every program of docs/ compiles", async () => {
  const files = [...globSync("src/**/*.ts"), ...globSync("docs/*.md")].flatMap((source) => {
    const text = readFileSync(source, "utf8");
    const programs = blocks(source.endsWith(".md") ? text : text.replace(/^ *\* ?/gm, ""), "ts");
    return programs.map((program, index) => {
      const file = `${folder}/${source.replaceAll("/", "-").replace(/\.\w+$/, "")}-${index}.ts`;
      writeFileSync(file, program);
      return file;
    });
  });
  for (const page of ["inform-agent", "manager", "merge", "postgres"])
    assert.ok(files.includes(`${folder}/docs-${page}-0.ts`), page);
  assert.ok(files.length >= 9);
  await compile(files);
});

const wanted = new Map([
  ["read.ts", /^xray, up \d+ s, \d+ counters\nalice@example\.com: 0 bytes up, \d+ bytes down/],
  ["usage.ts", /recording[\s\S]*first-sight[\s\S]*alice@example\.com: 0 bytes up, \d+ bytes down/],
  ["watch.ts", /alice@example\.com: \d+ bytes\/s down now\n.*smoothed/],
  ["inform-hub.ts", /^unproven panel-1\nalice: 2100 bytes on all nodes\n$/],
  ["inform-express.ts", /^200\nalice: 2100 bytes\n$/],
  ["inform-fastify.ts", /^200\nalice: 2100 bytes\n$/],
  ["inform-hono.ts", /^\{ status: 'ok' \}\n200\n$/],
  ["keep.ts", /^first reading, kept in/],
  ["test-with-embedded-core.ts", /^restarted .*300n.*\d+ counters, read again by itself\n$/s],
]);

for (const file of globSync("examples/*.ts")) {
  test(`${file} runs`, async () => {
    const want = wanted.get(file.replace("examples/", ""));
    assert.ok(want, `the test does not know what ${file} prints`);
    const kept = `${folder}/${file.replace("examples/", "")}.kept`;
    assert.match(await runFile(file, [core.address, kept]), want);
  });
}

test("examples/keep.ts says at its second run what moved", async () => {
  rmSync(`${folder}/last.json`, { force: true });
  const args = [core.address, `${folder}/last.json`];
  await runFile("examples/keep.ts", args);
  core.add(alice, 5n);
  assert.match(
    await runFile("examples/keep.ts", args),
    /^ok after \d+ s\nuser>>>alice@example\.com>>>traffic>>>downlink: \d+ bytes/,
  );
});

test("the changelog has a section for the package's version", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.ok(readFileSync("CHANGELOG.md", "utf8").includes(`## [${version}]`));
});
