import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseBytes } from "../../src/cli/parse-bytes.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { openSqliteStore } from "../../src/ledger/sqlite/sqlite-store.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { type ProgramResult, runCli } from "../support/run-program.ts";

const directory = newDirectory();
const db = join(directory, "usage.db");
let gap = "";
let ledgerId = "";

before(async () => {
  await using ledger = await openSqliteLedger(db);
  await using writer = await ledger.claim("fra-1");
  await writer.record(readingHere(0, { [up("alice")]: 10n, [up("-V")]: 10n, "inbound>>>ws>>>traffic>>>uplink": 1n }));
  await writer.record(readingHere(10, { [up("alice")]: 15n, [up("-V")]: 15n }));
  gap = (await ledger.gaps())[0]?.id as string;
  ledgerId = await ledger.id();
});
after(() => removeDirectory(directory));

function run(...args: readonly string[]): Promise<ProgramResult> {
  return runCli(["adjust", ...args]);
}

/** The bodies of all entries of a kind, the last one last. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what is in it.
async function bodies(kind: string): Promise<any[]> {
  const store = await openSqliteStore(db, { busyTimeoutMs: 10_000 });
  const entries = [...(await store.read((tx) => tx.entries({ kinds: [kind] })))];
  await store.close();
  return entries.sort((a, b) => a.at - b.at).map(({ body, from, id }) => ({ ...JSON.parse(body), from, id }));
}

const signed = ["--db", db, "--reason", "refund", "--author", "ops"];

test("adjust takes bytes away, and says what it wrote", async () => {
  const { code, stdout, stderr } = await run("--db", db, "--user", "alice", "--bytes", "-1GiB", "--reason", "refund");
  assert.deepEqual([code, stderr], [0, ""]);
  const body = (await bodies("adjust")).at(-1);
  assert.equal(stdout, `1.0 GiB taken from the downlink of alice, entry ${body.id}\n`);
  assert.deepEqual(
    [body.scope, body.subject, body.direction, body.bytes, body.reason],
    ["user", "alice", "downlink", "-1073741824", "refund"],
  );
  assert.equal(body.node, undefined);
  assert.ok(body.author.length > 0, "the user of this system");
});

test("adjust adds to a tag of a scope, on a node, at a time", async () => {
  const where = ["--node", "fra-1", "--direction", "up", "--at", "2026-11-01T01:30", "--tz", "Asia/Kolkata"];
  const { code, stdout } = await run(
    ...signed,
    "--scope",
    "inbound",
    "--subject",
    "ws",
    "--bytes",
    "4096",
    ...where,
    "--json",
  );
  assert.equal(code, 0);
  const body = (await bodies("adjust")).at(-1);
  assert.deepEqual(JSON.parse(stdout), { id: body.id });
  assert.deepEqual(
    [body.scope, body.subject, body.direction, body.bytes, body.node, body.author, new Date(body.from).toISOString()],
    ["inbound", "ws", "uplink", "4096", "fra-1", "ops", "2026-10-31T20:00:00.000Z"],
  );
});

test("adjust settle, alias, new-generation and retract write their entries", async () => {
  const settled = await run("settle", gap, "--as", "nothing-lost", ...signed);
  assert.match(settled.stdout, new RegExp(`^the gap ${gap} is settled as nothing-lost, entry \\S+\n$`));
  assert.equal((await bodies("settle"))[0].gap, gap);
  const again = await run("settle", gap, "--as", "nothing-lost", ...signed);
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /^v2ray-stats: the gap \S+ was settled as nothing-lost before\. .*\n$/);

  await run("alias", "alice", "alice@example.com", ...signed);
  const alias = await run("alias", "--of", "node", "fra-1", "fra", ...signed);
  assert.match(alias.stdout, /^node fra-1 is shown as fra, entry /);
  assert.deepEqual(
    (await bodies("alias")).map(({ of, name, is }) => [of, name, is]),
    [
      ["user", "alice", "alice@example.com"],
      ["node", "fra-1", "fra"],
    ],
  );

  const generation = await run("new-generation", "alice", ...signed);
  assert.equal(generation.stdout, "alice has generation 1 on fra-1\n");
  const json = JSON.parse((await run("new-generation", "alice", "--node", "fra-1", ...signed, "--json")).stdout);
  assert.deepEqual(json, [{ id: json[0].id, node: "fra-1", generation: 2 }]);
  const inbound = await run("new-generation", "ws", "--scope", "inbound", ...signed);
  assert.equal(inbound.stdout, "ws has generation 1 on fra-1\n");
  assert.equal((await run("new-generation", "ws", ...signed)).stdout, "ws has no counters, nothing to do\n");
  assert.equal((await run("new-generation", "carol", ...signed)).stdout, "carol has no counters, nothing to do\n");

  const retracted = await run("retract", ledgerId, "--node", "fra-1", "--yes", ...signed);
  assert.match(retracted.stdout, /^node fra-1 of the ledger \S+ is in no answer any more, entry /);
  assert.equal((await bodies("retract"))[0].ledger, ledgerId);
});

test("adjust erase and retract ask before they act", async () => {
  for (const what of [
    ["erase", "alice"],
    ["retract", ledgerId],
  ]) {
    const { code, stdout, stderr } = await run(...what, ...signed);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /say --yes/);
  }
  assert.deepEqual(await bodies("erase"), []);
  // A user whose name looks like a flag.
  const { code, stdout } = await run("erase", "--yes", ...signed, "--", "-V");
  assert.equal(code, 0);
  assert.match(stdout, /^-V is erased, entry /);
  assert.equal((await bodies("erase")).length, 1);
  const unknown = await run("erase", "carol", "--yes", ...signed);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^v2ray-stats: nothing in the ledger is about a user "carol"\. .*\n$/);
});

test("wrong use ends with 2 and one line that says what to do", async () => {
  const good = ["--user", "alice", "--bytes", "1"];
  const cases: readonly (readonly [RegExp, readonly string[]])[] = [
    [/--user, or --scope and --subject/, [...signed, "--bytes", "1"]],
    [/--user, or --scope and --subject/, [...signed, ...good, "--subject", "bob"]],
    [/named by --subject/, [...signed, ...good, "--scope", "inbound"]],
    [/not a size: "many"/, [...signed, "--user", "alice", "--bytes", "many"]],
    [/bytes must be above or below 0/, [...signed, "--user", "alice", "--bytes", "0"]],
    [/64 bits/, [...signed, "--user", "alice", "--bytes", "9000000000TiB"]],
    [/not a time/, [...signed, ...good, "--at", "soon"]],
    [/reason/, ["--db", db, ...good]],
    [/reason/, ["--db", db, ...good, "--reason", ""]],
    [/there is no ledger/, ["--db", join(directory, "none.db"), "--reason", "x", ...good]],
    [/another name than its own/, ["alias", "a", "a", ...signed]],
    [/--as/, ["settle", gap, ...signed]],
    [/unknown option '--bytes'/, ["settle", gap, "--as", "restart", "--bytes", "1", ...signed]],
    [/unknown command 'lst' of adjust; it has bytes, settle, .*list/, ["lst", ...signed]],
    [/missing required argument/, ["erase", "--yes", ...signed]],
  ];
  for (const [text, args] of cases) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, text);
  }
});

test("help names every way to correct, and each its flags", async () => {
  const { code, stdout } = await run("--help");
  assert.equal(code, 0);
  for (const word of ["--bytes", "settle", "alias", "erase", "retract", "new-generation"])
    assert.ok(stdout.includes(word), word);
  assert.match((await run("bytes", "--help")).stdout, /--direction <way>/);
});

test("sizes are exact", () => {
  const sizes: readonly (readonly [string, bigint])[] = [
    ["0", 0n],
    ["4096", 4096n],
    ["7B", 7n],
    ["-1GiB", -(1024n ** 3n)],
    ["+1.5 KiB", 1536n],
    ["1.1GB", 1_100_000_000n],
    ["1kB", 1000n],
    ["2MB", 2_000_000n],
    ["3MiB", 3n * 1024n ** 2n],
    ["9007199254740993TB", 9_007_199_254_740_993n * 10n ** 12n],
    ["0.5TiB", 512n * 1024n ** 3n],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseBytes(text), bytes, text);
  for (const text of [
    "",
    "-",
    "GiB",
    "1 2",
    "1e3",
    "0x10",
    ".5GiB",
    "1.GiB",
    "1KB",
    "1gib",
    "1.0001kB",
    "0.1GiB",
    "--1",
    "1GiB ",
  ])
    assert.throws(() => parseBytes(text), UsageError, text);
});
