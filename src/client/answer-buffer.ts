// More than any common answer, so that a lying length cannot make us reserve gigabytes before the bytes are there.
const largestReserve = 1 << 24;
const prefixLength = 5;

/** Gathers the one message of a gRPC answer in one buffer, which the next answer uses again. */
export class AnswerBuffer {
  #bytes: Uint8Array = new Uint8Array(1 << 9);
  #length = 0;
  #announced = 0;

  clear(): void {
    this.#length = 0;
    this.#announced = 0;
  }

  append(chunk: Uint8Array): void {
    const start = this.#length;
    const end = start + chunk.length;
    if (end > this.#bytes.length) this.#reserve(Math.max(end, start * 2));
    this.#bytes.set(chunk, start);
    this.#length = end;
    if (start < prefixLength && end >= prefixLength) {
      this.#announced = new DataView(this.#bytes.buffer).getUint32(1);
      // Known from the first chunk: then there is no growing in steps.
      this.#reserve(Math.min(prefixLength + this.#announced, largestReserve));
    }
  }

  /** Bytes that came, prefix included. */
  get received(): number {
    return this.#length;
  }

  /** Bytes the message will have; 0 before the prefix has come. */
  get announced(): number {
    return this.#announced;
  }

  /** True where the message is compressed, which we never ask for. */
  get compressed(): boolean {
    return this.#length > 0 && this.#bytes[0] !== 0;
  }

  /** True where exactly one whole message came. */
  get complete(): boolean {
    return this.#length >= prefixLength && this.#length === prefixLength + this.#announced;
  }

  /** True where more came than one message. */
  get overfull(): boolean {
    return this.#length >= prefixLength && this.#length > prefixLength + this.#announced;
  }

  /** The message; valid until the buffer is used again. */
  get message(): Uint8Array {
    return this.#bytes.subarray(prefixLength, this.#length);
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    // With room to spare: the next answer is a little longer, for values grow.
    const larger = new Uint8Array(size + (size >> 3));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** A message with the prefix of gRPC over HTTP/2: not compressed, its length. */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(prefixLength + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, prefixLength);
  return frame;
}
