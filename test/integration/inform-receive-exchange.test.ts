import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseHeldJson } from "../../src/ledger/exchange/changes-json.ts";
import { createLedger, type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../src/ledger/memory/memory-store.ts";
import { quarterMs, quarterOf } from "../../src/ledger/quarter.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { allChanges, type HubAnswer, startReceiver } from "../support/inform-receiver.ts";
import { QuarterWriter } from "../support/ledger-exchange.ts";
import { up } from "../support/ledger-session.ts";
import { ledgerTest, newDirectory, removeDirectory } from "../support/ledger-stores.ts";

async function total(ledger: Ledger): Promise<bigint> {
  return (await ledger.totals()).total;
}

function record(ledger: Ledger, bytes: bigint): Promise<unknown> {
  return ledger.recordUnproven({
    node: "a",
    source: "x",
    takenAt: new Date(),
    deltas: [{ name: up("alice"), bytes }],
  });
}

function refusals({ status, json }: HubAnswer): unknown {
  return [status, json.nodes.map(({ refused }: { refused: string | null }) => refused)];
}

ledgerTest("rows of three days of outage come into their quarter hours", async (place) => {
  await using hub = await startReceiver(await place.open());
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  const last = quarterOf(new Date());
  for (let quarter = last - 288; quarter <= last; quarter++) await writer.book("a", up("alice"), quarter, 5n);
  const node = createLedger(store);
  const key = hub.key("a");
  // Out of order, in parts, and each twice.
  const parts = [];
  let since = (await node.changes({ limit: 1 })).cursor;
  since = { ...since, nodes: [] };
  for (let complete = false; !complete; ) {
    const changes = await node.changes({ since, limit: 40 });
    parts.push(changes);
    ({ cursor: since, complete } = changes);
  }
  assert.ok(parts.length > 3);
  for (const part of [...parts.reverse(), ...parts]) assert.equal((await hub.push(key, part)).status, 200);
  assert.equal(await total(hub.ledger), 289n * 5n);
  const { rows } = await hub.ledger.usage({ by: ["quarter"] });
  assert.equal(rows.length, 289);
  assert.equal(rows[0]?.start?.getTime(), (last - 288) * quarterMs);
});

test("a hub that was put back from an old state gets all that it lacks", async () => {
  const node = openMemoryLedger();
  await record(node, 5n);
  const first = await node.changes();
  await record(node, 6n);
  const second = await node.changes({ since: first.cursor });
  await using hub = await startReceiver(openMemoryLedger());
  const key = hub.key("a");
  const answer = await hub.push(key, second);
  assert.equal(answer.status, 200);
  const { since } = await node.reconcile(parseHeldJson(answer.json.held), { since: second.cursor });
  assert.equal((await hub.push(key, await node.changes({ since }))).status, 200);
  assert.equal(await total(hub.ledger), 11n);
});

test("a node whose disk was put back becomes another ledger, and nothing counts twice", async () => {
  const directory = newDirectory();
  try {
    const [file, backup] = [join(directory, "a.db"), join(directory, "backup.db")];
    await using hub = await startReceiver(openMemoryLedger());
    const key = hub.key("a");
    {
      await using node = await openSqliteLedger(file);
      await record(node, 5n);
    }
    copyFileSync(file, backup);
    {
      await using node = await openSqliteLedger(file);
      await record(node, 6n);
      assert.equal((await hub.push(key, await allChanges(node))).status, 200);
    }
    await using restored = await openSqliteLedger(backup);
    await record(restored, 1n);
    const diverged = await hub.push(key, await allChanges(restored));
    assert.deepEqual(refusals(diverged), [200, ["diverged"]]);
    assert.equal(await total(hub.ledger), 11n);
    const { since } = await restored.reconcile(parseHeldJson(diverged.json.held));
    const changes = await restored.changes({ since });
    assert.equal((await hub.push(key, changes)).status, 200);
    assert.equal(await total(hub.ledger), 11n);
    await record(restored, 3n);
    assert.equal((await hub.push(key, await allChanges(restored))).status, 200);
    assert.equal(await total(hub.ledger), 14n);
  } finally {
    removeDirectory(directory);
  }
});
