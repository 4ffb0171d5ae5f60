import assert from "node:assert/strict";
import { test } from "node:test";
import { openPostgresLedger } from "../../../src/ledger/postgres/open-postgres-ledger.ts";
import { openPostgresUrl } from "../../../src/ledger/postgres/open-postgres-url.ts";
import { openPostgresStore } from "../../../src/ledger/postgres/postgres-store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newSchema, postgresMissing, postgresServer } from "../../support/postgres-server.ts";
import { runScript } from "../../support/run-script.ts";

const skip = postgresMissing();
const a = up("alice");
const door = JSON.stringify(new URL("../../../src/ledger/postgres/open-postgres-url.ts", import.meta.url));

test("a ledger is made by the first that opens it, and is all there for the next", { skip }, async () => {
  const { pool } = await postgresServer();
  const schema = `${newSchema()} "'\\ ü`;
  const first = await openPostgresLedger(pool, { schema });
  {
    await using writer = await first.claim(node);
    await writer.record(readingHere(0, { [a]: 1n }));
    await writer.record(readingHere(1, { [a]: 3n }));
  }
  await first.close();
  await first.close();
  await expectLedgerError(first.usage(), "closed");
  await using second = await openPostgresLedger(pool, { schema });
  assert.deepEqual(await booked(second), { [a]: 2n });
  assert.equal((await second.gaps()).length, 1);
});

test("processes that open an empty database at once make one ledger", { skip }, async () => {
  const { url } = await postgresServer();
  const schema = newSchema();
  const source = `
    import { openPostgresUrl } from ${door};
    await using ledger = await openPostgresUrl(process.env.URL_OF_DATABASE, { schema: process.env.SCHEMA });
    await using writer = await ledger.claim("node " + process.pid);
    console.log(await ledger.id());
  `;
  const env = { URL_OF_DATABASE: url, SCHEMA: schema };
  const ended = await Promise.all(Array.from({ length: 3 }, () => runScript(source, { env })));
  for (const { exitCode, stderr } of ended) assert.equal(exitCode, 0, stderr);
  assert.equal(new Set(ended.map(({ stdout }) => stdout)).size, 1);
  const { pool } = await postgresServer();
  const fresh = newSchema();
  const ledgers = await Promise.all(Array.from({ length: 8 }, () => openPostgresLedger(pool, { schema: fresh })));
  const ids = await Promise.all(ledgers.map((ledger) => ledger.id()));
  assert.equal(new Set(ids).size, 1);
});

test("a ledger of a newer release is refused", { skip }, async () => {
  const { pool } = await postgresServer();
  const schema = newSchema();
  await (await openPostgresLedger(pool, { schema })).close();
  await pool.query(`UPDATE "${schema}".ledger SET schema = 2`);
  for (const readOnly of [false, true]) {
    const error = await expectLedgerError(openPostgresLedger(pool, { schema, readOnly }), "newer-schema");
    assert.ok(error.message.includes(schema));
  }
});

test("a writer stops when a newer release migrates the ledger under it", { skip }, async () => {
  const { pool } = await postgresServer();
  const schema = newSchema();
  await using ledger = await openPostgresLedger(pool, { schema });
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  const migrating = await pool.connect();
  await migrating.query(`BEGIN; UPDATE "${schema}".node SET schema = 2; UPDATE "${schema}".ledger SET schema = 2`);
  // It waits for the one that migrates, and sees what that did.
  const recorded = expectLedgerError(writer.record(readingHere(1, { [a]: 3n })), "schema-changed");
  const claimed = expectLedgerError(ledger.claim("another"), "schema-changed");
  await migrating.query("COMMIT");
  migrating.release();
  await Promise.all([recorded, claimed]);
  await expectLedgerError(ledger.usage(), "schema-changed");
  await pool.query(`UPDATE "${schema}".node SET schema = 1; UPDATE "${schema}".ledger SET schema = 1`);
  assert.deepEqual(await booked(ledger), {});
});

test("a reader without a ledger says so, and makes none", { skip }, async () => {
  const { pool } = await postgresServer();
  const schema = newSchema();
  const error = await expectLedgerError(openPostgresLedger(pool, { schema, readOnly: true }), "unavailable");
  assert.ok(error.message.includes(schema));
  const { rows } = await pool.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]);
  assert.equal(rows.length, 0);
});

test("another program's tables are refused, and stay as they are", { skip }, async () => {
  const { pool } = await postgresServer();
  for (const table of ["ledger (id text)", "ledger (schema text)", "usage (id int)"]) {
    const schema = newSchema();
    await pool.query(`CREATE SCHEMA "${schema}"`);
    await pool.query(`CREATE TABLE "${schema}".${table}`);
    await expectLedgerError(openPostgresLedger(pool, { schema }), "not-a-ledger");
    const { rows } = await pool.query("SELECT tablename FROM pg_tables WHERE schemaname = $1", [schema]);
    assert.equal(rows.length, 1);
  }
});

