import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerBuffer, framed } from "../../../src/client/answer-buffer.ts";

/** A message of some length, after its prefix. */
function frame(length: number, first = 0): Uint8Array {
  return framed(Uint8Array.from({ length }, (_, index) => (index + first) % 251));
}

/** Bytes cut at some places. */
function chunks(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.filter((cut) => cut <= bytes.length), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

test("framed puts the length before the message", () => {
  assert.deepEqual([...framed(new Uint8Array(0))], [0, 0, 0, 0, 0]);
  assert.deepEqual([...framed(Uint8Array.of(7, 8))], [0, 0, 0, 0, 2, 7, 8]);
  assert.deepEqual([...framed(new Uint8Array(0x01_02_03)).subarray(0, 5)], [0, 0, 1, 2, 3]);
});

test("AnswerBuffer gathers a message from any two cuts", () => {
  const whole = frame(20);
  for (let first = 0; first <= whole.length; first++) {
    for (let second = first; second <= whole.length; second++) {
      const buffer = new AnswerBuffer();
      const [one, two, three] = chunks(whole, [first, second]) as [Uint8Array, Uint8Array, Uint8Array];
      buffer.append(one);
      assert.equal(buffer.announced, first < 5 ? 0 : 20);
      assert.equal(buffer.complete, first === whole.length);
      buffer.append(two);
      assert.equal(buffer.received, second);
      buffer.append(three);
      assert.equal(buffer.complete, true);
      assert.equal(buffer.compressed, false);
      assert.deepEqual(Buffer.from(buffer.message), Buffer.from(whole.subarray(5)));
    }
  }
});

test("AnswerBuffer gathers message after message, of any length, in any chunks", () => {
  const length = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 500, max: 520 }), fc.nat({ max: 100_000 }));
  const answer = fc.record({ length, cuts: fc.array(fc.nat({ max: 100_000 }), { maxLength: 10 }), first: fc.nat() });
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), (answers) => {
      const buffer = new AnswerBuffer();
      for (const { length, cuts, first } of answers) {
        const whole = frame(length, first);
        buffer.clear();
        assert.deepEqual([buffer.received, buffer.announced, buffer.complete, buffer.compressed], [0, 0, false, false]);
        for (const chunk of chunks(whole, cuts)) {
          assert.equal(buffer.complete, buffer.received === whole.length);
          buffer.append(chunk);
        }
        assert.equal(buffer.complete, true);
        assert.equal(buffer.announced, length);
        assert.equal(Buffer.compare(buffer.message, whole.subarray(5)), 0);
      }
    }),
  );
});

test("AnswerBuffer is complete with exactly one message", () => {
  const of = (...parts: Uint8Array[]): AnswerBuffer => {
    const buffer = new AnswerBuffer();
    for (const part of parts) buffer.append(part);
    return buffer;
  };
  assert.equal(of().complete, false);
  assert.equal(of(frame(0).subarray(0, 4)).complete, false);
  assert.equal(of(frame(0)).complete, true);
  assert.equal(of(frame(9).subarray(0, 13)).complete, false);
  assert.equal(of(frame(9), frame(0)).complete, false);
  assert.equal(of(frame(9), Uint8Array.of(0)).complete, false);
  assert.deepEqual(
    [of(), of(frame(0).subarray(0, 4)), of(frame(9)), of(frame(9), Uint8Array.of(0))].map(({ overfull }) => overfull),
    [false, false, false, true],
  );
});

test("AnswerBuffer tells a compressed message from its first byte on", () => {
  const buffer = new AnswerBuffer();
  buffer.append(Uint8Array.of(1));
  assert.equal(buffer.compressed, true);
  buffer.clear();
  assert.equal(buffer.compressed, false);
});

test("AnswerBuffer believes no length before the bytes are there", () => {
  const buffer = new AnswerBuffer();
  const before = process.memoryUsage().arrayBuffers;
  buffer.append(Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff, 1, 2));
  assert.equal(buffer.announced, 2 ** 32 - 1);
  assert.equal(buffer.complete, false);
  assert.ok(process.memoryUsage().arrayBuffers - before < 40e6);
  // Beyond what was set aside it grows all the same.
  const megabyte = new Uint8Array(1 << 20).fill(7);
  for (let i = 0; i < 20; i++) buffer.append(megabyte);
  assert.equal(buffer.received, 7 + 20 * megabyte.length);
  assert.equal(buffer.message.length, 2 + 20 * megabyte.length);
  assert.deepEqual([buffer.message.at(0), buffer.message.at(1), buffer.message.at(-1)], [1, 2, 7]);
});
