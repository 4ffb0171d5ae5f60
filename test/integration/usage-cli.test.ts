import assert from "node:assert/strict";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { createProgram } from "../../src/cli/program.ts";
import { createLedger } from "../../src/ledger/ledger.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import { addQuarters } from "../support/ledger-answers.ts";
import { down, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

const directory = newDirectory();
after(() => removeDirectory(directory));
const db = ["--db", join(directory, "usage.db")];
const first = Date.parse("2026-03-28T18:30Z") / 900_000;
const signed = { reason: "a test", author: "me" };

before(async () => {
  const store = await openSqliteStore(db[1] as string, { busyTimeoutMs: 1000 });
  await addQuarters(store, [
    { node: "n", counter: up("alice"), quarter: first - 1, bytes: 1n },
    { node: "n", counter: up("alice"), quarter: first, bytes: 2048n },
    { node: "n", counter: down("alice"), quarter: first + 96, bytes: 2n ** 60n },
    { node: "n", counter: up("bob"), quarter: first, bytes: 5n, generation: 1 },
    { node: "n", counter: up("bob"), quarter: first, bytes: 7n },
    { node: "m", counter: up("eve"), quarter: first, bytes: 10n, source: "3x-ui" },
  ]);
  await store.write(async (tx) => {
    const { id: node, revision } = await tx.ownNode("n");
    const window = { at: Date.now(), from: first * 900_000, to: (first + 1) * 900_000 };
    const body = { cause: "uncertain-restart", from: first * 900_000, bound: [[up("bob"), "3"]] };
    await tx.addEntries(revision + 1, [
      { id: "gap-1", node, kind: "gap", ...window, body: JSON.stringify(body) },
      { id: "gap-2", node, kind: "gap", ...window, body: JSON.stringify({ ...body, from: null, bound: "unknown" }) },
      { id: "late-1", node, kind: "late", ...window, body: "{}" },
    ]);
    await tx.changeNode(node, { revision: revision + 1 });
  });
  const ledger = createLedger(store);
  await ledger.settle("gap-2", { as: "nothing-lost", ...signed });
  await ledger.close();
});

async function run(...args: string[]): Promise<{ error: unknown; out: string; told: string }> {
  const texts = { out: "", told: "" };
  const sink = (to: keyof typeof texts): NodeJS.WriteStream =>
    new PassThrough().on("data", (chunk) => {
      texts[to] += chunk;
    }) as unknown as NodeJS.WriteStream;
  const { signal } = new AbortController();
  const context = { version: "0", stdin: process.stdin, stdout: sink("out"), stderr: sink("told"), signal };
  const error = await createProgram(context)
    .parseAsync([...args, ...db], { from: "user" })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  return { error, ...texts };
}

const late = "what n moved from 2026-03-28T18:30:00.000Z to 2026-03-28T18:45:00.000Z is booked at the end";
const note = `1 gap touches this time, see v2ray-stats gaps; ${late}; 10 B of m are unproven, told by 3x-ui\n`;

test("days of a zone, in each form, with the notes where they disturb nobody", async () => {
  const asked = ["usage", "--by", "user,day", "--tz", "Asia/Kolkata", "--from", "2026-03-29"];
  const json = await run(...asked, "--format", "json");
  assert.equal(json.error, undefined);
  assert.deepEqual(JSON.parse(json.out), [
    { user: "alice", day: "2026-03-29", uplink: "2048", downlink: "0", total: "2048" },
    { user: "bob", day: "2026-03-29", uplink: "12", downlink: "0", total: "12" },
    { user: "eve", day: "2026-03-29", uplink: "10", downlink: "0", total: "10" },
    { user: "alice", day: "2026-03-30", uplink: "0", downlink: `${2n ** 60n}`, total: `${2n ** 60n}` },
  ]);
  assert.equal(json.told, `v2ray-stats: ${note}`);
  const csv = await run(...asked, "--format", "csv");
  assert.equal(csv.out.split("\r\n")[1], "alice,2026-03-29,2048,0,2048");
  assert.equal(csv.told, json.told);
  const table = await run(...asked);
  assert.match(table.out, /^USER +DAY +UPLINK +DOWNLINK +TOTAL\nalice +2026-03-29 +2\.0 KiB/);
  assert.ok(table.out.endsWith(`\n${note}`));
  assert.equal(table.told, "");
});

test("the largest, one user, one generation, one node, and nothing", async () => {
  const rows = async (...args: string[]): Promise<unknown[]> => {
    const { error, out } = await run("usage", "--format", "json", ...args);
    assert.equal(error, undefined);
    return JSON.parse(out).map((row: Record<string, string>) => Object.values(row).filter((text) => text !== "0"));
  };
  assert.deepEqual(await rows("--top", "1", "--user", "bob"), [["bob", "12", "12"]]);
  assert.deepEqual(await rows("--generation", "current", "--user", "bob"), [["bob", "5", "5"]]);
  assert.deepEqual(await rows("--node", "m", "--by", "node,source"), [["m", "3x-ui", "10", "10"]]);
  assert.equal((await run("usage", "--format", "json", "--user", "nobody")).out, "[]\n");
  assert.match((await run("usage", "--user", "nobody", "--to", "2020-01-01")).out, /^no usage\n$/);
  assert.match(String((await run("usage", "--as-of", "then")).error), /not a time/);
});

test("gaps that are open, and all of them, in each form", async () => {
  const open = JSON.parse((await run("gaps", "--format", "json")).out);
  assert.deepEqual(open, [
    {
      id: "gap-1",
      node: "n",
      cause: "uncertain-restart",
      from: new Date(first * 900_000).toISOString(),
      to: new Date((first + 1) * 900_000).toISOString(),
      bound: [{ name: up("bob"), bytes: "3" }],
      settled: null,
    },
  ]);
  const all = JSON.parse((await run("gaps", "--all", "--json")).out);
  assert.deepEqual(
    all.map(({ id, from, bound, settled }: (typeof all)[0]) => [id, from === null, bound === "unknown", settled?.as]),
    [
      ["gap-1", false, false, undefined],
      ["gap-2", true, true, "nothing-lost"],
    ],
  );
  const csv = (await run("gaps", "--all", "--format", "csv")).out.split("\r\n");
  assert.match(
    csv[2] as string,
    /^gap-2,n,uncertain-restart,,2026-03-28T18:45:00\.000Z,unknown,nothing-lost,.*,me,a test$/,
  );
  assert.match((await run("gaps", "--all")).out, /SETTLED\n.*\n.*nothing-lost, by me: a test/s);
  assert.equal((await run("gaps", "--node", "m")).out, "no gaps\n");
  const zoned = (await run("gaps", "--tz", "Asia/Kolkata")).out;
  assert.match(zoned, /\nn +uncertain-restart +2026-03-29T00:00:00\.000\+05:30 +2026-03-29T00:15:00\.000\+05:30 /);
});
