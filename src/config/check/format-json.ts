import type { Finding } from "./finding.ts";
import { countFindings } from "./format-counts.ts";

/** For programs: `{ version, findings, counts }`; `edits` is null where a person must choose. */
export function formatJson(findings: readonly Finding[]): string {
  const report = {
    version: 1,
    findings: findings.map(({ edits, ...facts }) => ({ ...facts, edits: edits ?? null })),
    counts: countFindings(findings),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
