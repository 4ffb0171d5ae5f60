import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { createLedger, type Ledger } from "../../../src/ledger/ledger.ts";
import { LedgerError } from "../../../src/ledger/ledger-error.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newSchema, postgresMissing } from "../../support/postgres-server.ts";
import { openApart } from "./apart.ts";

const skip = postgresMissing();
const a = up("alice");
const quarter = 1_900_000;

test("twenty nodes are recorded at the same time, each as if it were alone", { skip }, async (context) => {
  const ledger = createLedger(await openApart(context, newSchema(), 20));
  await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      await using writer = await ledger.claim(`node ${at}`);
      for (let round = 0; round <= 10; round++) {
        const { state } = await writer.record(readingHere(round, { [a]: BigInt(round * (at + 1)) }));
        assert.equal(state, round === 0 ? "first" : "ok");
      }
    }),
  );
  const { rows } = await ledger.usage({ by: ["node"] });
  assert.deepEqual(
    new Map(rows.map(({ node: name, total }) => [name, total])),
    new Map(Array.from({ length: 20 }, (_, at) => [`node ${at}`, BigInt(10 * (at + 1))])),
  );
});

test("writers that take one node from each other book all of it once", { skip }, async (context) => {
  const schema = newSchema();
  let seconds = 0;
  let shown = 0n;
  const read = () => {
    shown += 7n;
    return readingHere(seconds++, { [a]: shown });
  };
  const refusals = new Set<string>();
  let recorded = 0;
  const fight = async (ledger: Ledger): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      const writer = await ledger.claim(node, { whenHeld: "take" });
      try {
        for (let each = 0; each < 6; each++, recorded++) await writer.record(read());
      } catch (error) {
        assert.ok(error instanceof LedgerError, String(error));
        refusals.add(error.reason);
      }
    }
  };
  const ledgers = await Promise.all([1, 2, 3].map(async () => createLedger(await openApart(context, schema, 3))));
  const [ledger] = ledgers as [Ledger];
  await using first = await ledger.claim(node);
  await first.record(read());
  const base = shown;
  await Promise.all(ledgers.map(fight));
  await using last = await ledger.claim(node, { whenHeld: "take" });
  await last.record(read());
  assert.deepEqual(await booked(ledger), { [a]: shown - base });
  assert.ok(refusals.has("claim-lost"), "nobody was fenced off");
  assert.ok([...refusals].every((reason) => reason === "claim-lost" || reason === "stale-reading"));
  assert.ok(recorded > 10, String(recorded));
});

test("a node that many make at once is one", { skip }, async (context) => {
  const schema = newSchema();
  const stores = await Promise.all(Array.from({ length: 6 }, () => openApart(context, schema, 2)));
  const made = await Promise.all(stores.map((store) => store.write((tx) => tx.ownNode("shared"))));
  assert.equal(new Set(made.map(({ id }) => id)).size, 1);
  const merged = await Promise.all(stores.map((store) => store.write((tx) => tx.nodeOf("another ledger", "shared"))));
  assert.equal(new Set(merged.map(({ id }) => id)).size, 1);
  const nodes = await (stores[0] as LedgerStore).read((tx) => tx.nodes());
  assert.deepEqual(nodes.map(({ state }) => state).sort(), ["merged", "own"]);
});

/** Adds a row of a counter of its own at the next revision; the transaction stays open for a while. */
async function addRow(store: LedgerStore, name: string, hold: () => Promise<unknown>): Promise<void> {
  await store.write(async (tx) => {
    const { id, revision } = await tx.ownNode(name);
    const [counter] = await tx.addCounters(id, [{ source: "core", name: `${revision}`, generation: 0 }]);
    await tx.addUsage(id, revision + 1, { quarter, counters: [counter as number], bytes: [1n] });
    await tx.changeNode(id, { revision: revision + 1 });
    await hold();
  });
}

/** What a receiver takes that knows a node up to a revision. */
async function changesSince(store: LedgerStore, name: string, since: number) {
  return store.read(async (tx) => {
    const found = (await tx.nodes()).find((each) => each.name === name);
    if (found === undefined) return { revision: 0, counters: [] };
    const range = { since, upTo: found.revision, after: 0, limit: 1_000_000 };
    const rows = await tx.changedUsage(found.id, quarter, range);
    return { revision: found.revision, counters: rows.map(({ counter }) => counter) };
  });
}

test("a slow transaction held open across a read of changes is not skipped", { skip }, async (context) => {
  const schema = newSchema();
  const [slow, fast, reader] = await Promise.all([1, 2, 3].map(() => openApart(context, schema)));
  assert.ok(slow && fast && reader);
  await addRow(slow, node, async () => {});
  const holding = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = addRow(slow, node, () => {
    held.resolve();
    return holding.promise;
  });
  await held.promise;
  let overtook = false;
  const second = addRow(fast, node, async () => {}).then(() => {
    overtook = true;
  });
  await addRow(fast, "another", async () => {});
  assert.deepEqual(await changesSince(reader, node, 0), { revision: 1, counters: [1] });
  assert.deepEqual((await changesSince(reader, "another", 0)).revision, 1, "other nodes go on meanwhile");
  assert.equal(overtook, false, "a revision is given under the node's lock");
  holding.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(await changesSince(reader, node, 1), { revision: 3, counters: [2, 3] });
});

test("whoever follows a node's revisions sees each row once, whatever writes beside it", { skip }, async (context) => {
  const schema = newSchema();
  const writers = await Promise.all(Array.from({ length: 6 }, () => openApart(context, schema, 2)));
  const reader = await openApart(context, schema, 1);
  let writing = true;
  const rounds = 15;
  const written = Promise.all(
    writers.map(async (store) => {
      for (let round = 0; round < rounds; round++) await addRow(store, node, () => wait(Math.random() * 3));
    }),
  ).finally(() => {
    writing = false;
  });
  const seen: number[] = [];
  let looks = 0;
  for (let cursor = 0, last = false; !last; looks++) {
    last = !writing;
    const { revision, counters } = await changesSince(reader, node, cursor);
    assert.ok(revision >= cursor);
    assert.equal(counters.length, revision - cursor, "a revision without its row, or a row of an old revision");
    seen.push(...counters);
    cursor = revision;
  }
  await written;
  assert.deepEqual(
    seen,
    Array.from({ length: rounds * writers.length }, (_, at) => at + 1),
  );
  assert.ok(looks > 5, String(looks));
});
