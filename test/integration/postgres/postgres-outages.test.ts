import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { openPostgresLedger } from "../../../src/ledger/postgres/open-postgres-ledger.ts";
import { openPostgresUrl } from "../../../src/ledger/postgres/open-postgres-url.ts";
import { openPostgresStore } from "../../../src/ledger/postgres/postgres-store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newSchema, postgresMissing, postgresServer } from "../../support/postgres-server.ts";

const skip = postgresMissing();
const a = up("alice");

test("a server that restarts in the middle of a transaction costs nothing but time", { skip }, async () => {
  const server = await postgresServer();
  const store = await openPostgresStore(server.pool, { schema: newSchema() });
  await using ledger = createLedger(store);
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(1, { [a]: 3n }));
  const inTheMiddle = store.write(async (tx) => {
    const { id, revision } = await tx.ownNode(node);
    await tx.addUsage(id, revision + 1, { quarter: 1_900_000, counters: [1], bytes: [1000n] });
    // Nothing is asked of the connection when it breaks.
    await server.stop();
    await server.start();
    await tx.changeNode(id, { revision: revision + 1 });
  });
  await expectLedgerError(inTheMiddle, "unavailable");
  assert.deepEqual(await booked(ledger), { [a]: 2n });
  assert.equal((await writer.record(readingHere(2, { [a]: 7n }))).bytes, 4n);
  assert.deepEqual(await booked(ledger), { [a]: 6n });
});

test("while the server is down each call says so, and afterwards all goes on", { skip }, async () => {
  const server = await postgresServer();
  await using ledger = await openPostgresUrl(server.url, { schema: newSchema() });
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await server.stop();
  await expectLedgerError(writer.record(readingHere(1, { [a]: 3n })), "unavailable");
  await expectLedgerError(ledger.usage(), "unavailable");
  await expectLedgerError(openPostgresUrl(server.url), "unavailable");
  await server.start();
  assert.equal((await writer.record(readingHere(2, { [a]: 7n }))).bytes, 6n);
});

test("a connection that an administrator ends is replaced", { skip }, async () => {
  const { pool } = await postgresServer();
  const store = await openPostgresStore(pool, { schema: newSchema() });
  const end = async (): Promise<void> => {
    // All but the one that asks.
    await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
  };
  await expectLedgerError(
    store.write(async (tx) => {
      await tx.ownNode(node);
      await end();
      await tx.ownNode("another");
    }),
    "unavailable",
  );
  await Promise.all(Array.from({ length: 5 }, () => store.read((tx) => tx.nodes())));
  await end();
  assert.deepEqual(await store.read((tx) => tx.nodes()), [], "those that stood idle are replaced unseen");
  await store.close();
});

test("who waits for a lock longer than the server allows hears it as busy", { skip }, async () => {
  const { pool, url } = await postgresServer();
  const schema = newSchema();
  const store = await openPostgresStore(pool, { schema });
  await store.write((tx) => tx.ownNode(node));
  await using impatient = await openPostgresUrl(`${url}?options=${encodeURIComponent("-c lock_timeout=50")}`, {
    schema,
  });
  await store.write(async (tx) => {
    await tx.ownNode(node);
    await expectLedgerError(impatient.claim(node), "busy");
  });
  await (await impatient.claim(node)).release();
});

test("a server that never answers is waited for until the signal says so", async (context) => {
  const silent = createServer((socket) => context.after(() => socket.destroy())).listen(0, "127.0.0.1");
  await once(silent, "listening");
  context.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const reason = new Error("enough");
  const opening = openPostgresUrl(`postgres://u:secret@127.0.0.1:${port}/d`, { signal: AbortSignal.timeout(50) });
  await assert.rejects(opening, { name: "TimeoutError" });
  const ended = AbortSignal.abort(reason);
  await assert.rejects(
    openPostgresLedger({ connect: () => assert.fail("it was asked") }, { signal: ended }),
    (error) => error === reason,
  );
});

test("an opening that is given up gives its connection back", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = new AbortController();
  const released = Promise.withResolvers<Error | undefined>();
  const opening = openPostgresLedger(
    {
      connect: async () => {
        await promise;
        return { query: async () => ({ rows: [] }), release: released.resolve };
      },
    },
    { signal: ended.signal, readOnly: true },
  );
  ended.abort();
  await assert.rejects(opening, { name: "AbortError" });
  resolve();
  assert.equal(await released.promise, undefined);
});
