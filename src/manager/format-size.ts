const units = ["KB", "MB", "GB"] as const;

/** The manager's own form of a size: plain below 1024, then two decimals, 1024-based, and never more than GB. */
export function formatSize(bytes: bigint): string {
  if (bytes < 1024n) return `${bytes} B`;
  const power = Math.min(units.length, Math.floor((bytes.toString(2).length - 1) / 10));
  return `${(Number(bytes) / 1024 ** power).toFixed(2)} ${units[power - 1]}`;
}
