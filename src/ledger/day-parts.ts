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
  let at = 0;
  while (at < packed.length) {
    const quarter = packed[at++] as number;
    let bytes = 0;
    let scale = 1;
    let byte = packed[at++] as number;
    // Below 2^49 as a number: a bigint for each step would cost most of the time.
    while (byte > 0x7f && scale < 2 ** 42) {
      bytes += (byte & 0x7f) * scale;
      scale *= 128;
      byte = packed[at++] as number;
    }
    let whole = BigInt(bytes + (byte & 0x7f) * scale);
    for (let shift = 49n; byte > 0x7f; shift += 7n) {
      byte = packed[at++] as number;
      whole += BigInt(byte & 0x7f) << shift;
    }
    parts.set(quarter, whole);
  }
  return parts;
}
