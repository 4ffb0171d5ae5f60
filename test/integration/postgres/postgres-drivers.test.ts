import assert from "node:assert/strict";
import { test } from "node:test";
import { expectTypeOf } from "expect-type";
import pg from "pg";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { postgresError } from "../../../src/ledger/postgres/postgres-error.ts";
import type { PostgresSource } from "../../../src/ledger/postgres/postgres-source.ts";
import { openPostgresStore } from "../../../src/ledger/postgres/postgres-store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newPostgresLedger, newSchema, postgresMissing, postgresServer } from "../../support/postgres-server.ts";

const skip = postgresMissing();
const a = up("alice");

test("a pool of pg is a source as it is", () => {
  expectTypeOf<pg.Pool>().toExtend<PostgresSource>();
});

const parsers: readonly (readonly [name: string, parse: (text: string, oid: number) => unknown])[] = [
  ["texts of everything", (text) => text],
  ["bigints of integers", (text, oid) => ([20, 21, 23].includes(oid) ? BigInt(text) : text)],
  ["objects of numbers", (text, oid) => ([20, 23, 1700].includes(oid) ? { valueOf: () => Number(text) } : text)],
];

for (const [name, parse] of parsers) {
  test(`a pool may make ${name}`, { skip }, async (context) => {
    const { url } = await postgresServer();
    const types = { getTypeParser: (oid: number) => (text: string) => parse(text, oid) };
    const pool = new pg.Pool({ connectionString: url, types: types as never });
    context.after(() => pool.end());
    const store = await openPostgresStore(pool, { schema: newSchema() });
    const ledger = createLedger(store);
    const large = 2n ** 62n + 1n;
    for (const round of [0, 1]) {
      await using writer = await ledger.claim("a\0node");
      await writer.record(readingHere(round * 10, { [up("\0")]: 5n, "12": 1n }));
      await writer.record(readingHere(round * 10 + 1, { [up("\0")]: 5n + large * BigInt(round) }));
    }
    assert.deepEqual(await booked(ledger), { [up("\0")]: large });
    assert.deepEqual(
      (await ledger.gaps()).map((gap) => [gap.node, gap.from]),
      [["a\0node", undefined]],
    );
    await store.write(async (tx) => {
      const { id } = await tx.ownNode("a\0node");
      assert.equal((await tx.raws(id)).find(({ value }) => value === 1n)?.missingSince === undefined, false);
      assert.equal(await tx.addReceipt(id, { source: "3x-ui", key: "k\0", at: 17, until: undefined }), undefined);
      assert.equal(await tx.addReceipt(id, { source: "3x-ui", key: "k\0", at: 18, until: 20 }), 17);
      assert.equal(await tx.addReceipt(id, { source: "3x-ui", key: "k\0", at: 21, until: undefined }), undefined);
    });
    assert.equal(await ledger.pack({ before: new Date(Date.now() + 86_400_000) }), 1);
    assert.deepEqual(await booked(ledger), { [up("\0")]: large });
  });
}

test("a commit is on the disk also where the server says that it need not be", { skip }, async (context) => {
  const { url } = await postgresServer();
  const pool = new pg.Pool({ connectionString: url, options: "-c synchronous_commit=off" });
  context.after(() => pool.end());
  const settings: string[] = [];
  const source: PostgresSource = {
    async connect() {
      const connection = await pool.connect();
      return {
        async query(text, values) {
          if (text === "COMMIT") {
            const { rows } = await connection.query("SHOW synchronous_commit");
            settings.push(rows[0].synchronous_commit);
          }
          return connection.query(text, values);
        },
        release: (error) => connection.release(error),
      };
    },
  };
  const store = await openPostgresStore(source, { schema: newSchema() });
  settings.length = 0;
  await store.read((tx) => tx.nodes());
  await store.write((tx) => tx.ownNode(node));
  await store.write((tx) => tx.ownNode(node));
  await store.write((tx) => tx.nodeOf("another ledger", node));
  await store.write((tx) => tx.setLedgerId("another"));
  assert.deepEqual(settings, ["off", "on", "on", "on", "on"]);
  assert.equal((await pool.query("SHOW synchronous_commit")).rows[0].synchronous_commit, "off");
});

