import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { migrate } from "../../../src/ledger/sqlite/migrate.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { migrations } from "../../../src/ledger/sqlite/schema.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { startScript } from "../../support/ledger-scripts.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

const a = up("alice");
/** As a later release may have it. */
const step = "ALTER TABLE node ADD COLUMN extra INTEGER NOT NULL DEFAULT 7";
const door = JSON.stringify(new URL("../../../src/ledger/sqlite/", import.meta.url));

function newFile(context: TestContext): string {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  return join(directory, "usage.db");
}

test("of processes that migrate a ledger at once one does, and a writer of before stops", async (context) => {
  const file = newFile(context);
  const ledger = await openSqliteLedger(file);
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(1, { [a]: 3n }));
  const script = `
    const { migrate } = await import(${door} + "migrate.ts");
    const { migrations } = await import(${door} + "schema.ts");
    const database = new DatabaseSync(${JSON.stringify(file)}, { timeout: 10_000 });
    const exec = database.exec.bind(database);
    database.exec = (text) => {
      if (text === "BEGIN IMMEDIATE") console.log("looked");
      exec(text);
    };
    migrate(database, "usage.db", false, [...migrations, ${JSON.stringify(step)}]);
    console.log("migrated");
  `;
  using holding = new DatabaseSync(file);
  holding.exec("BEGIN IMMEDIATE");
  await using scripts = new AsyncDisposableStack();
  const running = Array.from({ length: 4 }, () => scripts.use(startScript(script)));
  for (const each of running) assert.equal(await each.line(), "looked");
  holding.exec("COMMIT");
  for (const each of running) assert.equal(await each.line(), "migrated");
  await expectLedgerError(writer.record(readingHere(2, { [a]: 4n })), "schema-changed");
  await ledger.close();
  await expectLedgerError(openSqliteLedger(file), "newer-schema");
  using database = new DatabaseSync(file);
  const kept = database.prepare("SELECT DISTINCT extra, (SELECT bytes FROM usage) AS bytes FROM node").all();
  assert.deepEqual(
    kept.map((row) => ({ ...row })),
    [{ extra: 7, bytes: 2 }],
  );
});

test("a migration that fails half way changes nothing, and this release goes on", async (context) => {
  const file = newFile(context);
  await using ledger = await openSqliteLedger(file);
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  using database = new DatabaseSync(file);
  assert.throws(() => migrate(database, file, false, [...migrations, `${step}; DROP TABLE raw; SELECT nothing`]));
  await writer.record(readingHere(1, { [a]: 3n }));
  assert.deepEqual(await booked(ledger), { [a]: 2n });
});

test("a reader of a later release says who must migrate", (context) => {
  const file = newFile(context);
  using database = new DatabaseSync(file);
  migrate(database, file, false);
  assert.throws(() => migrate(database, file, true, [...migrations, step]), { reason: "older-schema" });
});

test("every commit is synced to the disk", (context) => {
  const file = newFile(context);
  using database = new DatabaseSync(file);
  migrate(database, file, false);
  const full = 2;
  assert.deepEqual(
    ["journal_mode", "synchronous"].map((name) => database.prepare(`PRAGMA ${name}`).get()?.[name]),
    ["wal", full],
  );
});
