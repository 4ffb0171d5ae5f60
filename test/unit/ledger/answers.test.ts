import assert from "node:assert/strict";
import { createLedger, type Ledger } from "../../../src/ledger/ledger.ts";
import { quarterStart } from "../../../src/ledger/quarter.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import type { Usage, UsageQuery } from "../../../src/usage/usage-query.ts";
import { addQuarters } from "../../support/ledger-answers.ts";
import { down, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";

const day = 20_000;
/** The first quarter hour of a day in 2024. */
const first = day * 96;
const signed = { reason: "a test", author: "me" };

async function open(place: LedgerPlace): Promise<{ store: LedgerStore; ledger: Ledger }> {
  const store = await place.openStore();
  return { store, ledger: createLedger(store) };
}

/** What comes to each group in total. */
async function totals(ledger: Ledger, query: UsageQuery = {}): Promise<[...unknown[], bigint][]> {
  const { rows } = await ledger.usage(query);
  const keys = (query.by ?? []).map((key): keyof Usage => {
    if (key === "user") return "subject";
    return key === "quarter" || key === "hour" || key === "day" || key === "week" || key === "month" ? "start" : key;
  });
  return rows.map((row) => [...keys.map((key) => row[key]), row.total]);
}

/** Adds an entry as another ledger, or another time, wrote it. */
async function addEntry(
  store: LedgerStore,
  { kind, at, body, ...window }: { kind: string; at: number; from?: number; to?: number; body: object },
  node = "",
): Promise<string> {
  const id = `entry-${kind}-${at}-${Math.random()}`;
  const { from = -8.64e15, to = 8.64e15 } = window;
  await store.write(async (tx) => {
    const { id: about, revision } = await tx.ownNode(node);
    await tx.addEntries(revision + 1, [{ id, node: about, kind, at, from, to, body: JSON.stringify(body) }]);
    await tx.changeNode(about, { revision: revision + 1 });
  });
  return id;
}

ledgerTest("in each quarter one source counts: the core where it was read, else the first by name", async (place) => {
  const { store, ledger } = await open(place);
  const unproven = { node: "n", counter: up("alice"), source: "3x-ui" };
  await addQuarters(store, [
    { ...unproven, quarter: first, bytes: 1n },
    { ...unproven, quarter: first + 1, bytes: 10n },
    { ...unproven, quarter: first + 96, bytes: 100n },
    { ...unproven, source: "a-panel", quarter: first + 96, bytes: 1000n },
    { ...unproven, node: "alone", quarter: first + 1, bytes: 10_000n },
    // Of another scope, yet it says that the core was read then.
    { node: "n", counter: "inbound>>>ws>>>traffic>>>uplink", quarter: first + 1, bytes: 7n },
    { node: "n", counter: up("alice"), quarter: first + 2, bytes: 100_000n },
    { node: "n", counter: up("alice"), quarter: first + 40 * 96, bytes: 1_000_000n },
  ]);
  for (const packed of [false, true]) {
    if (packed) assert.equal(await ledger.pack({ before: quarterStart(first + 20 * 96) }), 3);
    const { rows, notes } = await ledger.usage({ by: ["node", "source"] });
    assert.deepEqual(
      rows.map(({ node, source, total }) => [node, source, total]),
      [
        ["alone", "3x-ui", 10_000n],
        ["n", "3x-ui", 101n],
        ["n", "core", 1_100_000n],
      ],
    );
    assert.deepEqual(notes.unproven, [
      { node: "n", source: "3x-ui", bytes: 101n },
      { node: "alone", source: "3x-ui", bytes: 10_000n },
    ]);
    assert.deepEqual(notes.overlaps, [
      { node: "n", source: "3x-ui", from: quarterStart(first + 1), to: quarterStart(first + 2), bytes: 10n },
      { node: "n", source: "a-panel", from: quarterStart(first + 96), to: quarterStart(first + 97), bytes: 1000n },
    ]);
    assert.deepEqual(await totals(ledger, { by: ["day"], node: "n", to: quarterStart(first + 192) }), [
      [quarterStart(first), 100_001n],
      [quarterStart(first + 96), 100n],
    ]);
    const part = await ledger.totals({ from: quarterStart(first + 1), to: quarterStart(first + 2), subject: "alice" });
    assert.equal(part.total, 10_000n);
    assert.deepEqual((await ledger.usage({ subject: "nobody" })).notes.overlaps, []);
  }
});

ledgerTest("what another ledger recorded of a node before counts as well, unless it is retracted", async (place) => {
  const { store, ledger } = await open(place);
  const row = { counter: up("alice"), quarter: first };
  await addQuarters(store, [
    { ...row, node: "n", bytes: 1n },
    { ...row, node: "n", bytes: 10n, ledger: "old" },
    { ...row, node: "m", bytes: 100n, ledger: "old" },
    { ...row, node: "m", bytes: 1000n, ledger: "older" },
  ]);
  const both = [
    ["m", 1100n],
    ["n", 11n],
  ];
  assert.deepEqual(await totals(ledger, { by: ["node"] }), both);
  await ledger.retract({ ledger: "old", node: "m", ...signed });
  assert.deepEqual(await totals(ledger, { by: ["node"] }), [
    ["m", 1000n],
    ["n", 11n],
  ]);
  await ledger.retract({ ledger: "old", ...signed });
  assert.deepEqual(await totals(ledger, { by: ["node"] }), [
    ["m", 1000n],
    ["n", 1n],
  ]);
  assert.deepEqual(await totals(ledger, { by: ["node"], asOf: new Date(0) }), both);
});

ledgerTest("names that are shown as one are summed, and found by each of them", async (place) => {
  const { store, ledger } = await open(place);
  await addQuarters(store, [
    { node: "a", counter: up("alice"), quarter: first, bytes: 1n },
    { node: "b", counter: up("al"), quarter: first, bytes: 10n },
    { node: "b", counter: up("bob"), quarter: first, bytes: 100n },
    { node: "b", counter: "inbound>>>al>>>traffic>>>uplink", quarter: first, bytes: 1000n },
  ]);
  await ledger.alias({ user: "al", is: "alina", ...signed });
  await ledger.alias({ user: "alina", is: "alice", ...signed });
  await ledger.alias({ node: "a", is: "b", ...signed });
  assert.deepEqual(await totals(ledger, { by: ["user", "node"] }), [
    ["alice", "b", 11n],
    ["bob", "b", 100n],
  ]);
  for (const subject of ["alice", "al", "alina"]) assert.equal((await ledger.totals({ subject })).total, 11n, subject);
  for (const node of ["a", "b"]) assert.equal((await ledger.totals({ node })).total, 111n, node);
  const recorded = { names: "recorded" } as const;
  assert.deepEqual(await totals(ledger, { by: ["user", "node"], ...recorded }), [
    ["al", "b", 10n],
    ["alice", "b", 1n],
    ["bob", "b", 100n],
  ]);
  assert.equal((await ledger.totals({ subject: "al", ...recorded })).total, 10n);
  assert.equal((await ledger.totals({ subject: "alina", ...recorded })).total, 0n);
  assert.equal((await ledger.totals({ node: "a", ...recorded })).total, 111n);
  // Tags are no users.
  assert.deepEqual(await totals(ledger, { by: ["subject"], scope: "inbound" }), [["al", 1000n]]);
});

ledgerTest(
  "of aliases that a merge made a cycle of, the oldest is left out; of two for a name the last holds",
  async (place) => {
    const { store, ledger } = await open(place);
    await addQuarters(store, [
      { node: "n", counter: up("a"), quarter: first, bytes: 1n },
      { node: "n", counter: up("b"), quarter: first, bytes: 10n },
      { node: "n", counter: up("c"), quarter: first, bytes: 100n },
    ]);
    const alias = (at: number, name: string, is: string): Promise<string> =>
      addEntry(store, { kind: "alias", at, body: { of: "user", name, is, ...signed } });
    await alias(2, "b", "c");
    await alias(1, "a", "b");
    await alias(3, "c", "a");
    assert.deepEqual(await totals(ledger, { by: ["user"] }), [["a", 111n]]);
    await alias(4, "c", "d");
    assert.deepEqual(await totals(ledger, { by: ["user"] }), [["d", 111n]]);
  },
);

ledgerTest("adjustments count for their quarter, node and user, also where nothing else was booked", async (place) => {
  const { store, ledger } = await open(place);
  await addQuarters(store, [{ node: "n", counter: down("alice"), quarter: first, bytes: 100n }]);
  const at = quarterStart(first);
  await ledger.adjust({ user: "alice", bytes: -30n, node: "n", at, ...signed });
  await ledger.adjust({ user: "alice", bytes: -70n, at, ...signed });
  await ledger.adjust({ user: "bob", bytes: 5n, direction: "uplink", at: quarterStart(first + 960), ...signed });
  await ledger.adjust({ scope: "inbound", subject: "api", bytes: 9n, at, ...signed });
  assert.deepEqual(await totals(ledger, { by: ["user", "node"] }), [
    ["alice", undefined, -70n],
    ["bob", undefined, 5n],
    ["alice", "n", 70n],
  ]);
  assert.deepEqual(await totals(ledger, { by: ["user"] }), [
    ["alice", 0n],
    ["bob", 5n],
  ]);
  assert.deepEqual(await totals(ledger, { by: ["day"] }), [
    [quarterStart(first), 0n],
    [quarterStart(first + 960), 5n],
  ]);
  assert.equal((await ledger.totals({ node: "n" })).total, 70n);
  assert.deepEqual(await totals(ledger, { by: ["user"], to: quarterStart(first) }), []);
  assert.deepEqual(await totals(ledger, { by: ["user"], asOf: new Date(0) }), [["alice", 100n]]);
  await ledger.alias({ user: "bob", is: "alice", ...signed });
  assert.deepEqual(await totals(ledger, { by: ["user"] }), [["alice", 5n]]);
  assert.deepEqual(await totals(ledger, { scope: "inbound" }), []);
  assert.deepEqual(await totals(ledger, { scope: "inbound", by: ["subject"] }), [["api", 9n]]);
});

ledgerTest("a gap settled as restart is booked with its bound, and is in no note any more", async (place) => {
  const { store, ledger } = await open(place);
  await addQuarters(store, [{ node: "n", counter: up("alice"), quarter: first, bytes: 1n }]);
  const [from, to] = [quarterStart(first + 1).getTime(), quarterStart(first + 2).getTime() + 1];
  const bound = [
    [up("alice"), "10"],
    [down("alice"), "100"],
    ["inbound>>>ws>>>traffic>>>uplink", "1000"],
  ];
  const gap = { kind: "gap", at: to, from, to };
  const restart = await addEntry(store, { ...gap, body: { cause: "uncertain-restart", from, bound } }, "n");
  const other = await addEntry(store, { ...gap, body: { cause: "core-restart", from, bound: "unknown" } }, "n");
  await addEntry(store, { ...gap, kind: "late", body: {} }, "n");
  const before = await ledger.usage();
  assert.deepEqual(before.notes.gaps.map(({ id }) => id).sort(), [restart, other].sort());
  assert.deepEqual(before.notes.late, [{ node: "n", from: new Date(from), to: new Date(to) }]);
  assert.equal(before.rows[0]?.total, 1n);
  await ledger.settle(restart, { as: "restart", ...signed });
  await ledger.settle(other, { as: "nothing-lost", ...signed });
  // Another ledger settled it otherwise, and later.
  await addEntry(store, {
    kind: "settle",
    at: Date.now() + 1e6,
    from,
    to,
    body: { gap: restart, as: "nothing-lost", ...signed },
  });
  assert.deepEqual(await totals(ledger, { by: ["quarter", "direction"] }), [
    [quarterStart(first), "uplink", 1n],
    [quarterStart(first + 2), "downlink", 100n],
    [quarterStart(first + 2), "uplink", 10n],
  ]);
  assert.equal((await ledger.totals({ scope: "inbound" })).total, 1000n);
  assert.deepEqual((await ledger.usage()).notes.gaps, []);
  assert.deepEqual(await ledger.gaps(), []);
  assert.deepEqual(
    (await ledger.gaps({ which: "all" })).map(({ id, settled }) => [id, settled?.as, settled?.author]).sort(),
    [
      [restart, "restart", "me"],
      [other, "nothing-lost", "me"],
    ].sort(),
  );
  assert.equal((await ledger.gaps({ asOf: new Date(to) })).length, 2);
  assert.deepEqual(await ledger.gaps({ asOf: new Date(to - 1) }), []);
  assert.deepEqual((await ledger.usage({ asOf: new Date(to) })).rows, before.rows);
});

ledgerTest("the current generation is the highest of each name on each node", async (place) => {
  const { store, ledger } = await open(place);
  const row = { counter: up("alice"), quarter: first };
  await addQuarters(store, [
    { ...row, node: "a", generation: 0, bytes: 1n },
    { ...row, node: "a", generation: 2, bytes: 10n },
    { ...row, node: "b", generation: 0, bytes: 100n },
    { ...row, node: "a", counter: up("bob"), generation: 0, bytes: 1000n },
  ]);
  assert.deepEqual(await totals(ledger, { by: ["user"], generation: "current" }), [
    ["alice", 110n],
    ["bob", 1000n],
  ]);
  assert.deepEqual(await totals(ledger, { by: ["user", "generation"] }), [
    ["alice", 0, 101n],
    ["alice", 2, 10n],
    ["bob", 0, 1000n],
  ]);
});

ledgerTest("the API's own inbound is in no sum, and in rows of its own", async (place) => {
  const { store, ledger } = await open(place);
  const of = (scope: string, tag: string, bytes: bigint) => {
    return { node: "n", counter: `${scope}>>>${tag}>>>traffic>>>uplink`, quarter: first, bytes };
  };
  await addQuarters(store, [
    ...[of("inbound", "api", 1n), of("inbound", "ws", 10n), of("inbound", "stats", 100n)],
    ...[of("outbound", "api", 1n), of("outbound", "direct", 10n), of("user", "api", 1000n)],
  ]);
  assert.equal((await ledger.totals({ scope: "inbound" })).total, 110n);
  assert.equal((await ledger.totals({ scope: "inbound", apiTags: ["stats"] })).total, 11n);
  assert.equal((await ledger.totals({ scope: "outbound" })).total, 10n);
  assert.equal((await ledger.totals()).total, 1000n);
  assert.equal((await ledger.totals({ scope: "inbound", subject: "api" })).total, 1n);
  assert.deepEqual(await totals(ledger, { scope: "inbound", by: ["subject"] }), [
    ["api", 1n],
    ["stats", 100n],
    ["ws", 10n],
  ]);
});

ledgerTest("the largest rows, all in one row, and all rows one by one", async (place) => {
  const { store, ledger } = await open(place);
  assert.deepEqual(await ledger.top(3), { rows: [], notes: { gaps: [], late: [], unproven: [], overlaps: [] } });
  assert.equal((await ledger.totals()).total, 0n);
  const users = Array.from({ length: 40 }, (_, at) => `user-${at}`);
  const rows = users.flatMap((user, at) =>
    [0, 1, 2].map((hour) => ({
      node: "n",
      counter: up(user),
      quarter: first + hour * 4,
      bytes: BigInt((at * 7) % 10),
    })),
  );
  await addQuarters(store, rows);
  const all = await ledger.usage({ by: ["hour", "user"] });
  const largest = [...all.rows].sort((a, b) => Number(b.total - a.total));
  for (const count of [1, 5, 40, 1000])
    assert.deepEqual((await ledger.top(count, { by: ["hour", "user"] })).rows, largest.slice(0, count));
  const streamed: Usage[] = [];
  const stream = ledger.usageRows({ by: ["hour", "user"] });
  for (let next = await stream.next(); ; next = await stream.next()) {
    if (next.done) {
      assert.deepEqual(next.value, all.notes);
      break;
    }
    streamed.push(next.value);
    // It holds no transaction: writers go on between its rows.
    if (streamed.length === 1) await ledger.adjust({ user: "late", bytes: 1n, at: quarterStart(first), ...signed });
  }
  assert.deepEqual(streamed, all.rows);
  for (const count of [0, 1.5, Number.NaN]) await assert.rejects(ledger.top(count), RangeError);
  assert.throws(() => ledger.usageRows({ names: "real" as "shown" }), RangeError);
  assert.throws(() => ledger.usageRows({ timeZone: "Mars/Olympus" }), RangeError);
});

ledgerTest("names are read anew where counters came or were renamed", async (place) => {
  const { store, ledger } = await open(place);
  await addQuarters(store, [{ node: "n", counter: up("alice"), quarter: first, bytes: 1n }]);
  assert.deepEqual(await totals(ledger, { by: ["user"] }), [["alice", 1n]]);
  await addQuarters(store, [{ node: "n", counter: up("bob"), quarter: first, bytes: 10n }]);
  assert.equal((await totals(ledger, { by: ["user"] })).length, 2);
  await ledger.erase({ user: "bob", ...signed });
  assert.ok(!(await totals(ledger, { by: ["user"] })).flat().includes("bob"));
});