test("bytes beyond what the database holds are refused, and nothing of them stays", { skip }, async () => {
  const { pool } = await postgresServer();
  const store = await openPostgresStore(pool, { schema: newSchema() });
  const add = (bytes: bigint): Promise<void> =>
    store.write(async (tx) => {
      const { id, revision } = await tx.ownNode(node);
      if (revision === 0) await tx.addCounters(id, [{ source: "core", name: a, generation: 0 }]);
      await tx.addUsage(id, revision + 1, { quarter: 1_900_000, counters: [1], bytes: [bytes] });
      await tx.changeNode(id, { revision: revision + 1 });
    });
  await add(2n ** 63n - 1n);
  await expectLedgerError(add(1n), "not-recordable");
  await expectLedgerError(add(2n ** 64n), "not-recordable");
  assert.deepEqual(await booked(createLedger(store)), { [a]: 2n ** 63n - 1n });
});

test("work that goes on after a failure is not taken for done", { skip }, async () => {
  const { pool } = await postgresServer();
  const store = await openPostgresStore(pool, { schema: newSchema() });
  const call = store.write(async (tx) => {
    const { id } = await tx.ownNode(node);
    await tx.setRaws(id, [1], [2n ** 64n]).catch(() => {});
  });
  await expectLedgerError(call, "not-recordable");
  assert.deepEqual(await store.read((tx) => tx.nodes()), []);
});

test("two own nodes of one name cannot be, whoever makes the second one", { skip }, async () => {
  const { pool } = await postgresServer();
  const store = await openPostgresStore(pool, { schema: newSchema() });
  const own = await store.write((tx) => tx.ownNode(node));
  const other = await store.write((tx) => tx.nodeOf("another ledger", node));
  await expectLedgerError(
    store.write((tx) => tx.changeNode(other.id, { state: "own" })),
    "busy",
  );
  await store.write((tx) => tx.changeNode(own.id, { state: "sealed" }));
  await store.write((tx) => tx.changeNode(other.id, { state: "own" }));
  assert.equal((await store.write((tx) => tx.ownNode(node))).id, other.id);
  assert.deepEqual(
    (await store.read((tx) => tx.nodesNamed([node, "missing"]))).map(({ id }) => id),
    [other.id],
  );
});

test("a ledger of its own is there for each test", { skip }, async () => {
  await using one = await newPostgresLedger();
  await using two = await newPostgresLedger();
  assert.notEqual(await one.id(), await two.id());
});

test("what a server says has its word", async () => {
  const reasons = {
    "08006": "unavailable",
    "25006": "unwritable",
    "28P01": "unavailable",
    "3D000": "unavailable",
    "40001": "busy",
    "40P01": "busy",
    "42501": "unwritable",
    "53100": "unwritable",
    "53200": "unavailable",
    "53300": "unavailable",
    "54000": "not-recordable",
    "55P03": "busy",
    "57014": "busy",
    "57P01": "unavailable",
    "57P03": "unavailable",
    "22003": "not-recordable",
    "22021": "not-recordable",
    XX000: "unavailable",
    ECONNREFUSED: "unavailable",
    EPIPE: "unavailable",
  } as const;
  for (const [code, reason] of Object.entries(reasons)) {
    const error = postgresError(Object.assign(new Error("one\nline"), { code }), "usage");
    await expectLedgerError(Promise.reject(error), reason);
    assert.equal(error.message, "the ledger usage: one line");
  }
  const refused = new AggregateError([new Error("connect to ::1"), new Error("connect to 127.0.0.1")], "");
  assert.match(postgresError(refused, "usage").message, /::1; connect to 127/);
});
