import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { DecodeError, decodeCounters } from "../../src/client/decode-counters.ts";
import { QueryStatsResponseSchema } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { CounterColumns } from "../../src/snapshot/counter-columns.ts";
import { NameTable } from "../../src/snapshot/name-table.ts";

const largest = 2n ** 63n - 1n;
const edges = [0n, 1n, 127n, 128n, 2n ** 28n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, largest];
const value = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: largest }));

const tail = fc.constantFrom("", "u", "up", "uplink", "downlink");
const name = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  // Shared beginnings and ends, where a comparison that stops early would be fooled.
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom("user>>>a", "user>>>b", "é", "\ufeff"), tail).map((p) => p.join("")),
  },
  { weight: 2, arbitrary: fc.tuple(fc.integer({ min: 120, max: 300 }), tail).map(([n, end]) => "n".repeat(n) + end) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 16_380, max: 17_000 }), tail).map(([n, end]) => "n".repeat(n) + end),
  },
);

type Stat = readonly [name: string, value: bigint];

/** Decodes from the middle of a larger buffer, whose other bytes must not matter. */
function decode(body: Uint8Array, table: NameTable, learnOrder = true): CounterColumns {
  const buffer = new Uint8Array(body.length + 40).fill(0x0a);
  buffer.set(body, 20);
  const columns = new CounterColumns(table);
  decodeCounters(buffer.subarray(20, 20 + body.length), columns, { learnOrder });
  return columns;
}

function values(columns: CounterColumns): Map<string, bigint> {
  const values = new Map(columns.toArray().map(({ name, value }) => [name, value]));
  assert.equal(columns.count, values.size);
  return values;
}

/** What the general decoder reads, the last of a name that comes twice. */
function expected(body: Uint8Array): Map<string, bigint> {
  return new Map(fromBinary(QueryStatsResponseSchema, body).stat.map(({ name, value }) => [name, value]));
}

function encode(stats: readonly Stat[]): Uint8Array {
  return toBinary(
    QueryStatsResponseSchema,
    create(QueryStatsResponseSchema, { stat: stats.map(([name, value]) => ({ name, value })) }),
  );
}

/** The next poll of a core: other values, perhaps another order, some counters gone, some new, some twice. */
const poll = fc.record({
  values: fc.array(value, { minLength: 1, maxLength: 8 }),
  rotate: fc.nat({ max: 50 }),
  order: fc.constantFrom("kept", "rotated", "reversed", "by-value"),
  skip: fc.nat({ max: 8 }),
  added: fc.array(fc.tuple(name, value), { maxLength: 4 }),
  learnOrder: fc.boolean(),
});

test("decodeCounters reads what protobuf-es reads, poll after poll over one table of names", () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), fc.array(poll, { maxLength: 6 }), (names, polls) => {
      const table = new NameTable();
      for (const { values: pool, rotate, order, skip, added, learnOrder } of polls) {
        const kept = names.filter((_, index) => index % 9 !== skip);
        const stats: Stat[] = kept.map((name, index) => [name, pool[(index + rotate) % pool.length] as bigint]);
        if (order === "reversed") stats.reverse();
        if (order === "by-value") stats.sort((a, b) => (a[1] < b[1] ? -1 : 1));
        if (order === "rotated") stats.push(...stats.splice(0, rotate % (stats.length + 1)));
        stats.push(...added);
        const body = encode(stats);
        assert.deepEqual(values(decode(body, table, learnOrder)), expected(body));
      }
    }),
    { numRuns: 2000 },
  );
});

function varint(value: bigint, extra = 0): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  for (let i = 0; i < extra; i++) bytes.push(0x80);
  bytes.push((bytes.pop() as number) & 0x7f);
  return bytes;
}

// Bytes that a longer number than needed takes, where the format allows five (tags) or ten (the rest).
const padding = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) });
const utf8 = new TextEncoder();

function delimited(tag: number, content: ArrayLike<number>, tagPadding: number, lengthPadding: number): number[] {
  return [...varint(BigInt(tag), tagPadding), ...varint(BigInt(content.length), lengthPadding), ...Array.from(content)];
}

