/** Finds the names that somebody who wrote `wanted` may have meant, the nearest first; three at most. */
export function nearNames(wanted: string, names: Iterable<string>): string[] {
  const folded = wanted.trim().toLowerCase();
  const found: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    if (name === wanted) continue;
    const distance = distanceOf(folded, name.trim().toLowerCase());
    if (distance <= Math.min(2, Math.ceil(folded.length / 3))) found.push({ name, distance });
  }
  const sorted = found.toSorted((a, b) => a.distance - b.distance);
  // Who wrote all but the case right means that one.
  const meant = sorted[0]?.distance === 0 ? sorted.filter(({ distance }) => distance === 0) : sorted;
  return meant.slice(0, 3).map(({ name }) => name);
}

/** How many letters must change; 0 also where one is the other's part before an "@", 3 for all that is farther. */
function distanceOf(a: string, b: string): number {
  if (a === b || b.startsWith(`${a}@`) || a.startsWith(`${b}@`)) return 0;
  if (Math.abs(a.length - b.length) > 2) return 3;
  let start = 0;
  while (a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return editsBetween(a.slice(start, a.length - end), b.slice(start, b.length - end));
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
