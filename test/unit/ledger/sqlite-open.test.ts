import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { LedgerErrorReason } from "../../../src/ledger/ledger-error.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { schemaVersion } from "../../../src/ledger/sqlite/schema.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { startScript } from "../../support/ledger-scripts.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

const a = up("alice");

function newFile(context: TestContext): string {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  return join(directory, "usage.db");
}

async function makeLedger(file: string): Promise<void> {
  await using ledger = await openSqliteLedger(file);
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(1, { [a]: 3n }));
}

test("a ledger is all there when it is opened again, and has left one file", async (context) => {
  const file = newFile(context);
  const first = await openSqliteLedger(file);
  const writer = await first.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(1, { [a]: 3n }));
  const [usage, gaps] = [await first.usage({ by: ["user", "quarter"] }), await first.gaps()];
  const id = await first.id();
  await writer.release();
  await first.close();
  assert.deepEqual(readdirSync(join(file, "..")), ["usage.db"]);
  await using second = await openSqliteLedger(file);
  assert.equal(await second.id(), id);
  assert.deepEqual(await second.usage({ by: ["user", "quarter"] }), usage);
  assert.deepEqual(await second.gaps(), gaps);
  await using reader = await openSqliteLedger(file, { readOnly: true });
  assert.equal(await reader.id(), id);
});

test("a reader goes on beside a writer, sees what is committed, and writes nothing", async (context) => {
  const file = newFile(context);
  await makeLedger(file);
  await using ledger = await openSqliteLedger(file);
  await using writer = await ledger.claim(node);
  await using reader = await openSqliteLedger(file, { readOnly: true });
  await writer.record(readingHere(2, { [a]: 7n }));
  assert.deepEqual(await booked(reader), { [a]: 6n });
  using other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE; UPDATE usage SET bytes = 1000");
  assert.deepEqual(await booked(reader), { [a]: 6n });
  await using second = await openSqliteLedger(file, { readOnly: true });
  assert.equal((await second.gaps()).length, 1);
  other.exec("ROLLBACK");
  const refused = await expectLedgerError(reader.claim("another"), "unwritable");
  assert.match(refused.message, /opened for reading alone/);
  assert.deepEqual(await booked(reader), { [a]: 6n });
});

test("a reader without a file says so, and makes none", async (context) => {
  const file = newFile(context);
  const error = await expectLedgerError(openSqliteLedger(file, { readOnly: true }), "unavailable");
  assert.ok(error.message.includes(file));
  assert.equal(existsSync(file), false);
});

for (const readOnly of [false, true]) {
  const how = readOnly ? "for reading" : "for writing";

  test(`a database of another program is refused ${how}, and stays as it is`, async (context) => {
    const file = newFile(context);
    using other = new DatabaseSync(file);
    other.exec("CREATE TABLE ledger (id TEXT); PRAGMA user_version = 1");
    await refused(file, readOnly, "not-a-ledger");
  });

  test(`a text is refused ${how}, and stays as it is`, async (context) => {
    const file = newFile(context);
    writeFileSync(file, "user>>>alice>>>traffic>>>uplink 1\n".repeat(100));
    await refused(file, readOnly, "not-a-ledger");
  });

  test(`a ledger of a newer release is refused ${how}, and stays as it is`, async (context) => {
    const file = newFile(context);
    await makeLedger(file);
    setVersion(file, schemaVersion + 1);
    await refused(file, readOnly, "newer-schema");
  });
}

async function refused(file: string, readOnly: boolean, reason: LedgerErrorReason): Promise<void> {
  const before = readFileSync(file);
  const error = await expectLedgerError(openSqliteLedger(file, { readOnly }), reason);
  assert.ok(error.message.includes(file), error.message);
  assert.ok(readFileSync(file).equals(before));
}

