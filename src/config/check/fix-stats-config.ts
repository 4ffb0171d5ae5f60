import { applyEdits, editsCollide, type TextEdit } from "../edit/text-edit.ts";
import type { ConfigFile, ConfigInput } from "../load/parse-config.ts";
import { type CheckOptions, checkStatsConfig } from "./check-stats-config.ts";
import type { Finding } from "./finding.ts";

/** What {@link fixStatsConfig} did. */
export interface FixResult {
  /** The files, mended as far as possible; in the order they came. */
  readonly files: readonly ConfigFile[];
  /** What was mended. */
  readonly fixed: readonly Finding[];
  /** What is still wrong. */
  readonly remaining: readonly Finding[];
}

/** One mend can bring another to light; more rounds than this never helped. */
const maxRounds = 30;

/**
 * Mends what the rules know a mend for, round after round until nothing more can be mended.
 *
 * @throws TypeError or RangeError for wrong arguments.
 */
export function fixStatsConfig(input: ConfigInput, options: CheckOptions): FixResult {
  let files: ConfigFile[] = typeof input === "string" ? [{ name: "config", text: input }] : [...input];
  const fixed: Finding[] = [];
  let remaining = checkStatsConfig(files, options);
  for (let round = 0; round < maxRounds; round++) {
    const { taken, edits } = compatibleEdits(remaining);
    if (taken.length === 0) break;
    files = files.map(({ name, text }) => ({ name, text: applyEdits(text, edits.get(name) ?? []) }));
    fixed.push(...taken);
    remaining = checkStatsConfig(files, options);
  }
  return { files, fixed, remaining };
}

/** The findings whose mends can be made together: of two that touch one place the first. */
function compatibleEdits(findings: readonly Finding[]): { taken: Finding[]; edits: Map<string, TextEdit[]> } {
  const edits = new Map<string, TextEdit[]>();
  const taken: Finding[] = [];
  for (const finding of findings) {
    const wanted = finding.edits ?? [];
    const collides = wanted.some((each) =>
      each.edits.some((edit) => (edits.get(each.file) ?? []).some((other) => touch(edit, other))),
    );
    if (wanted.length === 0 || collides) continue;
    for (const { file, edits: own } of wanted) edits.set(file, [...(edits.get(file) ?? []), ...own]);
    taken.push(finding);
  }
  return { taken, edits };
}

/** Two insertions at one place may each bring the comma that only one of them should. */
function touch(a: TextEdit, b: TextEdit): boolean {
  return editsCollide(a, b) || a.start === b.start || a.end === b.end;
}
