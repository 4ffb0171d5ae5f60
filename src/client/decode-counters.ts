import { isUtf8 } from "node:buffer";
import { endianness } from "node:os";
import type { CounterColumns } from "../snapshot/counter-columns.ts";

/** How to read an answer of counters. */
export interface DecodeOptions {
  /** Learn the order of the counters for the next answer; a filtered answer would teach the wrong one. */
  readonly learnOrder: boolean;
}

/** The bytes are not a valid answer. */
export class DecodeError extends Error {}

// Tags of the wire format: field number << 3 | wire type.
const statTag = 0x0a;
const nameTag = 0x0a;
const valueTag = 0x10;

const lowWord = endianness() === "LE" ? 0 : 1;
const highWord = 1 - lowWord;

/**
 * Reads the message of a `QueryStats` answer into columns: `repeated Stat stat = 1`, a Stat being a name and an int64.
 * A general decoder spends its time on message objects and name strings that a poll does not need. Here a name is
 * recognised by its bytes, tried first against the one that followed last time, and values go into place as words.
 * Of a counter that comes twice the last value stays.
 *
 * @throws DecodeError where the bytes are no such message, a name is not UTF-8 or a value is negative.
 */
export function decodeCounters(message: Uint8Array, columns: CounterColumns, { learnOrder }: DecodeOptions): void {
  const { table } = columns;
  let { offsets, successors } = table;
  let arenaView = viewOf(table.arena);
  const view = viewOf(message);
  let { present } = columns;
  let words = new Int32Array(columns.values.buffer);
  let count = 0;
  let at = 0;
  let previous = -1;
  while (at < message.length) {
    if (message[at] !== statTag) {
      at = skipField(message, at, message.length);
      continue;
    }
    const statAt = at;
    // Lengths below 128, which is nearly all, are one byte.
    const statLength = message[at + 1] as number;
    at = statLength < 0x80 ? at + 2 : varintEnd(message, at + 1, message.length);
    const statEnd = at + (statLength < 0x80 ? statLength : varint32(message, statAt + 1, at));
    if (!(statEnd <= message.length)) throw truncated(statEnd, message.length);
    let nameStart = at;
    let nameEnd = at;
    let low = 0;
    let high = 0;
    while (at < statEnd) {
      const tag = message[at];
      if (tag === nameTag) {
        const nameLength = message[at + 1] as number;
        nameStart = nameLength < 0x80 ? at + 2 : varintEnd(message, at + 1, statEnd);
        nameEnd = nameStart + (nameLength < 0x80 ? nameLength : varint32(message, at + 1, nameStart));
        if (nameEnd > statEnd) throw truncated(nameEnd, statEnd);
        at = nameEnd;
      } else if (tag === valueTag) {
        low = 0;
        high = 0;
        at++;
        for (let shift = 0; ; shift += 7) {
          if (at >= statEnd || shift > 63) throw new DecodeError(`a number ends nowhere at byte ${at}`);
          const byte = message[at++] as number;
          const bits = byte & 0x7f;
          if (shift < 28) low |= bits << shift;
          else if (shift === 28) {
            low |= bits << 28;
            high = bits >> 4;
          } else high |= bits << (shift - 32);
          if (byte < 0x80) break;
        }
        if (high < 0) throw new DecodeError(`a counter is negative at byte ${at}`);
      } else {
        at = skipField(message, at, statEnd);
      }
    }

    let index = previous < 0 ? -1 : (successors[previous] as number);
    if (index >= 0) {
      const nameAt = offsets[index] as number;
      const length = nameEnd - nameStart;
      if (
        (offsets[index + 1] as number) - nameAt !== length ||
        !sameBytes(arenaView, nameAt, view, nameStart, length)
      ) {
        index = -1;
      }
    }
    if (index < 0) {
      const { size } = table;
      index = table.intern(message, nameStart, nameEnd);
      if (table.size !== size) {
        if (!isUtf8(message.subarray(nameStart, nameEnd))) {
          table.forgetLast();
          throw new DecodeError(`a name is not UTF-8 at byte ${nameStart}`);
        }
        ({ offsets, successors } = table);
        arenaView = viewOf(table.arena);
        if (index >= present.length) {
          columns.grow();
          ({ present } = columns);
          words = new Int32Array(columns.values.buffer);
        }
      }
      if (learnOrder && previous >= 0) successors[previous] = index;
    }
    if (present[index] === 0) {
      present[index] = 1;
      count++;
    }
    words[index * 2 + lowWord] = low;
    words[index * 2 + highWord] = high;
    previous = index;
  }
  columns.count += count;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Four bytes at a time, the last four perhaps twice. */
function sameBytes(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (length < 4) {
    for (let i = 0; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false;
    return true;
  }
  const last = length - 4;
  for (let i = 0; i < last; i += 4) if (a.getInt32(aStart + i) !== b.getInt32(bStart + i)) return false;
  return a.getInt32(aStart + last) === b.getInt32(bStart + last);
}

/** Where the varint at `at` ends, exclusive. */
function varintEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end && i < at + 10; i++) if ((bytes[i] as number) < 0x80) return i + 1;
  throw new DecodeError(`a number ends nowhere at byte ${at}`);
}

/** A varint that is a length; one beyond 2^53 comes out larger than any buffer, too. */
function varint32(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = end - 1; i >= at; i--) value = value * 128 + ((bytes[i] as number) & 0x7f);
  return value;
}

/** Fields that a newer core may add are stepped over. */
function skipField(bytes: Uint8Array, at: number, end: number): number {
  const tagEnd = varintEnd(bytes, at, end);
  const tag = varint32(bytes, at, tagEnd);
  const wireType = tag % 8;
  let next: number;
  if (wireType === 0) next = varintEnd(bytes, tagEnd, end);
  else if (wireType === 1) next = tagEnd + 8;
  else if (wireType === 5) next = tagEnd + 4;
  else if (wireType === 2) {
    const lengthEnd = varintEnd(bytes, tagEnd, end);
    next = lengthEnd + varint32(bytes, tagEnd, lengthEnd);
  } else throw new DecodeError(`unknown wire type ${wireType} at byte ${at}`);
  if (tag < 8) throw new DecodeError(`field number 0 at byte ${at}`);
  if (next > end) throw truncated(next, end);
  return next;
}

function truncated(needed: number, end: number): DecodeError {
  return new DecodeError(`a field would end at byte ${needed}, beyond ${end}`);
}
