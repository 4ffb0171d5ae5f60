import { isUtf8 } from "node:buffer";
import { endianness } from "node:os";
import type { CounterColumns } from "../snapshot/counter-columns.ts";
import { viewOf } from "../snapshot/name-table.ts";

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
// The first tags of fields that are none of ours.
const beyondAnswer = 0x10;
const beyondStat = 0x18;

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
  // A counter of a large table takes at least so many bytes; what is reserved in vain is little.
  if (table.size === 0) table.reserve(Math.floor(message.length / 40), message.length);
  // Another answer may have brought names since the columns were made.
  if (columns.present.length < table.size) columns.grow();
  let { successors } = table;
  const view = viewOf(message);
  let { present } = columns;
  let words = new Int32Array(columns.values.buffer);
  let count = 0;
  let at = 0;
  let previous = -1;
  while (at < message.length) {
    let tag = message[at++] as number;
    if (tag >= 0x80) [tag, at] = longTag(message, at - 1, message.length);
    if (tag !== statTag) {
      at = skipField(message, tag, at, message.length, beyondAnswer);
      continue;
    }
    const lengthAt = at;
    // Lengths below 128, which is nearly all, are one byte.
    const statLength = message[at++] as number;
    if (!(statLength < 0x80)) at = varintEnd(message, lengthAt, message.length);
    const statEnd = at + (statLength < 0x80 ? statLength : varint32(message, lengthAt, at));
    if (!(statEnd <= message.length)) throw truncated(statEnd, message.length);
    let nameStart = at;
    let nameEnd = at;
    let low = 0;
    let high = 0;
    while (at < statEnd) {
      let tag = message[at++] as number;
      if (tag >= 0x80) [tag, at] = longTag(message, at - 1, statEnd);
      if (tag === nameTag) {
        // Of two names the last counts, but no text may be broken.
        if (nameEnd > nameStart && !isUtf8(message.subarray(nameStart, nameEnd))) throw notUtf8(nameStart);
        const length = message[at] as number;
        nameStart = length < 0x80 ? at + 1 : varintEnd(message, at, statEnd);
        nameEnd = nameStart + (length < 0x80 ? length : varint32(message, at, nameStart));
        if (nameEnd > statEnd) throw truncated(nameEnd, statEnd);
        at = nameEnd;
      } else if (tag === valueTag) {
        low = 0;
        high = 0;
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
        at = skipField(message, tag, at, statEnd, beyondStat);
      }
    }

    const nameLength = nameEnd - nameStart;
    let index = previous < 0 ? -1 : (successors[previous] as number);
    if (index < 0 || !table.isName(index, view, nameStart, nameLength)) {
      index = table.intern(view, nameStart, nameLength);
      if (index < 0) throw notUtf8(nameStart);
      ({ successors } = table);
      if (index >= present.length) {
        columns.grow();
        ({ present } = columns);
        words = new Int32Array(columns.values.buffer);
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

/** A tag of more than one byte, and where it ends. */
function longTag(bytes: Uint8Array, at: number, end: number): [tag: number, end: number] {
  const tagEnd = varintEnd(bytes, at, end);
  const tag = varint32(bytes, at, tagEnd);
  if (tagEnd > at + 5 || tag >= 2 ** 32) throw new DecodeError(`no field has the tag at byte ${at}`);
  return [tag, tagEnd];
}

/**
 * Where the field whose content is at `at` ends: fields that a newer core may add are stepped over. One of ours in
 * another type is refused, a counter would be missed; so are groups, which these cores' proto3 does not have.
 */
function skipField(bytes: Uint8Array, tag: number, at: number, end: number, firstUnknown: number): number {
  const wireType = tag % 8;
  if (tag < firstUnknown) throw new DecodeError(`field ${tag >> 3} has wire type ${wireType} at byte ${at}`);
  let next: number;
  if (wireType === 0) next = varintEnd(bytes, at, end);
  else if (wireType === 1) next = at + 8;
  else if (wireType === 5) next = at + 4;
  else if (wireType === 2) {
    const lengthEnd = varintEnd(bytes, at, end);
    next = lengthEnd + varint32(bytes, at, lengthEnd);
  } else throw new DecodeError(`unknown wire type ${wireType} at byte ${at}`);
  if (next > end) throw truncated(next, end);
  return next;
}

function notUtf8(at: number): DecodeError {
  return new DecodeError(`a name is not UTF-8 at byte ${at}`);
}

function truncated(needed: number, end: number): DecodeError {
  return new DecodeError(`a field would end at byte ${needed}, beyond ${end}`);
}
