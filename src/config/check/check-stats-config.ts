import { ConfigEditor } from "../edit/config-editor.ts";
import { type ConfigInput, parseConfig } from "../load/parse-config.ts";
import type { ConfigModel } from "../model/config-model.ts";
import { readModel } from "../model/read-model.ts";
import type { ConfigDocument } from "../syntax/document.ts";
import type { ConfigFormat, SourceFile } from "../syntax/node.ts";
import { pathsOf } from "../syntax/path.ts";
import { positionAt } from "../syntax/position.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import type { ConfigTarget } from "../target.ts";
import type { FileEdits, Finding, FindingLocation } from "./finding.ts";
import { locationOf } from "./location.ts";
import type { Report, Rule } from "./rule.ts";
import { rules } from "./rules.ts";

/** Options of {@link checkStatsConfig}. */
export interface CheckOptions {
  /** The core that will read it. */
  readonly core: ConfigTarget;
  /**
   * Its version, as `26.3.27`.
   *
   * @defaultValue the version our facts were measured on
   */
  readonly version?: string | undefined;
  /** The notation of every file; default: by the file's name, else by its text. */
  readonly format?: ConfigFormat | undefined;
  /** Ids of rules to leave out. */
  readonly disable?: readonly string[] | undefined;
}

/** More findings of one rule than this are counted, not listed. */
const maxPerRule = 100;

/**
 * Finds what keeps a configuration from counting traffic, or makes its statistics wrong or its API dangerous.
 *
 * @param input - One text, or the files of a directory as the core is given them.
 * @returns What was found, in the order of the text; nothing where all is well.
 * @throws TypeError or RangeError for wrong arguments. A file that cannot be read is a finding, `syntax-error`.
 */
export function checkStatsConfig(input: ConfigInput, options: CheckOptions): Finding[] {
  const { core, version, format, disable = [] } = options;
  const unknown = disable.find((id) => id !== syntaxError.rule && !rules.some((rule) => rule.id === id));
  if (unknown !== undefined) throw new RangeError(`there is no rule ${JSON.stringify(unknown)}`);
  try {
    const model = readModel(core, parseConfig(input, format, core), version);
    return findingsOf(
      model,
      rules.filter((rule) => rule.targets.includes(core) && !disable.includes(rule.id)),
    );
  } catch (error) {
    if (error instanceof SyntaxProblem) return [syntaxFinding(error)];
    throw error;
  }
}

/** What some rules find in a configuration. */
export function findingsOf(model: ConfigModel, applied: readonly Rule[]): Finding[] {
  const reports = applied.flatMap((rule) => reportsOf(model, rule));
  const places = new Set(reports.map(({ report }) => report.at));
  // What merging replaced stands in its own file alone.
  const roots = new Set([...model.documents.map(({ root }) => root), model.root]);
  const paths = new Map(Array.from(roots, (root) => [...pathsOf(root, places)]).flat());
  const fileOrder = new Map(model.documents.map(({ file }, index) => [file, index]));
  return reports
    .toSorted(({ report: { at: a } }, { report: { at: b } }) => {
      return (fileOrder.get(a.file) ?? 0) - (fileOrder.get(b.file) ?? 0) || a.start - b.start;
    })
    .map(({ rule, report }) => {
      return {
        rule: rule.id,
        severity: report.severity ?? rule.severity,
        message: report.message,
        consequence: report.consequence ?? rule.consequence,
        fix: report.fix ?? rule.fix,
        location: locationOf(report.at, paths.get(report.at) ?? "", report.onKey),
        docs: docsOf(rule.id),
        edits: editsOf(report, model.documents),
      };
    });
}

function reportsOf(model: ConfigModel, rule: Rule): { readonly rule: Rule; readonly report: Report }[] {
  const reports: Report[] = [];
  let count = 0;
  rule.check(model, (report) => {
    if (++count <= maxPerRule) reports.push(report);
  });
  const last = reports.at(-1);
  if (last !== undefined && count > maxPerRule)
    reports[maxPerRule - 1] = { ...last, message: `${last.message} (and ${count - maxPerRule} more places like this)` };
  return reports.map((report) => ({ rule, report }));
}

function editsOf({ edit }: Report, documents: readonly ConfigDocument[]): FileEdits[] | undefined {
  if (edit === undefined) return undefined;
  const editor = new ConfigEditor(documents);
  edit(editor);
  return Array.from(editor.edits(), ([file, edits]) => ({ file: file.name, edits }));
}

/** The page of a rule. */
export function docsOf(rule: string): string {
  return `docs/rules/${rule}.md`;
}

/** What a file that cannot be read is reported as. */
export const syntaxError = {
  rule: "syntax-error",
  severity: "error",
  consequence: "The core refuses to start with this file.",
  fix: "Mend the place; what stands before it was read without trouble.",
} as const;

function syntaxFinding({ file, offset, message }: SyntaxProblem): Finding {
  const place = placeOf(file, offset);
  return { ...syntaxError, message, location: place, docs: docsOf(syntaxError.rule), edits: undefined };
}

function placeOf(file: SourceFile, offset: number): FindingLocation {
  const start = positionAt(file, offset);
  return { file: file.name, start, end: { line: start.line, column: start.column + 1 }, path: "" };
}
