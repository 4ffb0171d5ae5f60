import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { type ProgramResult, runCli } from "../support/run-program.ts";

const directory = newDirectory();
const db = join(directory, "usage.db");

before(async () => {
  await using ledger = await openSqliteLedger(db);
  // The last minute of October in Berlin is one of the 31st in UTC, too: its summer time ended on the 25th.
  for (const [takenAt, bytes] of [
    ["2025-09-30T22:00:00Z", { alice: 2048n, "a,\u001b[31mb": 3n }],
    ["2025-10-31T22:59:00Z", { alice: 1n }],
    ["2025-10-31T23:00:00Z", { alice: 5000n }],
  ] as const)
    await ledger.recordUnproven({
      node: "fra-1",
      source: "panel",
      takenAt: new Date(takenAt),
      deltas: Object.entries(bytes).map(([user, each]) => ({ name: up(user), bytes: each })),
    });
});
after(() => removeDirectory(directory));

function run(...args: readonly string[]): Promise<ProgramResult> {
  return runCli(["statements", ...args]);
}

const october = ["--from", "2025-10-01", "--to", "2025-11-01", "--tz", "Europe/Berlin"];
const signed = ["--db", db, "--reason", "bills of October", "--author", "ops"];

test("a month is closed, listed, shown, and what came later is told", async () => {
  assert.equal((await run("--db", db)).stdout, "no statements\n");
  const closed = await run("close", ...signed, ...october);
  assert.deepEqual([closed.code, closed.stderr], [0, ""]);
  const [, id = ""] = /^the period is closed with 2 users, statement ([0-9a-f-]{36})\n$/.exec(closed.stdout) ?? [];

  const list = await run("--db", db, "--tz", "Europe/Berlin");
  const [titles, line, ...rest] = list.stdout.split("\n");
  assert.match(titles ?? "", /^ID +FROM +TO +OF +CLOSED$/);
  assert.ok(
    line?.startsWith(`${id}  2025-10-01T00:00:00.000+02:00  2025-11-01T00:00:00.000+01:00  all users  2`),
    line,
  );
  assert.match(line ?? "", /\+01:00 by ops: bills of October$/);
  assert.deepEqual(rest, [""]);
  const [head] = JSON.parse((await run("list", "--db", db, "--json")).stdout);
  assert.deepEqual(
    [head.id, head.from, head.scope, head.subjects, head.node, head.author, head.reopened],
    [id, "2025-09-30T22:00:00.000Z", "user", null, null, "ops", null],
  );
  const csv = (await run("--db", db, "--format", "csv", "--to", "2025-10-02")).stdout;
  assert.match(csv, new RegExp(`^id,from,to,.*\r\n${id},2025-09-30T22:00:00.000Z,.*,ops,bills of October,\r\n$`));
  assert.equal((await run("--db", db, "--from", "2025-11-01")).stdout, "no statements\n");

  assert.deepEqual(JSON.parse((await run("show", "--db", db, id, "--json")).stdout), [
    { subject: "a,\u001b[31mb", uplink: "3", downlink: "0", total: "3" },
    { subject: "alice", uplink: "2049", downlink: "0", total: "2049" },
  ]);
  assert.equal(
    (await run("show", "--db", db, id, "--format", "csv")).stdout,
    'subject,uplink,downlink,total\r\n"a,\\x1b[31mb",3,0,3\r\nalice,2049,0,2049\r\n',
  );
  const table = (await run("show", "--db", db, id)).stdout;
  assert.match(table, /^SUBJECT +UPLINK +DOWNLINK +TOTAL\n/);
  assert.match(table, /\nalice +2\.0 KiB +0 B +2\.0 KiB\n$/);
  assert.equal((await run("differences", "--db", db, id)).stdout, "no differences\n");
  assert.equal((await run("differences", "--db", db, id, "--json")).stdout, "[]\n");

  await runCli([...["adjust", ...signed, "--user", "alice", "--bytes", "-2048"], ...["--at", "2025-10-05"]]);
  assert.match((await run("differences", "--db", db, id)).stdout, /\nalice +0 B +-2\.0 KiB +-2\.0 KiB\n$/);

  const again = await run("close", ...signed, ...october, "--user", "alice");
  assert.equal(again.code, 1);
  assert.match(
    again.stderr,
    new RegExp(`^v2ray-stats: the statement ${id} holds some of this period already\\. .+\n$`),
  );
  const reopened = await run("reopen", ...signed, id);
  assert.match(reopened.stdout, new RegExp(`^the statement ${id} is taken back, entry `));
  assert.match((await run("--db", db)).stdout, /; taken back .* by ops: bills of October\n$/);
  const shown = await run("show", "--db", db, id, "--format", "csv");
  assert.match(shown.stdout, /\r\nalice,2049,0,2049\r\n$/);
  assert.equal(shown.stderr, "v2ray-stats: this statement was taken back by ops: bills of October\n");
  const second = await run("close", ...signed, ...october, "--user", "alice", "--json");
  assert.equal(JSON.parse(second.stdout).rows, 1);
  assert.match((await run("--db", db)).stdout, /user alice/);
});

test("what cannot be closed is wrong use, in one line", async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["close", ...signed, "--from", "2025-10-01"], /--to/],
    [["close", ...signed, "--from", "2025-10-01", "--to", "2080-11-01"], /not over before 2080/],
    [["close", ...signed, "--from", "2025-10-01", "--to", "2025-10-01"], /ends after it begins/],
    [["close", ...signed, "--from", "2025-10-01T00:01", "--to", "2025-11-01"], /full quarter hour/],
    [["close", ...signed, ...october, "--tz", "Mars/Base"], /time zone/],
    [["close", ...signed, ...october, "--user", "a", "--subject", "b"], /contradict/],
    [["close", ...signed, ...october, "--user", "a", "--scope", "inbound"], /--subject/],
    [["close", "--db", db, ...october], /--reason/],
    [["close", "--db", join(directory, "no.db"), "--reason", "x", ...october], /there is no ledger/],
    [["--db", db, "--json", "--format", "csv"], /contradict/],
    [["show", "--db", db], /statement/],
    [["opne", "--db", db], /unknown command 'opne' of statements; it has list, close/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
  }
  for (const command of ["show", "differences"]) {
    const unknown = await run(command, "--db", db, "x");
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^v2ray-stats: there is no statement "x" in the ledger\. Ask for the statements.*\n$/);
  }
});