function setVersion(file: string, version: number): void {
  using database = new DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${version}`);
}

test("a reader refuses a ledger that a writer must migrate first", async (context) => {
  const file = newFile(context);
  // What a process leaves that dies while it makes a new ledger.
  writeFileSync(file, "");
  const empty = await expectLedgerError(openSqliteLedger(file, { readOnly: true }), "older-schema");
  assert.equal(empty.message, `the ledger ${file} is empty`);
  await makeLedger(file);
  await using reader = await openSqliteLedger(file, { readOnly: true });
  assert.deepEqual(await booked(reader), { [a]: 2n });
});

test("a writer brings a ledger of the first schema up to date, with all that is in it", async (context) => {
  const file = newFile(context);
  await makeLedger(file);
  {
    using database = new DatabaseSync(file);
    database.exec("DROP INDEX counter_node; PRAGMA user_version = 1");
  }
  await refused(file, true, "older-schema");
  await (await openSqliteLedger(file)).close();
  await using reader = await openSqliteLedger(file, { readOnly: true });
  assert.deepEqual(await booked(reader), { [a]: 2n });
  using database = new DatabaseSync(file, { readOnly: true });
  const plan = database.prepare("EXPLAIN QUERY PLAN SELECT * FROM counter WHERE node = 1 ORDER BY id").all();
  assert.deepEqual(
    plan.map(({ detail }) => detail),
    ["SEARCH counter USING INDEX counter_node (node=?)"],
  );
});

test("a writer and a reader stop when a newer release migrates the ledger under them", async (context) => {
  const file = newFile(context);
  await using ledger = await openSqliteLedger(file);
  await using reader = await openSqliteLedger(file, { readOnly: true });
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  setVersion(file, schemaVersion + 1);
  await expectLedgerError(writer.record(readingHere(1, { [a]: 2n })), "schema-changed");
  await expectLedgerError(ledger.claim("another"), "schema-changed");
  await expectLedgerError(reader.usage(), "schema-changed");
  setVersion(file, schemaVersion);
  assert.equal((await writer.record(readingHere(2, { [a]: 3n }))).bytes, 2n);
});

test("a damaged ledger is not read as an empty one", async (context) => {
  const file = newFile(context);
  await makeLedger(file);
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096, 8 * 4096);
  writeFileSync(file, bytes);
  await expectLedgerError(
    openSqliteLedger(file, { readOnly: true }).then((ledger) => ledger.usage()),
    "not-a-ledger",
  );
});

test("a directory, and a name that is none, are refused", async (context) => {
  const directory = join(newFile(context), "..");
  for (const readOnly of [false, true]) {
    const error = await expectLedgerError(openSqliteLedger(directory, { readOnly }), "not-a-ledger");
    assert.equal(error.message, `${directory} is a directory`);
  }
  await expectLedgerError(openSqliteLedger(join(directory, "missing", "usage.db")), "unwritable");
  // SQLite would make a ledger that is gone when it is closed.
  await assert.rejects(openSqliteLedger(""), RangeError);
});

test("processes that make one ledger at once make one", async (context) => {
  const file = newFile(context);
  const script = `
    console.log("ready");
    await heard();
    const ledger = await openSqliteLedger(${JSON.stringify(file)});
    const writer = await ledger.claim("node " + process.pid);
    await writer.release();
    console.log(await ledger.id());
  `;
  await using scripts = new AsyncDisposableStack();
  const running = Array.from({ length: 4 }, () => scripts.use(startScript(script)));
  for (const each of running) assert.equal(await each.line(), "ready");
  for (const each of running) each.say("go");
  const ids = await Promise.all(running.map((each) => each.line()));
  await using ledger = await openSqliteLedger(file);
  assert.deepEqual(new Set(ids), new Set([await ledger.id()]));
});

test("a commit is on the disk before it counts, and readers never wait for it", async (context) => {
  const file = newFile(context);
  const settings: unknown[] = [];
  const { exec } = DatabaseSync.prototype;
  context.mock.method(DatabaseSync.prototype, "exec", function (this: DatabaseSync, sql: string) {
    if (sql === "COMMIT") {
      const { synchronous } = this.prepare("PRAGMA synchronous").get() ?? {};
      settings.push([synchronous, this.prepare("PRAGMA journal_mode").get()?.journal_mode]);
    }
    return exec.call(this, sql);
  });
  await makeLedger(file);
  assert.ok(settings.length > 3);
  // 2 is FULL.
  for (const each of settings) assert.deepEqual(each, [2, "wal"]);
});
