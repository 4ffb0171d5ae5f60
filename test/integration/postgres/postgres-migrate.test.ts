import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { assertReadable, migrate } from "../../../src/ledger/postgres/migrate.ts";
import { migrations } from "../../../src/ledger/postgres/schema.ts";
import { Session } from "../../../src/ledger/postgres/session.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newSchema, postgresMissing, postgresServer } from "../../support/postgres-server.ts";
import { openApart, pausedBefore, waitsForLock } from "./apart.ts";

const skip = postgresMissing();
const a = up("alice");
/** As a later release may have them. */
const later = [...migrations, ["ALTER TABLE @.node ADD COLUMN extra integer NOT NULL DEFAULT 7"]];

/** Opens a ledger as a later release does. */
async function migrateAs(schema: string, steps: readonly (readonly string[])[]): Promise<void> {
  const connection = await (await postgresServer()).pool.connect();
  try {
    await connection.query("BEGIN");
    await migrate(new Session(connection, schema), schema, steps);
    await connection.query("COMMIT");
  } finally {
    await connection.query("ROLLBACK");
    connection.release();
  }
}

async function rowsOf(text: string): Promise<unknown[]> {
  return (await (await postgresServer()).pool.query(text)).rows;
}

test("of many that migrate a ledger at once one does, beside a writer, and nothing is lost", {
  skip,
}, async (context) => {
  const schema = newSchema();
  const ledger = createLedger(await openApart(context, schema));
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(1, { [a]: 3n }));
  let shown = 3n;
  let refused: unknown;
  const writing = (async () => {
    for (let second = 2; refused === undefined; second++) {
      await writer.record(readingHere(second, { [a]: shown + 2n })).then(
        () => {
          shown += 2n;
        },
        (error: unknown) => {
          refused = error;
        },
      );
    }
  })();
  await Promise.all(Array.from({ length: 4 }, () => migrateAs(schema, later)));
  await writing;
  await expectLedgerError(Promise.reject(refused), "schema-changed");
  assert.deepEqual(await rowsOf(`SELECT schema FROM "${schema}".ledger`), [{ schema: 2 }]);
  assert.deepEqual(await rowsOf(`SELECT DISTINCT schema, extra FROM "${schema}".node`), [{ schema: 2, extra: 7 }]);
  assert.deepEqual(await rowsOf(`SELECT bytes::text FROM "${schema}".usage`), [{ bytes: String(shown - 1n) }]);
});

test("a node that is made while a later release migrates has the later schema", { skip }, async (context) => {
  const schema = newSchema();
  const store = await openApart(context, schema);
  await createLedger(store).claim(node);
  // It has made the node, and stays before it takes the claim.
  const { store: slow, there, goOn } = pausedBefore(store, "changeNode");
  const claiming = createLedger(slow).claim("fresh");
  await there;
  const migrating = migrateAs(schema, later);
  assert.ok(await waitsForLock(migrating));
  goOn();
  await Promise.all([claiming, migrating]);
  assert.deepEqual(await rowsOf(`SELECT DISTINCT schema, extra FROM "${schema}".node`), [{ schema: 2, extra: 7 }]);
  await expectLedgerError((await claiming).heartbeat(), "schema-changed");
  await expectLedgerError(
    store.read((tx) => tx.nodes()),
    "schema-changed",
  );
});

test("a migration that fails half way changes nothing, and this release goes on", { skip }, async (context) => {
  const schema = newSchema();
  const ledger = createLedger(await openApart(context, schema));
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await assert.rejects(migrateAs(schema, [...later, ["DROP TABLE @.raw", "SELECT 1 / 0"]]));
  await writer.record(readingHere(1, { [a]: 3n }));
  assert.deepEqual(await booked(ledger), { [a]: 2n });
});

test("a reader of a later release says who must migrate", { skip }, async (context) => {
  const schema = newSchema();
  await openApart(context, schema);
  const connection = await (await postgresServer()).pool.connect();
  await expectLedgerError(assertReadable(new Session(connection, schema), schema, 2), "older-schema");
  connection.release();
});
