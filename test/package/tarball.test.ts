import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { packageDoors } from "../../scripts/doors.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { type ProgramResult, runProgram } from "../support/run-program.ts";

let home: string;
let tarball: string;

before(async () => {
  home = mkdtempSync(join(tmpdir(), "v2ray-stats-package-"));
  // `npm test` has built dist/; packing must not build again while other tests read it.
  const packed = await runProgram("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", home]);
  assert.equal(packed.code, 0, packed.stderr);
  tarball = join(home, JSON.parse(packed.stdout)[0].filename);
});

after(() => rmSync(home, { recursive: true, force: true }));

/** A project that has installed the tarball and, of its dependencies, only these. */
async function project(name: string, dependencies: readonly string[]): Promise<string> {
  const folder = join(home, name);
  const target = join(folder, "node_modules/v2ray-stats");
  mkdirSync(target, { recursive: true });
  const unpacked = await runProgram("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  assert.equal(unpacked.code, 0, unpacked.stderr);
  for (const dependency of dependencies) {
    const link = join(folder, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve("node_modules", dependency), link);
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

function evaluate(folder: string, code: string): Promise<ProgramResult> {
  return runProgram(process.execPath, ["--input-type=module", "--eval", code], { cwd: folder });
}

const connect = ["@connectrpc/connect", "@connectrpc/connect-node", "@bufbuild/protobuf"];
const allDependencies = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies);

// What each door may load, as the README says.
const loads = new Map([
  [".", connect],
  ["./names", []],
  ["./snapshot", []],
  ["./config", ["yaml"]],
  ["./report", ["string-width"]],
  ["./doctor", [...connect, "yaml"]],
  ["./ledger", ["temporal-polyfill"]],
  ["./ledger/sqlite", ["temporal-polyfill"]],
  ["./ledger/postgres", ["temporal-polyfill"]],
  ["./collector", [...connect, "temporal-polyfill"]],
  ["./inform", ["valibot", "temporal-polyfill"]],
  ["./manager", [...connect, "valibot", "yaml", "temporal-polyfill"]],
  ["./testing", connect],
]);

for (const door of packageDoors().keys()) {
  const specifier = `v2ray-stats${door.slice(1)}`;

  test(`${specifier} loads with nothing but its own dependencies, by import and by require`, async () => {
    const dependencies = loads.get(door);
    assert.ok(dependencies, `the test does not know what ${door} may load`);
    const folder = await project(`door-${door.replaceAll("/", "")}`, dependencies);
    const imported = await evaluate(folder, `console.log(Object.keys(await import("${specifier}")).length)`);
    assert.equal(imported.stderr, "");
    assert.ok(Number(imported.stdout) > 0);
    const required = await runProgram(
      process.execPath,
      ["--input-type=commonjs", "--eval", `console.log(Object.keys(require("${specifier}")).length)`],
      { cwd: folder },
    );
    assert.equal(required.stderr, "");
    assert.equal(required.stdout, imported.stdout);
  });
}

test("the tarball holds what runs, and neither tests nor sources", async () => {
  const listed = await runProgram("tar", ["-tzf", tarball]);
  const files = listed.stdout.trim().split("\n");
  for (const file of ["package/LICENSE", "package/README.md", "package/CHANGELOG.md", "package/dist/cli/main.js"]) {
    assert.ok(files.includes(file), file);
  }
  assert.deepEqual(
    files.filter(
      (file) =>
        !/^package\/((dist|proto|schema|docs|examples)\/|package\.json$|LICENSE$|(README|CHANGELOG|CONTRIBUTING)\.md$)/.test(
          file,
        ),
    ),
    [],
  );
});

test("the installed command runs", async () => {
  const folder = await project("cli", allDependencies);
  await using core = await startEmbeddedCore({ dialect: "sing-box" });
  core.add("user>>>alice>>>traffic>>>uplink", 7n);
  const main = "node_modules/v2ray-stats/dist/cli/main.js";
  const { code, stdout, stderr } = await runProgram(join(folder, main), ["query", "--json", "--server", core.address]);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), [{ name: "user>>>alice>>>traffic>>>uplink", value: "7" }]);
});

const consumer = `
import { diffSnapshots, parseStatName, type Delta, StatsClient, StatsError } from "v2ray-stats";
import { formatBytes } from "v2ray-stats/report";
import { startEmbeddedCore } from "v2ray-stats/testing";

const direction: "uplink" = parseStatName("inbound>>>a>>>b>>>traffic>>>uplink").direction;
const subject: "a>>>b" = parseStatName("inbound>>>a>>>b>>>traffic>>>uplink").subject;
export async function main(address: string): Promise<string> {
  await using core = new StatsClient(address, { timeoutMs: 1000 });
  const first = await core.snapshot();
  const delta: Delta = diffSnapshots(first, await core.snapshot());
  for await (const { state } of core.watch()) if (state === "ok") break;
  await startEmbeddedCore({ dialect: "xray" });
  if (delta.error instanceof StatsError) throw delta.error;
  return formatBytes(delta.users()[0]?.total ?? 0n) + direction + subject;
}
`;

for (const typescript of ["typescript-oldest", "typescript", "typescript-newest"]) {
  const { version } = JSON.parse(readFileSync(`node_modules/${typescript}/package.json`, "utf8"));

  test(`declarations satisfy TypeScript ${version}, strictly and without the DOM`, async () => {
    const folder = await project(typescript, [...allDependencies, "@types/node", "undici-types"]);
    writeFileSync(join(folder, "consumer.ts"), consumer);
    const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--types", "node"];
    const modules = ["--module", "nodenext", "--moduleResolution", "nodenext", "--lib", "es2023,esnext.disposable"];
    // Declarations of our dependencies are theirs; ours are checked where the program uses them.
    const tsc = resolve(`node_modules/${typescript}/bin/tsc`);
    const args = [tsc, ...flags, ...modules, "--skipLibCheck", "consumer.ts"];
    const { code, stdout } = await runProgram(process.execPath, args, { cwd: folder });
    assert.equal(stdout, "");
    assert.equal(code, 0);
  });
}