/** A field that is not ours, of any wire type that a core may send. */
function unknownField(firstNumber: number): fc.Arbitrary<number[]> {
  const number = fc.oneof(
    fc.integer({ min: firstNumber, max: 20 }),
    fc.integer({ min: firstNumber, max: 2 ** 29 - 1 }),
  );
  const content = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => [0, ...varint(value)]),
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => [1, ...bytes]),
    // No byte that a broken name could be made of.
    fc.string({ maxLength: 200 }).map((text) => [2, ...delimited(0, utf8.encode(text), 0, 0).slice(1)]),
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => [5, ...bytes]),
  );
  return fc.tuple(number, content).map(([number, [wireType = 0, ...rest]]) => {
    return [...varint((BigInt(number) << 3n) | BigInt(wireType)), ...rest];
  });
}

function padded(firstByteLimit: number): fc.Arbitrary<number> {
  return padding.map((extra) => Math.min(extra, firstByteLimit));
}

const nameField = fc
  .tuple(name, padded(4), padded(4))
  .map(([name, tag, length]) => delimited(0x0a, utf8.encode(name), tag, length));
const valueField = fc
  .tuple(value, padded(4), padded(1))
  .map(([value, tag, extra]) => [...varint(0x10n, tag), ...varint(value, value < 2n ** 56n ? extra : 0)]);
const stat = fc
  .array(fc.oneof({ weight: 3, arbitrary: nameField }, { weight: 3, arbitrary: valueField }, unknownField(3)), {
    maxLength: 4,
  })
  .chain((fields) =>
    fc.tuple(padded(4), padded(4)).map(([tag, length]) => delimited(0x0a, fields.flat(), tag, length)),
  );
const unusualBody = fc
  .array(fc.oneof({ weight: 3, arbitrary: stat }, { weight: 1, arbitrary: unknownField(2) }), { maxLength: 8 })
  .map((fields) => Uint8Array.from(fields.flat()));

test("decodeCounters reads what protobuf-es reads of any valid encoding: orders, repeats, unknown fields, long varints", () => {
  fc.assert(
    fc.property(fc.array(unusualBody, { minLength: 1, maxLength: 4 }), (bodies) => {
      const table = new NameTable();
      for (const body of bodies) assert.deepEqual(values(decode(body, table)), expected(body));
    }),
    { numRuns: 500 },
  );
});

/** Reads a body that may be broken: as protobuf-es does or not at all, and the table stays good for the next poll. */
function checkBroken(body: Uint8Array, table: NameTable): "read" | "refused" {
  let columns: CounterColumns;
  try {
    columns = decode(body, table);
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${error}`);
    return "refused";
  }
  assert.deepEqual(values(columns), expected(body));
  return "read";
}

const smallName = fc.oneof(fc.string({ unit: "binary", maxLength: 6 }), fc.constantFrom("user>>>a", "user>>>b"));
const smallBody = fc.oneof(
  fc.array(fc.tuple(smallName, value), { minLength: 1, maxLength: 4 }).map(encode),
  unusualBody.filter((body) => body.length < 120),
);

test("decodeCounters of every truncation and every changed byte agrees with protobuf-es or refuses", () => {
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(smallBody, fc.integer({ min: 1, max: 255 }), (body, change) => {
      const table = new NameTable();
      const good = values(decode(body, table));
      for (let length = 0; length < body.length; length++) seen[checkBroken(body.subarray(0, length), table)]++;
      for (let at = 0; at < body.length; at++) {
        for (const bits of [change, 1 << (at % 8), 0x80]) {
          const changed = body.slice();
          changed[at] = (changed[at] as number) ^ bits;
          seen[checkBroken(changed, table)]++;
        }
      }
      assert.deepEqual(values(decode(body, table)), good);
    }),
    { numRuns: 400 },
  );
  assert.ok(seen.read > 1000 && seen.refused > 1000, JSON.stringify(seen));
});

test("decodeCounters of any bytes agrees with protobuf-es or refuses", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.constantFrom(0x0a, 0x10, 0x02, 0x04, 0x06, 0x61, 0x80, 0x12), { maxLength: 40 })
      .map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      checkBroken(body, new NameTable());
    }),
    { numRuns: 5000 },
  );
});
