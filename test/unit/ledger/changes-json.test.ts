import assert from "node:assert/strict";
import { test } from "node:test";
import { isStatsError } from "../../../src/errors/stats-error.ts";
import type { LedgerChanges } from "../../../src/ledger/exchange/changes.ts";
import { type ChangesJson, changesJson, parseChangesJson } from "../../../src/ledger/exchange/changes-json.ts";
import { createLedger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../../src/ledger/memory/memory-store.ts";
import { QuarterWriter } from "../../support/ledger-exchange.ts";

const quarter = 1_900_000;

/** Changes of three counters in two quarters, and a gap. */
async function someChanges(): Promise<LedgerChanges> {
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  for (const at of [quarter, quarter + 1]) for (const name of ["x", "y", "z"]) await writer.book("a", name, at, 5n);
  const { nodes, ...rest } = await createLedger(store).changes();
  const gap = { id: "g", kind: "gap", at: 1, from: 1, to: 2, body: '{"cause":"clock","from":1,"bound":"unknown"}' };
  return { ...rest, nodes: nodes.map((node) => ({ ...node, entries: [gap] })) };
}

/** As it comes over the wire, with some of it bent. */
async function bentJson(bend: (node: ReturnType<typeof looseNode>) => void): Promise<ChangesJson> {
  const changes = await someChanges();
  const json = JSON.parse(JSON.stringify(changesJson(changes)));
  // In full, so that each part of them can be bent.
  looseNode(json).counters = structuredClone(changes.nodes[0]?.counters);
  bend(looseNode(json));
  return json;
}

// biome-ignore lint/suspicious/noExplicitAny: what is wrong has no type.
function looseNode(json: { readonly nodes: readonly any[] }): any {
  return json.nodes[0];
}

/** What is wrong, what is left out for it, where it stands, and how many rows and entries stay. */
const bad = [
  [(node) => (node.usage[0].bytes[1] = 5), "y", "usage[0].bytes[1]", 5, 1],
  [(node) => (node.usage[0].bytes[1] = "-5"), "y", "usage[0].bytes[1]", 5, 1],
  [(node) => (node.usage[0].bytes[1] = "5".repeat(31)), "y", "usage[0].bytes[1]", 5, 1],
  [(node) => (node.usage[0].counters[2] = 3), "usage[0].counters[2]", "usage[0].counters[2]", 5, 1],
  [(node) => (node.usage[0].counters[2] = "__proto__"), "usage[0].counters[2]", "usage[0].counters[2]", 5, 1],
  [(node) => (node.usage[0].counters[2] = 0.5), "usage[0].counters[2]", "usage[0].counters[2]", 5, 1],
  [(node) => node.usage[1].bytes.pop(), "usage[1]", "usage[1]", 3, 1],
  [(node) => (node.usage[1].quarter = "1"), "usage[1]", "usage[1]", 3, 1],
  [(node) => (node.usage[1] = null), "usage[1]", "usage[1]", 3, 1],
  [(node) => (node.counters[0].name = "\ud800"), "counters[0]", "counters[0]", 4, 1],
  [(node) => (node.counters[1] = []), "counters[1]", "counters[1]", 4, 1],
  [(node) => (node.counters[0].generation = -1), "x", "counters[0]", 4, 1],
  [(node) => (node.counters[0].generation = 2 ** 31), "x", "counters[0]", 4, 1],
  [(node) => delete node.counters[2].source, "z", "counters[2]", 4, 1],
  [(node) => delete node.entries[0].id, "entries[0]", "entries[0]", 6, 0],
  [(node) => (node.entries[0].id = "a\0b"), "entries[0]", "entries[0]", 6, 0],
  [(node) => (node.entries[0].id = "a".repeat(201)), "entries[0]", "entries[0]", 6, 0],
  [(node) => (node.entries[0].kind = "k".repeat(201)), "g", "entries[0]", 6, 0],
  [(node) => (node.entries[0].from = 3), "g", "entries[0]", 6, 0],
  [(node) => (node.entries[0].body = {}), "g", "entries[0]", 6, 0],
  [(node) => (node.entries[0] = "gap"), "entries[0]", "entries[0]", 6, 0],
] as const satisfies readonly (readonly [
  bend: (node: ReturnType<typeof looseNode>) => unknown,
  item: string,
  place: string,
  rows: number,
  entries: number,
])[];

test("a core's counter of the first generation is its name alone, any other one is whole", async () => {
  const { nodes, ...rest } = await someChanges();
  const counters = [
    { source: "core", name: "x", generation: 0 },
    { source: "core", name: "y", generation: 1 },
    { source: "3x-ui", name: "z", generation: 0 },
  ];
  const changes = { ...rest, nodes: nodes.map((node) => ({ ...node, counters })) };
  const json = JSON.parse(JSON.stringify(changesJson(changes)));
  assert.deepEqual(json.nodes[0].counters, ["x", ...counters.slice(1)]);
  assert.deepEqual(parseChangesJson(json).nodes, changes.nodes);
  json.nodes[0].counters[0] = "\ud800";
  assert.throws(() => parseChangesJson(json), /nodes\[0\]\.counters\[0\] must be/);
});

test("one item of a wrong shape is left out and named, and all others are merged; or all is refused", async () => {
  for (const [bend, item, place, rows, entries] of bad) {
    const json = await bentJson(bend);
    const path = `nodes[0].${place}`;
    assert.throws(
      () => parseChangesJson(json),
      (error: Error) => isStatsError(error) && error.code === "malformed" && error.message.includes(`${path} must be`),
      path,
    );
    const changes = parseChangesJson(json, { mostLeftOut: 1 });
    const [merged] = (await openMemoryLedger().merge(changes)).nodes;
    assert.deepEqual(merged?.left, [{ item, reason: "malformed" }], path);
    assert.deepEqual([merged.rows, merged.entries], [rows, entries], path);
  }
});

test("rows of counters after one that is left out stay their own", async () => {
  const json = await bentJson((node) => {
    node.counters[0] = null;
    node.usage[0].bytes = ["bad", "6", "7"];
  });
  const ledger = openMemoryLedger();
  const { nodes } = await ledger.merge(parseChangesJson(json, { mostLeftOut: 1 }));
  assert.deepEqual(nodes[0]?.left, [{ item: "counters[0]", reason: "malformed" }]);
  const rows = (await ledger.changes()).nodes[0];
  const bytes = rows?.usage.flatMap((columns) =>
    columns.counters.map((index, at) => [rows.counters[index]?.name, columns.quarter - quarter, columns.bytes[at]]),
  );
  assert.deepEqual(bytes?.sort(), [
    ["y", 0, 6n],
    ["y", 1, 5n],
    ["z", 0, 7n],
    ["z", 1, 5n],
  ]);
});

test("a body with more than so many wrong items is refused, and so is one whose envelope is wrong", async () => {
  const two = await bentJson((node) => {
    node.usage[0].bytes[0] = null;
    node.entries[0].id = 7;
  });
  assert.throws(() => parseChangesJson(two, { mostLeftOut: 1 }), /entries\[0\] must be/);
  assert.equal(parseChangesJson(two, { mostLeftOut: 2 }).nodes[0]?.left?.length, 2);
  for (const [bend, path] of [
    [(node) => (node.ledger = "no id"), "ledger"],
    [(node) => (node.node = null), "node"],
    [(node) => (node.state = "dead"), "state"],
    [(node) => (node.recorded = 1), "recorded"],
    [(node) => (node.since = -1), "since"],
    [(node) => (node.upTo = "9"), "upTo"],
    [(node) => delete node.part.sweep, "part.sweep"],
    [(node) => (node.sessions[0].id = 7), "sessions[0].id"],
    [(node) => (node.replaces = {}), "replaces"],
    [(node) => (node.counters = {}), "counters"],
    [(node) => delete node.usage, "usage"],
    [(node) => (node.entries = ""), "entries"],
  ] as const satisfies readonly (readonly [(node: ReturnType<typeof looseNode>) => unknown, string])[]) {
    const json = await bentJson(bend);
    assert.throws(
      () => parseChangesJson(json, { mostLeftOut: 1000 }),
      (error: Error) => isStatsError(error) && error.message.includes(`nodes[0].${path} must be`),
      path,
    );
  }
});

test("what was left out is named in a repeat too, and goes into no JSON", async () => {
  const json = await bentJson((node) => (node.usage[0].bytes[0] = 5));
  const ledger = openMemoryLedger();
  const changes = parseChangesJson(json, { mostLeftOut: 1 });
  await ledger.merge(changes);
  const later = { ...changes, nodes: changes.nodes.map((node) => ({ ...node, upTo: node.upTo - 1 })) };
  for (const each of [changes, later])
    assert.deepEqual((await ledger.merge(each)).nodes[0]?.left, [{ item: "x", reason: "malformed" }]);
  assert.ok(!("left" in looseNode(changesJson(changes))));
});
