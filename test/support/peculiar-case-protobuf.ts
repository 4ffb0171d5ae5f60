/** One field of a Protocol Buffers message, read without its schema. */
export interface WireField {
  readonly number: number;
  /** Of a varint its value, of everything else its bytes. */
  readonly value: number | Uint8Array;
}

/** Reads the fields of a message in their order. */
export function wireFields(message: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("the message ends in a number");
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [number, type] = [key >> 3, key & 7];
    if (type === 0) fields.push({ number, value: varint() });
    else {
      const length = type === 2 ? varint() : type === 1 ? 8 : 4;
      fields.push({ number, value: message.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

/** The messages under a number; none where there are none. */
export function messagesAt(message: Uint8Array, ...path: readonly number[]): Uint8Array[] {
  let found = [message];
  for (const number of path) {
    found = found.flatMap((each) =>
      wireFields(each).flatMap((field) =>
        field.number === number && typeof field.value !== "number" ? field.value : [],
      ),
    );
  }
  return found;
}

/** The texts under a number. */
export function textsAt(message: Uint8Array, ...path: readonly number[]): string[] {
  return messagesAt(message, ...path).map((bytes) => Buffer.from(bytes).toString());
}

/** The last number under a number, 0 where there is none. */
export function numberAt(message: Uint8Array, number: number): number {
  const field = wireFields(message).findLast((each) => each.number === number);
  return typeof field?.value === "number" ? field.value : 0;
}
