import assert from "node:assert/strict";
import { test } from "node:test";
import { createLifeBook, type LifeBook } from "../../../src/doctor/lives.ts";
import type { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { reading } from "../snapshot/reading.ts";

function bookOf(...readings: readonly Snapshot[]): LifeBook {
  const book = createLifeBook();
  for (const each of readings) book.add(each);
  return book;
}

function summary({ lives, returns }: LifeBook): object {
  return {
    returns,
    lives: lives.map(({ readings, foreignResets, beganAs }) => [readings, foreignResets, beganAs]),
  };
}

test("one process that goes on", () => {
  const book = bookOf(reading(0, { a: 1n }), reading(0.3, { a: 1n, b: 5n }), reading(0.6, { a: 9n, b: 5n }));
  assert.deepEqual(summary(book), { returns: 0, lives: [[3, 0, undefined]] });
});

test("uptimes are whole seconds, and a slow reading takes its time", () => {
  const readings = [0, 0.9, 1.1, 3.9].map((at) => reading(at, {}, { up: 10.95 + at }));
  assert.deepEqual(summary(bookOf(...readings)), { returns: 0, lives: [[4, 0, undefined]] });
});

test("a restart", () => {
  const book = bookOf(reading(0, { a: 1n }), reading(0.3, { a: 0n }, { up: 0, allocated: 5n }));
  assert.deepEqual(summary(book), {
    returns: 0,
    lives: [
      [1, 0, undefined],
      [1, 0, "restarted"],
    ],
  });
});

test("a restart of a process so young that only its lost counters tell", () => {
  const book = bookOf(reading(0, { a: 1n }, { up: 1, allocated: 5n }), reading(1, {}, { up: 1, allocated: 5n }));
  assert.deepEqual(summary(book), {
    returns: 0,
    lives: [
      [1, 0, undefined],
      [1, 0, "restarted"],
    ],
  });
});

test("a process older than the time since is another one", () => {
  for (const change of [{ up: 50, allocated: 5n }, { up: 2000 }, { kind: "xray" as const }]) {
    const { lives, returns } = bookOf(reading(0, {}), reading(0.3, {}, change));
    assert.deepEqual([lives.length, lives[1]?.beganAs, returns], [2, "other-core", 0]);
  }
});

test("two processes in turn, of any age", () => {
  const ages = [
    [1000, 20],
    [20, 1000],
    [30, 30],
  ] as const;
  for (const [one, other] of ages) {
    const readings = [0, 0.3, 0.6, 0.9, 1.2].map((at, index) => {
      const isOne = index % 2 === 0;
      const allocated = BigInt(isOne ? 900 : 500) + BigInt(index);
      return reading(at, {}, { up: (isOne ? one : other) + at, allocated });
    });
    const { lives, returns } = bookOf(...readings);
    assert.equal(lives.length, 2, `${one} and ${other}`);
    assert.ok(returns >= 2, `${one} and ${other}: ${returns}`);
  }
});

test("a younger process that did more than the older one", () => {
  const readings = [0, 1, 2, 3, 4].map((at, index) => {
    return reading(at, {}, index % 2 === 0 ? { up: 100 + at, allocated: 10n } : { up: 20 + at, allocated: 9000n });
  });
  assert.ok(bookOf(...readings).returns >= 2);
});

test("two processes that nothing but their counters tells apart", () => {
  const same = { up: 50, allocated: 7n };
  const byName = [0, 0.3, 0.6].map((at, index) => reading(at, index === 1 ? { a: 1n } : { b: 1n }, same));
  assert.ok(bookOf(...byName).returns >= 1);
  const byValue = [0, 0.3, 0.6, 0.9].map((at, index) => reading(at, { a: index % 2 === 0 ? 900n : 5n }, same));
  assert.ok(bookOf(...byValue).returns >= 1);
});

test("a foreign reset is none of these", () => {
  const book = bookOf(reading(0, { a: 900n, b: 3n }), reading(0.3, { a: 2n, b: 0n }), reading(0.6, { a: 40n, b: 1n }));
  assert.deepEqual(summary(book), { returns: 0, lives: [[3, 1, undefined]] });
});