test("roles do what their rights allow", { skip }, async () => {
  const { pool, url } = await postgresServer();
  const schema = newSchema();
  const as = (role: string): string => {
    const address = new URL(url);
    address.username = role;
    return address.href;
  };
  const { password } = new URL(url);
  await pool.query(`CREATE ROLE looker LOGIN PASSWORD '${password}'; CREATE ROLE keeper LOGIN PASSWORD '${password}'`);
  await expectLedgerError(openPostgresUrl(as("keeper"), { schema }), "unwritable");
  // As docs/postgres.md has it.
  await pool.query(`CREATE SCHEMA "${schema}" AUTHORIZATION keeper`);
  await using ledger = await openPostgresUrl(as("keeper"), { schema });
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(1, { [a]: 3n }));
  await pool.query(`GRANT USAGE ON SCHEMA "${schema}" TO looker`);
  await pool.query(`GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO looker`);
  await using reader = await openPostgresUrl(as("looker"), { schema, readOnly: true });
  assert.deepEqual(await booked(reader), { [a]: 2n });
  await expectLedgerError(reader.claim("another"), "unwritable");
  await using hopeful = await openPostgresUrl(as("looker"), { schema });
  assert.deepEqual(await booked(hopeful), { [a]: 2n });
  await expectLedgerError(hopeful.claim("another"), "unwritable");
  await expectLedgerError(hopeful.claim(node, { whenHeld: "take" }), "unwritable");
  const readOnlyServer = `${as("keeper")}?options=${encodeURIComponent("-c default_transaction_read_only=on")}`;
  await using kept = await openPostgresUrl(readOnlyServer, { schema });
  await (await kept.claim("another")).release();
});

test("wrong credentials and places that are not there are told without the password", { skip }, async () => {
  const { url } = await postgresServer();
  const wrong = (change: (address: URL) => void): string => {
    const address = new URL(url);
    change(address);
    return address.href;
  };
  const secret = "correct horse";
  const addresses = [
    wrong((address) => {
      address.password = secret;
    }),
    wrong((address) => {
      address.pathname = "/missing";
    }),
    wrong((address) => {
      address.port = "1";
    }),
    wrong((address) => {
      address.hostname = "host.invalid";
    }),
  ];
  // `pg` throws where it should reject.
  addresses.push(wrong((address) => address.searchParams.set("sslrootcert", "/missing/root.pem")));
  for (const address of addresses) {
    const { password } = new URL(address);
    const error = await expectLedgerError(openPostgresUrl(address), "unavailable");
    for (const text of [error.message, error.stack, error.advice, String(error.cause)])
      for (const word of [password, secret]) assert.ok(!text?.includes(word), text);
  }
});

test("what is no address is refused before anything is tried, and is not shown", async () => {
  for (const address of ["", "usage.db", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres:secret"])
    await assert.rejects(openPostgresUrl(address), (error: Error) => {
      return error instanceof RangeError && !error.message.includes("secret");
    });
  const nowhere = { connect: () => assert.fail("it was asked") };
  for (const schema of ["", "nul\0", "x".repeat(64), "ü".repeat(32)])
    await assert.rejects(openPostgresLedger(nowhere, { schema }), RangeError);
});

test("without the package pg it says how to get it", async () => {
  const { exitCode, stdout, stderr } = await runScript(`
    import { registerHooks } from "node:module";
    import { openPostgresUrl } from ${door};
    registerHooks({
      resolve(specifier, context, next) {
        return next(specifier === "pg" ? "a-package-that-is-not-there" : specifier, context);
      },
    });
    const error = await openPostgresUrl("postgres://u:secret@127.0.0.1/d").catch((error) => error);
    console.log(error.reason, error.message, error.advice);
  `);
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, "unavailable a ledger in PostgreSQL needs the package pg Run `npm install pg`.\n");
});

test("a database of another encoding is refused", { skip }, async () => {
  const { pool, url } = await postgresServer();
  await pool.query("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'");
  await expectLedgerError(openPostgresUrl(url.replace(/\/postgres$/, "/latin")), "unwritable");
});

test("a failed opening leaves no connection open", { skip }, async () => {
  const { pool } = await postgresServer();
  await assert.rejects(openPostgresStore(pool, { schema: newSchema(), readOnly: true }));
  assert.equal(pool.idleCount, pool.totalCount);
});
