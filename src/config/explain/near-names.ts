/** Finds the names that somebody who wrote `wanted` may have meant, the nearest first; three at most. */
export function nearNames(wanted: string, names: Iterable<string>): string[] {
  const folded = fold(wanted);
  const farthest = Math.min(2, Math.ceil(folded.length / 3));
  const found = new Map<string, number>();
  for (const name of names) {
    const distance = distanceOf(folded, fold(name));
    if (distance <= farthest && name !== wanted) found.set(name, distance);
  }
  const sorted = [...found].toSorted(([, a], [, b]) => a - b);
  // Who wrote all but the case right means that one.
  const meant = sorted[0]?.[1] === 0 ? sorted.filter(([, distance]) => distance === 0) : sorted;
  return meant.slice(0, 3).map(([name]) => name);
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}

/** How many letters must change; 0 also where one is the other's part before an "@", 3 for all that is farther. */
function distanceOf(a: string, b: string): number {
  if (a === b || isPartOf(a, b) || isPartOf(b, a)) return 0;
  if (Math.abs(a.length - b.length) > 2) return 3;
  let start = 0;
  while (a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return editsBetween(a.slice(start, a.length - end), b.slice(start, b.length - end));
}

function isPartOf(local: string, address: string): boolean {
  return address[local.length] === "@" && address.startsWith(local);
}

function editsBetween(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min((before[j] as number) + 1, (row[j - 1] as number) + 1, (before[j - 1] as number) + change);
    }
    if (Math.min(...row) > 2) return 3;
    before = row;
  }
  return before[b.length] as number;
}
