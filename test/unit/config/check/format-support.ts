import type { Finding } from "../../../../src/config/check/finding.ts";
import type { SourceFile } from "../../../../src/config/syntax/node.ts";
import { positionAt } from "../../../../src/config/syntax/position.ts";

/** A finding about `part` of a text, where that stands in it first. */
export function findingAt(name: string, text: string, part: string, change: Partial<Finding> = {}): Finding {
  const file: SourceFile = { name, text, format: "json" };
  const start = text.indexOf(part);
  return {
    rule: "user-level-uncovered",
    severity: "error",
    message: 'user "alice" has level 1, which has no entry in policy.levels',
    consequence: "That user has no counters.",
    fix: 'Add "1" to policy.levels.',
    location: {
      file: name,
      start: positionAt(file, start),
      end: positionAt(file, start + part.length),
      path: "inbounds[0].settings.clients[0].level",
    },
    docs: "docs/rules/user-level-uncovered.md",
    edits: undefined,
    ...change,
  };
}
