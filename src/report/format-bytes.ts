const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/**
 * Writes a size for people: `0 B`, `1023 B`, `1.5 MiB`. Units are powers of 1024; from KiB on there is one decimal,
 * rounded to the nearest, and 1024 of a unit are always 1.0 of the next one.
 *
 * @example
 * ```ts
 * import { formatBytes } from "v2ray-stats/report";
 *
 * console.log(formatBytes(1_572_864n)); // 1.5 MiB
 * ```
 */
export function formatBytes(bytes: bigint): string {
  const size = bytes < 0n ? -bytes : bytes;
  let text = `${size} B`;
  let tenths = size * 10n;
  let divisor = 1n;
  for (const unit of units) {
    if (tenths < 10_240n) break;
    divisor *= 1024n;
    tenths = (size * 20n + divisor) / (divisor * 2n);
    text = `${tenths / 10n}.${tenths % 10n} ${unit}`;
  }
  return bytes < 0n ? `-${text}` : text;
}

/**
 * Writes a rate for people: `0 B/s`, `1.5 MiB/s`, in the units of {@link formatBytes}.
 *
 * @throws RangeError where the rate is not a finite number.
 */
export function formatRate(bytesPerSecond: number): string {
  if (!Number.isFinite(bytesPerSecond)) throw new RangeError("bytesPerSecond must be a finite number");
  return `${formatBytes(BigInt(Math.round(bytesPerSecond)))}/s`;
}
