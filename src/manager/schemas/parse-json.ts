// Node 22's third argument: the number as it was written.
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * Parses JSON; whole numbers that a double cannot hold come as bigint, up to 40 digits: to make one of millions of
 * digits takes seconds, and nobody counts so far.
 *
 * @throws SyntaxError where it is no JSON, RangeError where it is nested too deep.
 */
export function parseJson(text: string): unknown {
  const keepDigits: Reviver = (_key, value, { source }) => {
    const inexact = typeof value === "number" && !Number.isSafeInteger(value);
    return inexact && source !== undefined && /^\d{1,40}$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
}
