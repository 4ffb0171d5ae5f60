import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { decodeCounters } from "../../../src/client/decode-counters.ts";
import { QueryStatsResponseSchema } from "../../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { CounterColumns, columnsFrom } from "../../../src/snapshot/counter-columns.ts";
import { NameTable } from "../../../src/snapshot/name-table.ts";
import { createSnapshot, type Snapshot } from "../../../src/snapshot/snapshot.ts";
import { byName, reading, wall } from "./reading.ts";

const { evidence } = reading(0, {});

function decoded(counters: ReadonlyMap<string, bigint>, table: NameTable): Snapshot {
  const stat = Array.from(counters, ([name, value]) => ({ name, value }));
  const columns = new CounterColumns(table);
  const body = toBinary(QueryStatsResponseSchema, create(QueryStatsResponseSchema, { stat }));
  decodeCounters(body, columns, { learnOrder: true });
  return createSnapshot(columns, evidence);
}

test("snapshots kept over a shared table stay what they were while later answers bring values, names and errors", () => {
  const table = new NameTable();
  const kept: { snapshot: Snapshot; counters: Map<string, bigint> }[] = [];
  for (let poll = 0; poll < 10; poll++) {
    const counters = new Map<string, bigint>();
    // Half of the previous names, and many new ones, so that every column grows.
    for (let i = poll * 60; i < poll * 60 + 120; i++) counters.set(`name ${i}`, BigInt(poll * 1_000_000 + i));
    kept.push({ snapshot: decoded(counters, table), counters });
    assert.throws(() =>
      decodeCounters(Uint8Array.of(0x0a, 3, 0x0a, 1, 0xff), new CounterColumns(table), { learnOrder: true }),
    );
  }
  for (const { snapshot, counters } of kept) {
    assert.equal(snapshot.size, counters.size);
    assert.deepEqual(new Map(snapshot.counters().map(({ name, value }) => [name, value])), counters);
    for (let i = 0; i < 700; i++) assert.equal(snapshot.get(`name ${i}`), counters.get(`name ${i}`));
  }
});

test("Snapshot.get knows only its own counters, zero ones too", () => {
  const table = new NameTable();
  const first = decoded(new Map([["a", 0n]]), table);
  const second = decoded(new Map([["b", 2n ** 63n - 1n]]), table);
  assert.equal(first.get("a"), 0n);
  assert.equal(first.get("b"), undefined);
  assert.equal(second.get("a"), undefined);
  assert.equal(second.get("b"), 2n ** 63n - 1n);
  assert.equal(second.get(""), undefined);
  assert.equal(second.get("__proto__"), undefined);
});

test("Snapshot iterates over what counters() lists, fresh each time", () => {
  const snapshot = reading(0, { a: 1n, b: 0n, c: 3n });
  assert.deepEqual([...snapshot], snapshot.counters());
  assert.deepEqual([...snapshot], [...snapshot]);
  const list = snapshot.counters();
  Object.assign(list[0] as object, { value: 9n });
  list.length = 1;
  assert.deepEqual(byName(snapshot), [
    { name: "a", value: 1n },
    { name: "b", value: 0n },
    { name: "c", value: 3n },
  ]);
  assert.equal(snapshot.size, 3);
  assert.deepEqual(snapshot.takenAt, wall(0));
});

test("columnsFrom takes the last value of a name that comes twice", () => {
  const columns = columnsFrom([
    { name: "a", value: 1n },
    { name: "b", value: 2n },
    { name: "a", value: 3n },
  ]);
  assert.equal(columns.count, 2);
  assert.equal(createSnapshot(columns, evidence).get("a"), 3n);
});

test("Snapshot.users joins both directions, whatever a user is called", () => {
  const snapshot = reading(0, {
    "user>>>__proto__>>>traffic>>>uplink": 1n,
    "user>>>__proto__>>>traffic>>>downlink": 2n,
    "user>>>constructor>>>traffic>>>downlink": 3n,
    "user>>>a>>>b>>>traffic>>>uplink": 4n,
    "user>>>>>>traffic>>>uplink": 5n,
    "user>>>online>>>online": 6n,
    "inbound>>>user>>>traffic>>>uplink": 7n,
    "outbound>>>power-user>>>traffic>>>uplink": 8n,
  });
  const users = snapshot.users().sort((a, b) => (a.total < b.total ? -1 : 1));
  assert.deepEqual(users, [
    { scope: "user", subject: "__proto__", uplink: 1n, downlink: 2n, total: 3n },
    { scope: "user", subject: "constructor", uplink: 0n, downlink: 3n, total: 3n },
    { scope: "user", subject: "a>>>b", uplink: 4n, downlink: 0n, total: 4n },
    { scope: "user", subject: "", uplink: 5n, downlink: 0n, total: 5n },
  ]);
  assert.deepEqual(
    [snapshot.inbounds(), snapshot.outbounds()].map((list) => list.map(({ subject, total }) => [subject, total])),
    [[["user", 7n]], [["power-user", 8n]]],
  );
  assert.deepEqual(snapshot.subjects("inbound"), snapshot.inbounds());
});
