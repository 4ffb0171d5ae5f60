import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { DecodeError, decodeCounters } from "../../../src/client/decode-counters.ts";
import { QueryStatsResponseSchema } from "../../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { CounterColumns } from "../../../src/snapshot/counter-columns.ts";
import { NameTable } from "../../../src/snapshot/name-table.ts";

const name = (...bytes: number[]): number[] => [0x0a, bytes.length, ...bytes];
const stat = (...content: number[]): number[] => [0x0a, content.length, ...content];
const a = 0x61;
const b = 0x62;

function decode(body: readonly number[], table: NameTable = new NameTable()): Record<string, bigint> {
  const columns = new CounterColumns(table);
  decodeCounters(Uint8Array.from(body), columns, { learnOrder: true });
  return Object.fromEntries(columns.toArray().map(({ name, value }) => [name, value]));
}

const minusOne = [0x10, ...Array(9).fill(0xff), 0x01];
const refused: readonly [title: string, body: readonly number[], message: RegExp][] = [
  ["a negative value", stat(...name(a), ...minusOne), /negative/],
  ["the smallest int64", stat(...name(a), 0x10, ...Array(9).fill(0x80), 0x01), /negative/],
  ["a number of 11 bytes", stat(...name(a), 0x10, ...Array(10).fill(0x80), 0x00), /number ends nowhere/],
  ["a value that would end in the next counter", [...stat(...name(a), 0x10, 0x80), ...stat()], /number ends nowhere/],
  ["a name that would end in the next counter", [...stat(0x0a, 0x02, a), ...stat(b)], /field would end/],
  ["a counter that is cut", [0x0a, 0x05, ...name(a)], /field would end/],
  ["a length of gigabytes", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, a], /field would end/],
  ["a length beyond 2^53", [0x0a, ...Array(9).fill(0xff), 0x7f, a], /field would end/],
  ["a name that is no UTF-8", stat(...name(0xc3)), /UTF-8/],
  ["a surrogate in UTF-8", stat(...name(0xed, 0xa0, 0x80)), /UTF-8/],
  ["no UTF-8 in a name that another overwrites", stat(...name(0xff), ...name(a)), /UTF-8/],
  ["a value of another wire type", stat(...name(a), 0x11, 1, 0, 0, 0, 0, 0, 0, 0), /field 2 has wire type 1/],
  ["a name of another wire type", stat(0x08, 0x01), /field 1 has wire type 0/],
  ["a counter of another wire type", [0x08, 0x01], /field 1 has wire type 0/],
  ["field number 0", [0x02, 0x00], /field 0 has wire type 2/],
  ["a tag beyond 32 bits", [0xfa, 0xff, 0xff, 0xff, 0x7f, 0x00], /no field has the tag/],
  ["a tag of six bytes", [0x9a, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00], /no field has the tag/],
  ["wire type 6", [0x1e, 0x00], /wire type 6/],
  ["wire type 7", stat(0x1f, 0x00), /wire type 7/],
];

for (const [title, body, message] of refused) {
  test(`decodeCounters refuses ${title}, and the table stays good`, () => {
    const table = new NameTable();
    const good = [...stat(...name(a), 0x10, 1), ...stat(...name(b), 0x10, 2)];
    decode(good, table);
    assert.throws(
      () => decode([...good, ...body], table),
      (error) => error instanceof DecodeError && message.test(error.message),
    );
    assert.equal(table.size, 2);
    assert.deepEqual(decode([...good, ...stat(...name(b + 1), 0x10, 3)], table), { a: 1n, b: 2n, c: 3n });
  });
}

test("decodeCounters refuses groups, which protobuf-es steps over and proto3 does not have", () => {
  const body = [...stat(...name(a)), 0x23, 0x08, 0x01, 0x24];
  assert.equal(fromBinary(QueryStatsResponseSchema, Uint8Array.from(body)).stat.length, 1);
  assert.throws(() => decode(body), /wire type 3/);
  assert.throws(() => decode([0x24]), /wire type 4/);
  assert.throws(() => decode(stat(0x23, 0x24)), DecodeError);
});

test("decodeCounters of nothing, and of a counter without a name or value", () => {
  assert.deepEqual(decode([]), {});
  assert.deepEqual(decode(stat()), { "": 0n });
  assert.deepEqual(decode(stat(0x10, 0x05)), { "": 5n });
  assert.deepEqual(decode(stat(...name(a))), { a: 0n });
});

test("decodeCounters into columns older than the table's newest names loses none", () => {
  const table = new NameTable();
  const body = [...stat(...name(a), 0x10, 1), ...stat(...name(b), 0x10, 2)];
  decode(stat(...name(a)), table);
  const columns = new CounterColumns(table);
  decode(body, table);
  decodeCounters(Uint8Array.from(body), columns, { learnOrder: true });
  assert.deepEqual(columns.toArray(), [
    { name: "a", value: 1n },
    { name: "b", value: 2n },
  ]);
});

test("decodeCounters of an answer that lists many new names twice takes the later values", () => {
  const list = (value: number): number[][] =>
    Array.from({ length: 300 }, (_, i) => stat(...name(...Buffer.from(`user>>>${i}>>>traffic>>>uplink`)), 0x10, value));
  const counters = decode([...list(1).flat(), ...list(2).flat()]);
  assert.deepEqual([...new Set(Object.values(counters))], [2n]);
  assert.equal(Object.keys(counters).length, 300);
});

test("decodeCounters learns the order of many names at once", () => {
  const table = new NameTable();
  const names = Array.from({ length: 300 }, (_, i) => stat(...name(...Buffer.from(`${i}`))));
  decode(names.flat(), table);
  assert.deepEqual([...table.successors.slice(0, 300)], [...Array.from({ length: 299 }, (_, index) => index + 1), -1]);
});

test("decodeCounters learns the order of full answers alone", () => {
  const table = new NameTable();
  const decodeOrder = (names: string, learnOrder: boolean): void => {
    const body = Array.from(names, (letter) => stat(...name(letter.charCodeAt(0)))).flat();
    decodeCounters(Uint8Array.from(body), new CounterColumns(table), { learnOrder });
  };
  decodeOrder("abc", true);
  decodeOrder("ac", false);
  assert.deepEqual([...table.successors.slice(0, 3)], [1, 2, -1]);
  decodeOrder("ac", true);
  assert.deepEqual([...table.successors.slice(0, 3)], [2, 2, -1]);
});
