import type { Finding } from "./finding.ts";

/** How many findings there are of each severity, and how many have a mend. */
export interface FindingCounts {
  readonly error: number;
  readonly warning: number;
  readonly info: number;
  readonly fixable: number;
}

/** Counts findings. */
export function countFindings(findings: readonly Finding[]): FindingCounts {
  const counts = { error: 0, warning: 0, info: 0, fixable: 0 };
  for (const { severity, edits } of findings) {
    counts[severity]++;
    if (edits !== undefined) counts.fixable++;
  }
  return counts;
}
