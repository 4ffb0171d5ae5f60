const letters = "KMGTPEZY";

/**
 * Writes a size as `numfmt --to=iec --suffix=B` does: `1023B`, `1.1KB`, `684KB`, `2.4GB`. Units are powers of 1024;
 * rounding is always away from zero, with one decimal below ten of a unit.
 */
export function formatNumfmt(bytes: bigint): string {
  const size = bytes < 0n ? -bytes : bytes;
  let text = `${size}`;
  let whole = size;
  let divisor = 1n;
  for (const letter of letters) {
    if (whole < 1024n) break;
    divisor *= 1024n;
    whole = divideUp(size, divisor);
    const tenths = divideUp(size * 10n, divisor);
    text = tenths < 100n ? `${tenths / 10n}.${tenths % 10n}${letter}` : `${whole}${letter}`;
  }
  return `${bytes < 0n ? "-" : ""}${text}B`;
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
