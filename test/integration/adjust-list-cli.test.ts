import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { type ProgramResult, runCli } from "../support/run-program.ts";

const directory = newDirectory();
const db = join(directory, "usage.db");
const takenAt = new Date("2026-03-01T00:00Z");
let other = "";

before(async () => {
  await using ledger = await openSqliteLedger(db);
  await using another = openMemoryLedger();
  other = await another.id();
  const deltas = [{ name: up("alice"), bytes: 10n }];
  await ledger.recordUnproven({ node: "fra-1", source: "panel", takenAt, deltas });
  await another.recordUnproven({ node: "ams-1", source: "panel", takenAt, deltas });
  await ledger.merge(await another.changes());
});
after(() => removeDirectory(directory));

function run(...args: readonly string[]): Promise<ProgramResult> {
  return runCli([...args, "--db", db]);
}

const signed = ["--reason", "refund, bob's", "--author", "=ops"];

test("adjust list shows who wrote what and why; adjust nodes whose id retract takes", async () => {
  assert.equal((await run("adjust", "list")).stdout, "no corrections\n");
  await run("adjust", ...signed, "--user", "alice", "--bytes", "-1GiB", "--at", "2026-03-02");
  const nodes = JSON.parse((await run("adjust", "nodes", "--json")).stdout);
  assert.deepEqual(nodes[0], { node: "ams-1", shownAs: "ams-1", ledger: other, state: "merged", retracted: false });
  await run("adjust", "retract", nodes[0].ledger, "--yes", ...signed);
  await run("statements", "close", ...signed, "--from", "2026-03-01", "--to", "2026-04-01", "--tz", "Europe/Berlin");

  const table = (await run("adjust", "list", "--tz", "Europe/Berlin")).stdout;
  assert.match(table, /^WRITTEN +KIND +WHAT +AUTHOR +REASON\n/);
  const bytes =
    / adjust +1\.0 GiB taken from the downlink of user alice, 2026-03-02T01:00:00\.000\+01:00 +=ops +refund, bob's\n/;
  assert.match(table, bytes);
  assert.match(table, new RegExp(` retract +all of ledger ${other} `));
  assert.match(
    table,
    / statement +[0-9a-f-]{36}: 2026-03-01T00:00:00\.000\+01:00 to 2026-04-01T00:00:00\.000\+02:00, all users /,
  );
  const [titles, first] = (await run("adjust", "list", "--format", "csv")).stdout.split("\r\n");
  assert.equal(titles, "id,at,kind,what,author,reason,bytes");
  assert.match(first ?? "", /^[0-9a-f-]{36},\S+Z,adjust,"1\.0 GiB .+","?'=ops"?,"refund, bob's",-1073741824$/);
  const json = JSON.parse((await run("adjust", "list", "--json")).stdout);
  assert.deepEqual(
    json.map(({ kind }: { kind: string }) => kind),
    ["adjust", "retract", "statement"],
  );
  assert.deepEqual(
    [json[0].bytes, json[0].countsAt, json[1].ledger],
    [`-${2 ** 30}`, "2026-03-02T00:00:00.000Z", other],
  );
  assert.equal((await run("adjust", "list", "--to", json[0].at)).stdout, "no corrections\n");

  assert.match((await run("adjust", "nodes")).stdout, new RegExp(`\nams-1 +ams-1 +${other} +merged, retracted\n`));
  const csv = (await run("adjust", "nodes", "--format", "csv")).stdout;
  assert.match(csv, new RegExp(`^node,shown_as,ledger,state,retracted\r\nams-1,ams-1,${other},merged,true\r\nfra-1,`));
});

test("a name that nobody recorded is told on stderr, and changes nothing", async () => {
  const booked = await run("adjust", ...signed, "--user", "alcie", "--node", "fra-2", "--bytes", "1");
  assert.equal(booked.code, 0);
  assert.match(booked.stdout, /^1 B added to the downlink of alcie, entry /);
  const node = "v2ray-stats: the ledger has no node fra-2; v2ray-stats adjust nodes lists them\n";
  assert.equal(booked.stderr, `v2ray-stats: nothing was booked of user alcie before\n${node}`);
  const known = await run("adjust", ...signed, "--user", "alice", "--node", "fra-1", "--bytes", "1");
  assert.equal(known.stderr, "");
  for (const command of ["usage", "gaps"]) {
    const { code, stdout, stderr } = await run(command, "--node", "fra-2", "--json", "--to", "2026-03-02");
    assert.deepEqual([code, stdout, stderr], [0, "[]\n", node]);
    assert.ok(!(await run(command, "--node", "fra-1")).stderr.includes("no node"));
  }
  await run("adjust", "alias", "--of", "node", "fra-1", "fra", ...signed);
  assert.ok(!(await run("usage", "--node", "fra", "--json")).stderr.includes("no node"));
  const period = ["--from", "2026-05-01", "--to", "2026-06-01", "--user", "alice", "--user", "alcie"];
  const closed = await run("statements", "close", ...signed, ...period, "--node", "fra-2");
  assert.deepEqual([closed.code, closed.stderr], [0, node]);
  assert.match(closed.stdout, /^the period is closed with 0 of 2 users, statement /);
});
