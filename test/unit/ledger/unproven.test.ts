import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { dayMs, quarterOf } from "../../../src/ledger/quarter.ts";
import type { UnprovenRecord } from "../../../src/ledger/record-unproven.ts";
import { storedBytes } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { down, readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const [a, b] = [up("alice"), down("bob")];
const takenAt = new Date("2026-11-01T10:07:00Z");
const good = { node: "n", source: "3x-ui", takenAt, deltas: new Map([[a, 5n]]) };

ledgerTest("deltas are booked under their source, in the quarter they were counted in", async (place) => {
  await using ledger = await place.open();
  const deltas = [
    { name: b, bytes: 7n },
    { name: a, bytes: 5n },
    { name: down("idle"), bytes: 0n },
    { name: b, bytes: 1n },
  ];
  assert.deepEqual(await ledger.recordUnproven({ ...good, deltas }), {
    booked: true,
    repeated: false,
    bytes: 13n,
    counters: 2,
  });
  assert.deepEqual(await ledger.recordUnproven(good), { booked: true, repeated: false, bytes: 5n, counters: 1 });
  assert.deepEqual(await storedBytes(place, "n"), { [`3x-ui ${a} 0`]: 10n, [`3x-ui ${b} 0`]: 8n });
  const store = await place.openStore();
  const quarters = await store.read(async (tx) => {
    const [node] = (await tx.nodes()).filter(({ name }) => name === "n");
    return tx.quarters(node?.id as number);
  });
  assert.deepEqual(quarters, [{ quarter: quarterOf(takenAt), revision: 2 }]);
});

ledgerTest("a core's counters of the same names are others, and its writer goes on", async (place) => {
  await using ledger = await place.open();
  await using writer = await ledger.claim("n");
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.record(readingHere(10, { [a]: 3n }));
  await ledger.recordUnproven(good);
  await ledger.recordUnproven({ ...good, source: "other" });
  await writer.record(readingHere(20, { [a]: 4n }));
  assert.deepEqual(await storedBytes(place, "n"), { [`${a} 0`]: 3n, [`3x-ui ${a} 0`]: 5n, [`other ${a} 0`]: 5n });
});

ledgerTest("the same id is booked once, of each node and source", async (place) => {
  await using ledger = await place.open();
  const record = { ...good, id: "batch\0 1" };
  assert.equal((await ledger.recordUnproven(record)).booked, true);
  const again = await ledger.recordUnproven({ ...record, deltas: new Map([[b, 9n]]) });
  assert.deepEqual(again, { booked: false, repeated: true, bytes: 0n, counters: 0 });
  for (const other of [{ id: "batch 2" }, { node: "m" }, { source: "other" }])
    assert.deepEqual(await ledger.recordUnproven({ ...record, ...other }), {
      booked: true,
      repeated: false,
      bytes: 5n,
      counters: 1,
    });
  await using opened = await place.open();
  assert.equal((await opened.recordUnproven(record)).booked, false);
  assert.deepEqual(await storedBytes(place, "n"), { [`3x-ui ${a} 0`]: 10n, [`other ${a} 0`]: 5n });
  const empty = { ...good, id: "empty", deltas: [] };
  assert.deepEqual(await ledger.recordUnproven(empty), { booked: true, repeated: false, bytes: 0n, counters: 0 });
  assert.equal((await ledger.recordUnproven(empty)).repeated, true);
});

ledgerTest("of two who bring one id at once one is booked", async (place) => {
  await using ledger = await place.open();
  await using other = await place.open();
  const both = await Promise.all([ledger, other, ledger].map((each) => each.recordUnproven({ ...good, id: "1" })));
  assert.equal(both.filter(({ booked }) => booked).length, 1);
  assert.deepEqual(await storedBytes(place, "n"), { [`3x-ui ${a} 0`]: 5n });
});

ledgerTest(
  "without an id everything is booked, and the same bytes within ten minutes are flagged",
  async (place, context) => {
    await using ledger = await place.open();
    context.mock.timers.enable({ apis: ["Date"], now: takenAt });
    const deltas = [
      { name: b, bytes: 7n },
      { name: a, bytes: 5n },
    ];
    const repeated = async (change: Partial<UnprovenRecord> = {}): Promise<boolean> => {
      const result = await ledger.recordUnproven({ ...good, deltas, ...change });
      assert.equal(result.booked, true);
      return result.repeated;
    };
    assert.equal(await repeated(), false);
    assert.equal(await repeated({ deltas: [...deltas].reverse(), takenAt: new Date(takenAt.getTime() + 1) }), true);
    assert.equal(await repeated({ deltas: [{ name: a, bytes: 12n }] }), false);
    assert.equal(await repeated({ source: "other" }), false);
    assert.equal(await repeated({ node: "m" }), false);
    context.mock.timers.setTime(takenAt.getTime() + 10 * 60_000);
    assert.equal(await repeated(), true);
    context.mock.timers.setTime(takenAt.getTime() + 20 * 60_000 + 1);
    assert.equal(await repeated(), false);
    assert.deepEqual(
      [await repeated({ deltas: [] }), await repeated({ deltas: [] })],
      [false, false],
      "no byte is doubled",
    );
    assert.deepEqual(await storedBytes(place, "n"), {
      [`3x-ui ${a} 0`]: 4n * 5n + 12n,
      [`3x-ui ${b} 0`]: 4n * 7n,
      [`other ${a} 0`]: 5n,
      [`other ${b} 0`]: 7n,
    });
  },
);

ledgerTest("more bytes in one quarter than a number holds are refused, and all else with them", async (place) => {
  await using ledger = await place.open();
  await ledger.recordUnproven({ ...good, deltas: new Map([[a, 2n ** 63n - 2n]]) });
  await ledger.recordUnproven({ ...good, deltas: new Map([[a, 1n]]) });
  const record = {
    ...good,
    id: "1",
    deltas: new Map([
      [b, 1n],
      [a, 1n],
    ]),
  };
  await assert.rejects(
    ledger.recordUnproven(record),
    (error: Error) => error instanceof RangeError && error.message.includes("alice"),
  );
  assert.deepEqual(await storedBytes(place, "n"), { [`3x-ui ${a} 0`]: 2n ** 63n - 1n });
  record.deltas.delete(a);
  assert.equal((await ledger.recordUnproven(record)).booked, true, "its id was not noted");
});

ledgerTest("a node that grows no more, or that another ledger records, is refused", async (place) => {
  await using ledger = await place.open();
  const store = await place.openStore();
  await store.write(async (tx) => {
    await tx.changeNode((await tx.ownNode("moved")).id, { state: "sealed" });
    await tx.nodeOf("another", "theirs");
  });
  await expectLedgerError(ledger.recordUnproven({ ...good, node: "moved" }), "sealed");
  await expectLedgerError(ledger.recordUnproven({ ...good, node: "theirs" }), "other-ledger");
  const nodes = await store.read((tx) => tx.nodes());
  assert.deepEqual(
    nodes.map(({ name, state }) => [name, state]),
    [
      ["moved", "sealed"],
      ["theirs", "merged"],
    ],
  );
});

test("a record that is none is refused, and the error names the delta", async () => {
  const ledger = openMemoryLedger();
  await ledger.close();
  const refused = async (change: object, error: typeof RangeError | typeof TypeError, text = ""): Promise<void> => {
    await assert.rejects(ledger.recordUnproven({ ...good, ...change } as UnprovenRecord), (found: Error) => {
      assert.ok(found instanceof error, String(found));
      assert.ok(found.message.includes(text), found.message);
      return true;
    });
  };
  const bad = (name: unknown, bytes: unknown): object => ({
    deltas: [
      { name: b, bytes: 1n },
      { name, bytes },
    ],
  });
  await refused(bad(a, -1n), RangeError, "alice");
  await refused(bad(a, 2n ** 63n), RangeError, "alice");
  await refused(bad(b, 2n ** 63n - 1n), RangeError, "bob");
  await refused(bad(a, 1), TypeError, "alice");
  await refused(bad("alice", 1n), RangeError, '"alice"');
  await refused(bad("user>>>alice>>>online", 1n), RangeError, "online");
  await refused(bad("", 1n), RangeError);
  await refused(bad(undefined, 1n), TypeError);
  await refused({ node: "" }, RangeError);
  await refused({ source: "" }, RangeError);
  await refused({ source: "core" }, RangeError);
  await refused({ source: "a\0b" }, RangeError);
  await refused({ source: "x".repeat(65) }, RangeError);
  await refused({ id: "" }, RangeError);
  await refused({ takenAt: "today" }, TypeError);
  await refused({ takenAt: new Date("today") }, RangeError);
  await refused({ takenAt: new Date(-1) }, RangeError);
  await refused({ takenAt: new Date(Date.now() + dayMs + 60_000) }, RangeError);
});
