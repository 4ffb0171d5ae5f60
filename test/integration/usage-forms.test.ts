import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { runCli } from "../support/run-program.ts";

const directory = newDirectory();
const db = join(directory, "usage.db");
const signed = { reason: "refund", author: "ops" };
const endless = "x".repeat(65_536);

before(async () => {
  await using ledger = await openSqliteLedger(db);
  await using writer = await ledger.claim("fra-1");
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 5n, [up("-1+2")]: 3n, [up(endless)]: 1n }));
  await ledger.adjust({ user: "alice", bytes: -(2n ** 40n), ...signed });
});
after(() => removeDirectory(directory));

async function usage(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(["usage", "--db", db, ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

test("CSV has a refund as a number, and names that a spreadsheet would run as texts", async () => {
  const lines = (await usage("--format", "csv")).split("\r\n");
  assert.deepEqual(lines.slice(0, 3), [
    "user,uplink,downlink,total",
    "'-1+2,3,0,3",
    `alice,5,${-(2n ** 40n)},${5n - 2n ** 40n}`,
  ]);
});

test("JSON says null where a correction is of no node, generation or source", async () => {
  const rows = JSON.parse(await usage("--user", "alice", "--by", "node,generation,source", "--json"));
  assert.deepEqual(rows, [
    {
      node: null,
      generation: null,
      source: null,
      uplink: "0",
      downlink: `${-(2n ** 40n)}`,
      total: `${-(2n ** 40n)}`,
    },
    { node: "fra-1", generation: "0", source: "core", uplink: "5", downlink: "0", total: "5" },
  ]);
  assert.match(await usage("--user", "alice", "--by", "node"), /^NODE .*\n {10}0 B/);
});

test("a name of 64 kB is cut in a table alone, and stretches no line", async () => {
  const table = await usage("--by", "user,month");
  for (const line of table.split("\n")) assert.ok(line.length < 140, line.slice(0, 200));
  assert.match(table, /^x{79}… +20/m);
  assert.ok((await usage("--format", "csv")).includes(`${endless},1,0,1`));
  assert.ok((await usage("--json")).includes(`"${endless}"`));
});

test("usage | head ends well and says nothing where its reader has seen enough", async () => {
  const child = spawn(process.execPath, ["src/cli/main.ts", "usage", "--db", db, "--format", "csv"]);
  child.stdout.destroy();
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  assert.deepEqual([code, said.replace(/^v2ray-stats: 1 gap touches .*\n/, "")], [0, ""]);
});
