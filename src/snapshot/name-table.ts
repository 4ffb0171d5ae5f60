const noIndex = -1;

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
  // Public to the decoder's loop, which reads them without a call per counter; they are replaced when they grow.
  arena: Uint8Array = new Uint8Array(1 << 12);
  offsets: Int32Array = new Int32Array(1 << 6); // one more than names: name i ends where name i + 1 starts
  successors: Int32Array = new Int32Array(1 << 6).fill(noIndex);
  #slots: Int32Array = new Int32Array(1 << 7).fill(noIndex);
  readonly #names: (string | undefined)[] = [];

  /** The index of the name in `bytes` from `start` to `end`, new where it was unknown. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#findSlot(bytes, start, end);
    const found = this.#slots[slot] as number;
    return found === noIndex ? this.#add(bytes, start, end, slot) : found;
  }

  /** Takes back the newest name, which proved to be none. */
  forgetLast(): void {
    this.size--;
    this.#rehash(this.#slots.length);
  }

  /** The index of a name; `undefined` where it was never seen. */
  find(name: string): number | undefined {
    const bytes = encoder.encode(name);
    const found = this.#slots[this.#findSlot(bytes, 0, bytes.length)] as number;
    return found === noIndex ? undefined : found;
  }

  /** The name as text, made once. */
  name(index: number): string {
    let name = this.#names[index];
    if (name === undefined) {
      name = decoder.decode(this.arena.subarray(this.offsets[index], this.offsets[index + 1]));
      this.#names[index] = name;
    }
    return name;
  }

  #findSlot(bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(bytes, start, end) & mask;
    for (;;) {
      const index = slots[slot] as number;
      if (index === noIndex || this.#equals(index, bytes, start, end)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.arena;
    let at = this.offsets[index] as number;
    if ((this.offsets[index + 1] as number) - at !== end - start) return false;
    for (let i = start; i < end; i++) if (arena[at++] !== bytes[i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    const index = this.size++;
    const at = this.offsets[index] as number;
    const arenaEnd = at + end - start;
    if (arenaEnd > this.arena.length) this.arena = grown(this.arena, arenaEnd);
    this.arena.set(bytes.subarray(start, end), at);
    if (this.size === this.offsets.length) {
      this.offsets = grown(this.offsets, this.size + 1);
      this.successors = grown(this.successors, this.size + 1).fill(noIndex, index);
    }
    this.offsets[this.size] = arenaEnd;
    this.#slots[slot] = index;
    if (this.size * 2 > this.#slots.length) this.#rehash(this.#slots.length * 4);
    return index;
  }

  #rehash(length: number): void {
    this.#slots = new Int32Array(length).fill(noIndex);
    const mask = length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = hash(this.arena, this.offsets[index] as number, this.offsets[index + 1] as number) & mask;
      while (this.#slots[slot] !== noIndex) slot = (slot + 1) & mask;
      this.#slots[slot] = index;
    }
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** FNV-1a over whole names; the last mixing spreads it over the low bits that the table uses. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

function grown<Column extends Uint8Array | Int32Array>(column: Column, atLeast: number): Column {
  const larger = new (column.constructor as new (length: number) => Column)(Math.max(column.length * 2, atLeast));
  larger.set(column);
  return larger;
}
