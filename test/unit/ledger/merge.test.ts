import assert from "node:assert/strict";
import { test } from "node:test";
import { isStatsError } from "../../../src/errors/stats-error.ts";
import type { MergeOptions, NodeMerge, SentChanges } from "../../../src/ledger/exchange/changes.ts";
import { changesJson, parseChangesJson, parseHeldJson } from "../../../src/ledger/exchange/changes-json.ts";
import { mergeLedgers } from "../../../src/ledger/exchange/merge-ledgers.ts";
import { createLedger, type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../../src/ledger/memory/memory-store.ts";
import { bytesIn, push, QuarterWriter, revisionsIn } from "../../support/ledger-exchange.ts";
import { up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const quarter = 1_900_000;

async function source(node: string, rows: readonly (readonly [counter: string, bytes: bigint])[]): Promise<Ledger> {
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  for (const [counter, bytes] of rows) await writer.book(node, counter, quarter, bytes);
  return createLedger(store);
}

async function mergeOnce(from: Ledger, to: Ledger, options: MergeOptions = {}): Promise<NodeMerge> {
  const { nodes } = await to.merge(await from.changes(), options);
  return nodes[0] as NodeMerge;
}

ledgerTest("what is merged counts once, and a repeat writes nothing", async (place) => {
  const store = await place.openStore();
  const hub = createLedger(store);
  const from = await source("a", [
    [up("alice"), 2n ** 62n],
    [up("\0__proto__>>>"), 5n],
  ]);
  assert.equal((await mergeOnce(from, hub)).rows, 2);
  const before = await revisionsIn(store);
  const again = await mergeOnce(from, hub);
  assert.deepEqual({ rows: again.rows, unchanged: again.unchanged }, { rows: 0, unchanged: 2 });
  assert.deepEqual(await revisionsIn(store), before);
  assert.deepEqual(
    await bytesIn(store),
    new Map([
      [`a ${up("\0__proto__>>>")} ${quarter}`, 5n],
      [`a ${up("alice")} ${quarter}`, 2n ** 62n],
    ]),
  );
});

test("a part that is lost is not taken for held", async () => {
  const hub = openMemoryLedger();
  const from = await source("a", [
    ["x", 1n],
    ["y", 2n],
    ["z", 3n],
  ]);
  const first = await from.changes({ limit: 1 });
  const second = await from.changes({ limit: 10, since: first.cursor });
  assert.equal(second.complete, true);
  await hub.merge(second);
  assert.deepEqual((await hub.held(await from.id())).nodes, []);
  assert.equal((await mergeLedgers(from, hub)).rows, 1, "only what was lost is new");
});

test("another ledger of a node is refused until it replaces the first one, which is sealed then", async () => {
  const hub = openMemoryLedger();
  const [one, two] = [await source("a", [["x", 1n]]), await source("a", [["x", 2n]])];
  await mergeOnce(one, hub);
  assert.equal((await mergeOnce(two, hub)).refused, "other-ledger");
  assert.equal((await mergeOnce(two, hub, { replace: true })).rows, 1);
  assert.equal((await mergeOnce(one, hub)).refused, "sealed");
});

test("a ledger replaces the id it gave up by itself, unless somebody recorded on under it", async () => {
  const [one, two] = [
    await source("a", [
      ["x", 1n],
      ["x", 1n],
    ]),
    await source("a", [["x", 2n]]),
  ];
  const hub = openMemoryLedger();
  await mergeOnce(one, hub);
  const [held] = (await hub.held(await one.id())).nodes;
  const sessions = (held?.sessions ?? []).map(({ id }) => id);
  const { ledger, nodes } = await two.changes();
  const replacing = async (revision: number, seen: { revision: number; sessions: string[] }): Promise<unknown> => {
    const replaces = [{ ledger: await one.id(), revision, seen }];
    const result = await hub.merge({ ledger, nodes: nodes.map((node) => ({ ...node, replaces })) });
    return result.nodes[0]?.refused;
  };
  assert.equal(await replacing(1, { revision: 1, sessions }), "other-ledger", "it recorded a second time since");
  assert.equal(await replacing(1, { revision: 2, sessions: ["other"] }), "other-ledger", "a third one recorded");
  assert.equal(await replacing(1, { revision: 2, sessions }), undefined);
  assert.equal((await mergeOnce(one, hub)).refused, "sealed");
});

test("of a ledger and its copy only one is taken under one id", async () => {
  const hub = openMemoryLedger();
  const one = await source("a", [["x", 1n]]);
  await mergeOnce(one, hub);
  const { ledger, nodes } = await one.changes();
  const copied = nodes.map((node) => ({ ...node, upTo: 5, sessions: [{ revision: 1, id: "another" }] }));
  assert.equal((await hub.merge({ ledger, nodes: copied })).nodes[0]?.refused, "diverged");
  const after = nodes.map((node) => ({ ...node, since: 4, upTo: 5, sessions: [{ revision: 3, id: "another" }] }));
  assert.equal((await hub.merge({ ledger, nodes: after })).nodes[0]?.refused, "rewind");
});

test("what was recorded here and comes back changes nothing", async () => {
  const one = await source("a", [["x", 1n]]);
  const two = openMemoryLedger();
  await mergeLedgers(one, two);
  assert.equal((await mergeOnce(two, one)).refused, "own");
});

test("an untrusted sender brings its node alone, and entries of allowed kinds", async () => {
  const from = await source("a", [["x", 1n]]);
  const hub = openMemoryLedger();
  const gap = { id: "g", kind: "gap", at: 1, from: 1, to: 2, body: '{"cause":"clock","from":1,"bound":"unknown"}' };
  const { ledger, nodes } = await from.changes();
  const entries = [gap, { ...gap, id: "bad", body: '{"bound":{}}' }, { ...gap, id: "no", kind: "adjust" }];
  const changes: SentChanges = { ledger, nodes: nodes.map((node) => ({ ...node, entries })) };
  const other = await hub.merge(changes, { allow: { node: "b", entries: ["gap"] } });
  assert.equal(other.nodes[0]?.refused, "not-allowed");
  const { nodes: own } = await hub.merge(changes, { allow: { node: "a", entries: ["gap"] } });
  assert.deepEqual(own[0]?.left, [
    { item: "bad", reason: "malformed" },
    { item: "no", reason: "not-allowed" },
  ]);
  assert.equal((await hub.gaps()).length, 1);
});

test("an entry that answers could not tell is left out", async () => {
  const from = await source("a", [["x", 1n]]);
  const hub = openMemoryLedger();
  const signed = { reason: "r", author: "a", scope: "user", subject: "alice" };
  const bodies = [
    ["gap", { cause: "clock", from: 8.64e15 + 1, bound: "unknown" }],
    ["generation", { ...signed, generations: [] }],
    ["generation", { ...signed, generations: [["core", -1]] }],
    ["generation", { ...signed, generations: [["core", 1]], subject: null }],
  ] as const;
  const entries = bodies.map(([kind, body], at) => {
    return { id: `${kind} ${at}`, kind, at: 1, from: 1, to: 2, body: JSON.stringify(body) };
  });
  const { ledger, nodes } = await from.changes();
  const merged = await hub.merge({ ledger, nodes: nodes.map((node) => ({ ...node, entries })) });
  assert.deepEqual(
    merged.nodes[0]?.left,
    entries.map(({ id }) => ({ item: id, reason: "malformed" })),
  );
  assert.deepEqual([await hub.gaps(), await hub.generations()], [[], []]);
});

test("rows above the line rate are kept aside, and rows beyond an int64 left out", async () => {
  const from = await source("a", [
    ["fast", 901n],
    ["slow", 900n],
  ]);
  const store = openMemoryStore();
  const hub = createLedger(store);
  const { aside, rows } = await mergeOnce(from, hub, { maxBytesPerSecond: 1 });
  assert.deepEqual({ aside, rows }, { aside: 1, rows: 1 });
  assert.equal((await mergeOnce(from, hub, { maxBytesPerSecond: 1 })).entries, 0);
  const kept = await store.read((tx) => tx.entries({ kinds: ["aside"] }));
  assert.deepEqual(
    kept.map(({ body }) => JSON.parse(body)),
    [{ source: "core", name: "fast", generation: 0, quarter, bytes: "901" }],
  );
  const { ledger, nodes } = await from.changes();
  const usage = [{ quarter, counters: [0], bytes: [2n ** 63n] }];
  const { nodes: wide } = await hub.merge({ ledger, nodes: nodes.map((node) => ({ ...node, usage })) });
  assert.deepEqual(wide[0]?.left, [{ item: "fast", reason: "out-of-range" }]);
});

test("a user who is erased at the hub stays so, whatever comes", async () => {
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  await writer.book("a", up("alice"), quarter, 1n);
  const from = createLedger(store);
  const hubStore = openMemoryStore();
  const hub = createLedger(hubStore);
  await mergeLedgers(from, hub);
  await hub.erase({ user: "alice", reason: "asked for it", author: "me" });
  await writer.book("a", up("alice"), quarter + 1, 2n);
  await mergeLedgers(from, hub);
  const bytes = await bytesIn(hubStore);
  assert.deepEqual([...bytes.values()].sort(), [1n, 2n]);
  assert.ok([...bytes.keys()].every((key) => !key.includes("alice")));
});

test("tombstones go over with the rest", async () => {
  const from = await source("a", [[up("alice"), 1n]]);
  const store = openMemoryStore();
  const hub = createLedger(store);
  await mergeLedgers(from, hub);
  await from.erase({ user: "alice", reason: "asked for it", author: "me" });
  await mergeLedgers(from, hub);
  assert.ok([...(await bytesIn(store)).keys()].every((key) => !key.includes("alice")));
});

test("changes go over JSON, and what is none is refused with its path", async () => {
  const from = await source("a", [["x", 2n ** 63n - 1n]]);
  const changes = await from.changes();
  const json = JSON.parse(JSON.stringify(changesJson(changes)));
  const { ledger, nodes } = changes;
  assert.deepEqual(parseChangesJson(json), { ledger, nodes });
  json.nodes[0].usage[0].counters[0] = 1;
  assert.throws(
    () => parseChangesJson(json),
    (error) => isStatsError(error) && error.code === "malformed" && /nodes\[0\]\.usage\[0\]/.test(error.message),
  );
  const hub = openMemoryLedger();
  const { results } = await push(from, hub);
  assert.deepEqual(parseHeldJson(JSON.parse(JSON.stringify(results[0]?.held))), results[0]?.held);
});

test("limits are counts above zero", async () => {
  await assert.rejects(openMemoryLedger().changes({ limit: 0 }), RangeError);
  const from = await source("a", [["x", 1n]]);
  await assert.rejects(openMemoryLedger().merge(await from.changes(), { maxBytesPerSecond: 0 }), RangeError);
});
