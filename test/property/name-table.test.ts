import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NameTable, viewOf } from "../../src/snapshot/name-table.ts";

const encoder = new TextEncoder();

/** Interns from the middle of a buffer, as a decoder does. */
function intern(table: NameTable, name: string | Uint8Array): number {
  const bytes = Buffer.from(typeof name === "string" ? encoder.encode(name) : name);
  return table.intern(viewOf(Buffer.concat([Buffer.from("["), bytes, Buffer.from("]")])), 1, bytes.length);
}

/** The same table as plainly as can be. */
class Model {
  readonly indices = new Map<string, number>();

  intern(name: string): number {
    const index = this.indices.get(name) ?? this.indices.size;
    this.indices.set(name, index);
    return index;
  }
}

function check(table: NameTable, model: Model): void {
  assert.equal(table.size, model.indices.size);
  for (const [name, index] of model.indices) {
    assert.equal(table.find(name), index);
    assert.equal(table.name(index), name);
    assert.equal(table.successors[index], -1);
    const bytes = viewOf(encoder.encode(`${name}x`));
    assert.equal(table.isName(index, bytes, 0, bytes.byteLength - 1), true);
    assert.equal(table.isName(index, bytes, 0, bytes.byteLength), false);
  }
}

const name = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 4 }),
  fc.constantFrom("", "\0", "\ufeff", "\ufffd", "__proto__", "x".repeat(20_000)),
);
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("intern" as const), name }) },
  // A name that is cut in the middle of a character.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("broken" as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("find" as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("reserve" as const), name, count: fc.integer({ min: 0, max: 500 }) }),
  },
  // Names that fill the columns and the buckets to where they grow.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("fill" as const), name, count: fc.integer({ min: 1, max: 150 }) }),
  },
);

test("NameTable does what a Map does", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const table = new NameTable();
      const model = new Model();
      for (const { name, ...command } of commands) {
        if (command.kind === "find") assert.equal(table.find(name), model.indices.get(name));
        if (command.kind === "intern") assert.equal(intern(table, name), model.intern(name));
        if (command.kind === "broken") assert.equal(intern(table, encoder.encode(`${name}é`).slice(0, -1)), -1);
        if (command.kind === "reserve") {
          table.reserve(command.count, command.count * 40);
          assert.ok(table.capacity >= command.count);
        }
        if (command.kind === "fill") {
          for (let i = 0; i < command.count; i++)
            assert.equal(intern(table, `${name}${i}`), model.intern(`${name}${i}`));
        }
      }
      check(table, model);
    }),
    { numRuns: 500 },
  );
});

test("NameTable keeps many thousand names apart, whatever order they are asked in", () => {
  const table = new NameTable();
  const model = new Model();
  for (let i = 0; i < 40_000; i++) {
    const name = `user>>>${(i * 7919) % 50_000}@example.com>>>traffic>>>${i % 2 === 0 ? "uplink" : "downlink"}`;
    assert.equal(intern(table, name), model.intern(name));
    assert.equal(intern(table, name), model.intern(name));
  }
  check(table, model);
  assert.equal(table.find("user>>>nobody"), undefined);
});

test("NameTable.find of ill-formed text finds nothing, not the name it would be encoded as", () => {
  const table = new NameTable();
  intern(table, "\ufffd");
  assert.equal(table.find("\ud800"), undefined);
  assert.equal(table.find("\ufffd"), 0);
});

test("NameTable tells names apart that differ in any one byte", () => {
  for (let length = 1; length <= 40; length++) {
    const table = new NameTable();
    const base = "a".repeat(length);
    intern(table, base);
    for (let at = 0; at < length; at++) {
      const other = `${base.slice(0, at)}b${base.slice(at + 1)}`;
      assert.equal(table.isName(0, viewOf(encoder.encode(other)), 0, length), false);
      assert.equal(intern(table, other), at + 1);
    }
    assert.equal(intern(table, base), 0);
  }
});
