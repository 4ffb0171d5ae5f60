import { UsageError } from "./usage-error.ts";

const units = new Map<string, bigint>([
  ["", 1n],
  ["B", 1n],
  ...["kB", "MB", "GB", "TB"].map((unit, at) => [unit, 1000n ** BigInt(at + 1)] as const),
  ...["KiB", "MiB", "GiB", "TiB"].map((unit, at) => [unit, 1024n ** BigInt(at + 1)] as const),
]);

/**
 * Bytes of a size such as `-1GiB`, `1.5 MB` or `4096`: exact, and signed.
 *
 * @throws UsageError where it is none, or no whole number of bytes.
 */
export function parseBytes(text: string): bigint {
  const [, sign = "", whole = "", fraction = "", unit = ""] =
    /^([+-]?)(\d+)(?:\.(\d+))?\s*([A-Za-z]*)$/.exec(text) ?? [];
  const size = units.get(unit);
  if (whole === "" || size === undefined)
    throw new UsageError(
      `not a size: "${text}"; write 4096, 1.5GiB or -500MB, with ${[...units.keys()].slice(2).join(", ")}`,
    );
  const scaled = BigInt(whole + fraction) * size;
  const scale = 10n ** BigInt(fraction.length);
  if (scaled % scale !== 0n) throw new UsageError(`${text} is no whole number of bytes; write it in a smaller unit`);
  const bytes = scaled / scale;
  return sign === "-" ? -bytes : bytes;
}
