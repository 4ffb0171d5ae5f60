import { isUtf8 } from "node:buffer";

const none = -1;

/**
 * The names one reader has seen, each with a small index, found by their raw bytes. Polls share it; columns of values
 * point into it. An index never changes its name.
 *
 * A core's answer is nearly always a rotation of the previous one, so each entry remembers who followed it, and the
 * next answer's bytes are compared with that entry first; hashing is for the misses. Any order gives the same result.
 */
export class NameTable {
  /** How many names there are; indices are 0 to size - 1. */
  size = 0;
  /** By index: the index of the name that followed last time; -1 where none is known. */
  successors: Int32Array = new Int32Array(1 << 6).fill(none);
  #arena: DataView = viewOf(new Uint8Array(1 << 12));
  #offsets: Int32Array = new Int32Array(1 << 6); // one more than names: name i ends where name i + 1 starts
  #slots: Int32Array = new Int32Array(1 << 7).fill(none);
  readonly #names: (string | undefined)[] = [];

  /** How many names there is room for; more make it grow. */
  get capacity(): number {
    return this.#offsets.length - 1;
  }

  /** Makes room at once for so many names and their bytes. */
  reserve(names: number, bytes: number): void {
    if (bytes > this.#arena.byteLength) {
      this.#arena = viewOf(resized(bytesOf(this.#arena, 0, this.#arena.byteLength), bytes));
    }
    if (names > this.capacity) {
      this.#offsets = resized(this.#offsets, names + 1);
      this.successors = resized(this.successors, names + 1).fill(none, this.size);
    }
    if (names * 2 > this.#slots.length) this.#rehash(2 ** Math.ceil(Math.log2(names * 2)));
  }

  /**
   * The index of the name at `start`, new where it was unknown.
   *
   * @returns -1 where the bytes are not UTF-8.
   */
  intern(bytes: DataView, start: number, length: number): number {
    const slot = this.#findSlot(bytes, start, length);
    const found = this.#slots[slot] as number;
    if (found !== none) return found;
    if (this.#hasRoom(length)) return this.#add(bytes, start, length, slot);
    this.reserve(this.capacity * 2, this.#arena.byteLength * 2 + length);
    return this.#add(bytes, start, length, this.#findSlot(bytes, start, length));
  }

  /** Whether the bytes at `start` are the name of this index. */
  isName(index: number, bytes: DataView, start: number, length: number): boolean {
    const at = this.#offsets[index] as number;
    return (this.#offsets[index + 1] as number) - at === length && equal(this.#arena, at, bytes, start, length);
  }

  /** The index of a name; `undefined` where it was never seen. */
  find(name: string): number | undefined {
    // Ill-formed text would be encoded as another name.
    if (!name.isWellFormed()) return undefined;
    const bytes = viewOf(encoder.encode(name));
    const found = this.#slots[this.#findSlot(bytes, 0, bytes.byteLength)] as number;
    return found === none ? undefined : found;
  }

  /** The name as text. */
  name(index: number): string {
    const kept = this.#names[index];
    if (kept !== undefined) return kept;
    const start = this.#offsets[index] as number;
    const { buffer, byteOffset } = this.#arena;
    return Buffer.from(buffer, byteOffset + start, (this.#offsets[index + 1] as number) - start).toString();
  }

  /** The same, and kept for the next time: for who asks for all names at each poll. */
  keptName(index: number): string {
    this.#names[index] ??= this.name(index);
    return this.#names[index];
  }

  #findSlot(bytes: DataView, start: number, length: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(bytes, start, length) & mask;
    for (;;) {
      const index = slots[slot] as number;
      if (index === none || this.isName(index, bytes, start, length)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #hasRoom(length: number): boolean {
    return this.size < this.capacity && (this.#offsets[this.size] as number) + length <= this.#arena.byteLength;
  }

  #add(bytes: DataView, start: number, length: number, slot: number): number {
    const index = this.size;
    const at = this.#offsets[index] as number;
    const end = at + length;
    const arena = this.#arena;
    let highBits = 0;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const word = bytes.getInt32(start + i, true);
      highBits |= word & 0x80808080;
      arena.setInt32(at + i, word, true);
    }
    for (; i < length; i++) {
      const byte = bytes.getUint8(start + i);
      highBits |= byte & 0x80;
      arena.setUint8(at + i, byte);
    }
    // Nearly all names are ASCII, and need no further look.
    if (highBits !== 0 && !isUtf8(bytesOf(arena, at, end))) return none;
    this.size++;
    this.#offsets[this.size] = end;
    this.#slots[slot] = index;
    return index;
  }

  #rehash(length: number): void {
    this.#slots = new Int32Array(length).fill(none);
    const mask = length - 1;
    for (let index = 0; index < this.size; index++) {
      const start = this.#offsets[index] as number;
      let slot = hash(this.#arena, start, (this.#offsets[index + 1] as number) - start) & mask;
      while (this.#slots[slot] !== none) slot = (slot + 1) & mask;
      this.#slots[slot] = index;
    }
  }
}

const encoder = new TextEncoder();

/** A view for reading four bytes at once, wherever they start. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(view: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

function equal(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (length < 8) {
    for (let i = 0; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false;
    return true;
  }
  // Eight bytes at a time, some of the last twice.
  const last = length - 8;
  for (let i = 0; i < last; i += 8) if (!equalEight(a, aStart + i, b, bStart + i)) return false;
  return equalEight(a, aStart + last, b, bStart + last);
}

function equalEight(a: DataView, aStart: number, b: DataView, bStart: number): boolean {
  const low = a.getInt32(aStart, true) ^ b.getInt32(bStart, true);
  const high = a.getInt32(aStart + 4, true) ^ b.getInt32(bStart + 4, true);
  return (low | high) === 0;
}

function hash(bytes: DataView, start: number, length: number): number {
  let h = length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    h = Math.imul(h ^ bytes.getInt32(start + i, true), 0x9e3779b1);
    h ^= h >>> 15;
  }
  for (; i < length; i++) h = Math.imul(h ^ bytes.getUint8(start + i), 0x01000193);
  // Spreads it over the low bits that the table uses.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}

function resized<Column extends Uint8Array | Int32Array>(column: Column, length: number): Column {
  const larger = new (column.constructor as new (length: number) => Column)(length);
  larger.set(column);
  return larger;
}
