/** Sums of bytes, exact however large: numbers as long as these hold them, since bigints cost several times as much. */
export class ExactSums {
  readonly #numbers: Float64Array;
  readonly #rest = new Map<number, bigint>();

  constructor(length: number) {
    this.#numbers = new Float64Array(length);
  }

  add(at: number, bytes: number | bigint): void {
    const sum = typeof bytes === "number" ? (this.#numbers[at] as number) + bytes : Number.NaN;
    if (Number.isSafeInteger(sum)) this.#numbers[at] = sum;
    else this.#rest.set(at, (this.#rest.get(at) ?? 0n) + BigInt(bytes));
  }

  get(at: number): bigint {
    const number = BigInt(this.#numbers[at] as number);
    return this.#rest.size === 0 ? number : number + (this.#rest.get(at) ?? 0n);
  }
}

/** Bytes as a store gives them in JSON: those that a number would not hold are texts. */
export function exactBytes(values: readonly (number | string)[]): (number | bigint)[] {
  return values.map((value) => (typeof value === "number" ? value : BigInt(value)));
}
