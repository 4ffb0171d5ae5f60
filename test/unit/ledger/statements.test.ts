import assert from "node:assert/strict";
import fc from "fast-check";
import { changesJson, parseChangesJson } from "../../../src/ledger/exchange/changes-json.ts";
import { mergeLedgers } from "../../../src/ledger/exchange/merge-ledgers.ts";
import { createLedger, type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import type { PeriodToClose } from "../../../src/ledger/statement.ts";
import { entriesOf } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const signed = { reason: "the bills are out", author: "ops" };
const day = (number: number): Date => new Date(Date.UTC(2026, 2, number));
const march = { from: day(1), to: new Date(Date.UTC(2026, 3, 1)) };

async function book(ledger: Ledger, takenAt: Date, bytes: Readonly<Record<string, bigint>>, node = "n"): Promise<void> {
  const deltas = Object.entries(bytes).map(([user, each]) => ({ name: up(user), bytes: each }));
  await ledger.recordUnproven({ node, source: "panel", takenAt, deltas });
}

async function rowsOf(ledger: Ledger, id: string): Promise<unknown[]> {
  return (await ledger.statement(id)).rows.map(({ subject, uplink, downlink, total }) => [
    subject,
    uplink,
    downlink,
    total,
  ]);
}

async function differencesOf(ledger: Ledger, id: string): Promise<unknown[]> {
  return (await ledger.statementDifferences(id)).map(({ subject, uplink, downlink }) => [subject, uplink, downlink]);
}

ledgerTest("a statement keeps its figures; what comes later for its period is a difference", async (place) => {
  await using ledger = await place.open();
  await book(ledger, day(1), { alice: 10n, bob: 2n ** 62n });
  await book(ledger, day(31), { alice: 5n });
  await book(ledger, march.to, { alice: 1000n });
  const id = await ledger.closePeriod({ ...march, ...signed });
  const frozen = [
    ["alice", 15n, 0n, 15n],
    ["bob", 2n ** 62n, 0n, 2n ** 62n],
  ];
  assert.deepEqual(await rowsOf(ledger, id), frozen);
  assert.deepEqual(await differencesOf(ledger, id), []);

  await book(ledger, day(7), { bob: 2n ** 62n, carol: 7n });
  await ledger.adjust({ user: "alice", bytes: -4n, at: day(31), ...signed });
  await book(ledger, new Date(march.from.getTime() - 1), { bob: 99n });
  await using later = await place.open();
  assert.deepEqual(await rowsOf(later, id), frozen);
  assert.deepEqual(await differencesOf(later, id), [
    ["alice", 0n, -4n],
    ["bob", 2n ** 62n, 0n],
    ["carol", 7n, 0n],
  ]);
  await ledger.alias({ user: "alice", is: "bob", ...signed });
  assert.deepEqual(await rowsOf(later, id), frozen);
  assert.deepEqual(await differencesOf(later, id), [
    ["bob", 2n ** 62n, -4n],
    ["carol", 7n, 0n],
  ]);
  const [head] = await later.statements();
  assert.ok(head !== undefined && Math.abs(head.at.getTime() - Date.now()) < 60_000);
  assert.deepEqual(head, {
    ...{ id, at: head.at, ...march, scope: "user", subjects: undefined, node: undefined },
    ...{ ...signed, reopened: undefined },
  });
  const { cursor } = await later.statement(id);
  assert.deepEqual(
    cursor.map(({ ledger: own, node }) => [own, node]),
    await Promise.all(cursor.map(async ({ node }) => [await later.id(), node])),
  );
  assert.ok(cursor.some(({ node, revision }) => node === "n" && revision === 3));
});

ledgerTest("no two statements hold a byte twice, until one is taken back", async (place) => {
  await using ledger = await place.open();
  await book(ledger, day(2), { alice: 1n, bob: 2n });
  await ledger.alias({ user: "al", is: "alice", ...signed });
  const close = (period: Partial<PeriodToClose>): Promise<string> =>
    ledger.closePeriod({ from: day(1), to: day(3), ...signed, ...period });
  const first = await close({ subjects: ["alice"] });
  const shares: readonly Partial<PeriodToClose>[] = [
    {},
    { subjects: ["alice", "bob"] },
    { subjects: ["al"] },
    { node: "n" },
    { from: day(2), to: day(4) },
  ];
  for (const period of shares) await expectLedgerError(close(period), "period-closed");
  await close({ subjects: ["bob"] });
  await close({ from: day(3), to: day(4) });
  await close({ scope: "inbound" });
  await close({ from: new Date(day(1).getTime() - 900_000), to: day(1) });

  await ledger.reopenPeriod(first, { reason: "wrong zone", author: "boss" });
  await expectLedgerError(ledger.reopenPeriod(first, signed), "reopened");
  const second = await close({ subjects: ["al"] });
  assert.deepEqual(await rowsOf(ledger, second), [["alice", 1n, 0n, 1n]]);
  const heads = new Map((await ledger.statements()).map((head) => [head.id, head]));
  assert.equal(heads.size, 6);
  const { at, ...words } = heads.get(first)?.reopened ?? { at: undefined };
  assert.ok(at instanceof Date);
  assert.deepEqual(words, { reason: "wrong zone", author: "boss" });
  assert.equal(heads.get(second)?.reopened, undefined);
  assert.deepEqual(await rowsOf(ledger, first), [["alice", 1n, 0n, 1n]]);

  const ofDay = await ledger.statements({ from: day(3), to: day(4) });
  assert.deepEqual(
    ofDay.map(({ from }) => from),
    [day(3)],
  );
  await expectLedgerError(ledger.statement("x"), "unknown-statement");
  await expectLedgerError(ledger.statementDifferences("x"), "unknown-statement");
  await expectLedgerError(ledger.reopenPeriod("x", signed), "unknown-statement");
});

ledgerTest("of two who close a period at once one is refused", async (place) => {
  await using ledger = await place.open();
  await using other = await place.open();
  await book(ledger, day(1), { alice: 1n });
  const both = await Promise.allSettled([ledger, other].map((each) => each.closePeriod({ ...march, ...signed })));
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal((await ledger.statements()).length, 1);
});

ledgerTest(
  "a statement of many users and nodes comes whole to another ledger, or says that it did not",
  async (place) => {
    await using ledger = await place.open();
    const users = Object.fromEntries(Array.from({ length: 2500 }, (_, at) => [`u${at}`, BigInt(at + 1)]));
    await book(ledger, day(1), users);
    await book(ledger, day(1), { u0: 5n }, "other");
    const id = await ledger.closePeriod({ ...march, ...signed });
    const rows = (await rowsOf(ledger, id)) as [string, bigint][];
    assert.deepEqual(
      new Map(rows.map(([user, bytes]) => [user, bytes])),
      new Map(Object.entries({ ...users, u0: 6n })),
    );
    assert.equal((await entriesOf(place, "statement-part")).length, 3);

    await using hub = openMemoryLedger();
    for (let turn = 0; turn < 2; turn++) await mergeLedgers(ledger, hub);
    assert.deepEqual(await hub.statement(id), await ledger.statement(id));
    assert.deepEqual(await differencesOf(hub, id), []);
    await expectLedgerError(hub.closePeriod({ ...march, ...signed }), "period-closed");

    const changes = JSON.parse(JSON.stringify(changesJson(await ledger.changes({ limit: 1_000_000 }))));
    for (const node of changes.nodes)
      node.entries = node.entries.filter((entry: { id: string }) => entry.id !== `${id}-1`);
    await using half = openMemoryLedger();
    await half.merge(parseChangesJson(changes));
    await expectLedgerError(half.statement(id), "incomplete");
    await expectLedgerError(half.statementDifferences(id), "incomplete");
    assert.equal((await half.statements()).length, 1);

    // A part under another id, of a number that is there already.
    for (const node of changes.nodes)
      for (const entry of node.entries.filter((each: { id: string }) => each.id === `${id}-0`))
        node.entries.push({ ...entry, id: "again" });
    await half.merge(parseChangesJson(changes));
    await expectLedgerError(half.statement(id), "incomplete");
    await half.merge(await ledger.changes({ limit: 1_000_000 }));
    assert.deepEqual(await half.statement(id), await ledger.statement(id));
  },
);

ledgerTest("an erased user is in no statement by name, whenever it was erased", async (place) => {
  await using ledger = await place.open();
  await book(ledger, day(1), { alice: 1n, bob: 2n });
  const first = await ledger.closePeriod({ ...march, subjects: ["alice"], ...signed });
  await ledger.erase({ user: "alice", ...signed });
  const second = await closeWhileErased(place, ledger);
  for (const kind of ["statement", "statement-part"])
    assert.doesNotMatch(JSON.stringify(await entriesOf(place, kind)), /alice|dora/);
  const [row] = (await ledger.statement(first)).rows;
  assert.match(row?.subject ?? "", /^erased-[0-9a-f]{12}$/);
  for (const id of [first, second]) assert.deepEqual(await differencesOf(ledger, id), []);
});

/** Closes April, of whose users one is erased between the reading of the figures and their writing. */
async function closeWhileErased(
  place: Parameters<Parameters<typeof ledgerTest>[1]>[0],
  ledger: Ledger,
): Promise<string> {
  const april = { from: march.to, to: new Date(Date.UTC(2026, 4, 1)) };
  await book(ledger, april.from, { dora: 3n });
  const store = await place.openStore();
  let reads = 0;
  const slow = createLedger({
    read: async (work) => {
      const found = await store.read(work);
      if (reads++ === 0) await ledger.erase({ user: "dora", ...signed });
      return found;
    },
    write: (work) => store.write(work),
    close: () => store.close(),
  });
  const id = await slow.closePeriod({ ...april, ...signed });
  assert.ok(reads > 0);
  return id;
}

ledgerTest("users who were billed each for themselves, and are shown as one since, are billed once", async (place) => {
  await using ledger = await place.open();
  await book(ledger, day(2), { alice: 100n, bob: 50n, al: 7n });
  await book(ledger, day(9), { alice: 3n, bob: 4n });
  const close = async (subject: string, from: number, to: number): Promise<string> => {
    const id = await ledger.closePeriod({ from: day(from), to: day(to), subjects: [subject], ...signed });
    // What comes after it is of a later millisecond.
    for (const now = Date.now(); Date.now() === now; );
    return id;
  };
  const ofAlice = await close("alice", 1, 4);
  const ofBob = await close("bob", 2, 8);
  await ledger.alias({ user: "alice", is: "bob", ...signed });
  for (const id of [ofAlice, ofBob]) assert.deepEqual(await differencesOf(ledger, id), []);
  // What comes late is in the statement of the one who it was recorded for, and else in the older one.
  await book(ledger, day(3), { alice: 5n });
  await book(ledger, day(3), { bob: 6n });
  await ledger.adjust({ user: "bob", bytes: -1n, at: day(3), ...signed });
  await ledger.alias({ user: "al", is: "alice", ...signed });
  assert.deepEqual(await differencesOf(ledger, ofAlice), [["bob", 12n, 0n]]);
  assert.deepEqual(await differencesOf(ledger, ofBob), [["bob", 6n, -1n]]);
  // Outside of the other's time it is nobody else's.
  await book(ledger, day(1), { bob: 30n });
  await book(ledger, day(7), { alice: 40n });
  assert.deepEqual(await differencesOf(ledger, ofAlice), [["bob", 42n, 0n]]);
  assert.deepEqual(await differencesOf(ledger, ofBob), [["bob", 46n, -1n]]);
  await ledger.reopenPeriod(ofAlice, signed);
  assert.deepEqual(await differencesOf(ledger, ofBob), [["bob", 158n, -1n]]);
});

ledgerTest("nodes that were closed each for itself, and are shown as one since, are billed once", async (place) => {
  await using ledger = await place.open();
  await book(ledger, day(2), { alice: 100n, bob: 1n }, "n");
  await book(ledger, day(2), { alice: 50n }, "m");
  const ids: string[] = [];
  for (const node of ["n", "m"]) ids.push(await ledger.closePeriod({ ...march, node, ...signed }));
  await ledger.alias({ node: "n", is: "m", ...signed });
  await book(ledger, day(3), { alice: 7n }, "n");
  await book(ledger, day(3), { bob: 8n }, "m");
  const more = new Map<string, bigint>();
  for (const id of ids)
    for (const { subject, total } of await ledger.statementDifferences(id))
      more.set(subject, (more.get(subject) ?? 0n) + total);
  assert.deepEqual([...more].sort(), [
    ["alice", 7n],
    ["bob", 8n],
  ]);
});

ledgerTest("what is no period that is over is refused before anything is read", async (place) => {
  const ledger = await place.open();
  await ledger.close();
  const refused = (period: object, error: typeof TypeError): Promise<void> =>
    assert.rejects(ledger.closePeriod({ ...march, ...signed, ...period } as PeriodToClose), error);
  await refused({ to: march.from }, RangeError);
  await refused({ from: new Date(march.from.getTime() + 1) }, RangeError);
  await refused({ to: new Date(Math.ceil(Date.now() / 900_000) * 900_000 + 900_000) }, RangeError);
  await refused({ from: new Date(Number.NaN) }, RangeError);
  await refused({ from: undefined }, RangeError);
  await refused({ from: new Date(-900_000) }, RangeError);
  await refused({ scope: "planet" }, RangeError);
  await refused({ subjects: [] }, RangeError);
  await refused({ subjects: "alice" }, RangeError);
  await refused({ subjects: [""] }, RangeError);
  await refused({ subjects: [7] }, TypeError);
  await refused({ node: "" }, RangeError);
  await refused({ reason: "" }, RangeError);
  await refused({ author: undefined }, TypeError);
  await assert.rejects(ledger.statements({ from: day(2), to: day(1) }), RangeError);
});

ledgerTest("statement and differences are together what is booked, whatever came before and after", async (place) => {
  const delta = fc.record({
    user: fc.constantFrom("alice", "bob", "__proto__", "erased"),
    hour: fc.integer({ min: 0, max: 71 }),
    bytes: fc.bigInt({ min: 1n, max: 2n ** 50n }),
    after: fc.boolean(),
    adjusted: fc.boolean(),
  });
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(delta, { maxLength: 12 }), async (deltas) => {
      await using ledger = await place.open();
      // Each turn has days of its own, so that one place serves all of them.
      const at = (hour: number): Date => new Date(Date.UTC(2020, 0, 1 + 4 * turn, hour));
      turn++;
      const sums = { before: new Map<string, bigint>(), after: new Map<string, bigint>() };
      const apply = async (after: boolean): Promise<void> => {
        for (const { user, hour, bytes, adjusted } of deltas.filter((each) => each.after === after)) {
          if (adjusted) await ledger.adjust({ user, bytes: -bytes, direction: "uplink", at: at(hour), ...signed });
          else
            await ledger.recordUnproven({
              node: "n",
              source: "s",
              takenAt: at(hour),
              deltas: new Map([[up(user), bytes]]),
            });
          if (hour < 24 || hour >= 48) continue;
          const sum = after ? sums.after : sums.before;
          sum.set(user, (sum.get(user) ?? 0n) + (adjusted ? -bytes : bytes));
        }
      };
      await apply(false);
      const id = await ledger.closePeriod({ from: at(24), to: at(48), ...signed });
      await apply(true);
      const moved = (sum: Map<string, bigint>): Map<string, bigint> =>
        new Map([...sum].filter(([, each]) => each !== 0n));
      const found = (rows: readonly { subject: string; uplink: bigint }[]): Map<string, bigint> =>
        moved(new Map(rows.map(({ subject, uplink }) => [subject, uplink])));
      assert.deepEqual(found((await ledger.statement(id)).rows), moved(sums.before));
      assert.deepEqual(found(await ledger.statementDifferences(id)), moved(sums.after));
    }),
    { numRuns: 25 },
  );
});
