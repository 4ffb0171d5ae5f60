import type { PackedDay, PackedParts } from "./store.ts";

/** Quarter hours of a day. */
export const quartersOfDay = 96;

/** Bytes by quarter of one day, packed: for each quarter that has some its number, and the bytes as a varint. */
export function packParts(parts: ReadonlyMap<number, bigint>): Uint8Array {
  const packed: number[] = [];
  for (const quarter of [...parts.keys()].sort((a, b) => a - b)) {
    let rest = parts.get(quarter) as bigint;
    packed.push(quarter);
    while (rest > 0x7fn) {
      packed.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    packed.push(Number(rest));
  }
  return Uint8Array.from(packed);
}

/** Reads what {@link packParts} wrote: bytes by quarter of the day. */
export function unpackParts(packed: Uint8Array): Map<number, bigint> {
  const parts = new Map<number, bigint>();
  for (let at = 0; at < packed.length; ) {
    const quarter = packed[at++] as number;
    const end = endOf(packed, at);
    parts.set(quarter, bytesAt(packed, at, end));
    at = end;
  }
  return parts;
}

/** Puts the parts of many days one after the other. */
export function joinParts(rows: readonly (PackedDay & { readonly node: number })[]): PackedParts {
  return {
    nodes: rows.map(({ node }) => node),
    counters: rows.map(({ counter }) => counter),
    lengths: rows.map(({ parts }) => parts.length),
    parts: Buffer.concat(rows.map(({ parts }) => parts)),
  };
}

/** Bytes of the quarters `from` to `to` (not included) of each day. */
export function sumParts(
  { parts, lengths }: Pick<PackedParts, "parts" | "lengths">,
  from: number,
  to: number,
): (number | bigint)[] {
  let at = 0;
  return lengths.map((length) => {
    let large = 0n;
    let small = 0; // exact, and without a new bigint for each step
    for (const stop = at + length; at < stop; ) {
      const quarter = parts[at++] as number;
      const end = endOf(parts, at);
      if (quarter >= from && quarter < to) {
        if (end - at <= longestNumber && small < Number.MAX_SAFE_INTEGER - 2 ** 49) small += numberAt(parts, at, end);
        else large += bytesAt(parts, at, end);
      }
      at = end;
    }
    return large === 0n ? small : large + BigInt(small);
  });
}

/** The quarters of the day that have a part. */
export function quartersHeld(packed: Uint8Array): number[] {
  const quarters: number[] = [];
  for (let at = 0; at < packed.length; ) {
    quarters.push(packed[at++] as number);
    at = endOf(packed, at);
  }
  return quarters;
}

/** Digits of a varint that make a number below 2^49: a bigint for each step would cost most of the time. */
const longestNumber = 7;

function endOf(packed: Uint8Array, start: number): number {
  let at = start;
  while ((packed[at++] as number) > 0x7f);
  return at;
}

function bytesAt(packed: Uint8Array, start: number, end: number): bigint {
  if (end - start <= longestNumber) return BigInt(numberAt(packed, start, end));
  const low = BigInt(numberAt(packed, start, start + longestNumber));
  return low + (bytesAt(packed, start + longestNumber, end) << 49n);
}

function numberAt(packed: Uint8Array, start: number, end: number): number {
  let bytes = 0;
  for (let at = end - 1; at >= start; at--) bytes = bytes * 128 + ((packed[at] as number) & 0x7f);
  return bytes;
}
