import type { SourceFile } from "../syntax/node.ts";
import { type Position, positionAt } from "../syntax/position.ts";
import type { Finding } from "./finding.ts";
import { describedRules, formatRulePage } from "./format-rule-page.ts";

const levels = { error: "error", warning: "warning", info: "note" } as const;

/** SARIF 2.1.0: every rule, and the findings with their mends. */
export function formatSarif(findings: readonly Finding[], files: ReadonlyMap<string, SourceFile>): string {
  const rules = describedRules();
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "v2ray-stats",
            rules: rules.map((rule) => ({
              id: rule.id,
              shortDescription: { text: messageText(rule.summary) },
              fullDescription: { text: messageText(rule.consequence) },
              help: { text: messageText(rule.fix), markdown: messageText(formatRulePage(rule)) },
              defaultConfiguration: { level: levels[rule.severity] },
              properties: { tags: rule.targets },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => resultOf(finding, indices.get(finding.rule), files)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function resultOf(
  { rule, severity, message, consequence, fix, location, edits }: Finding,
  ruleIndex: number | undefined,
  files: ReadonlyMap<string, SourceFile>,
): object {
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: levels[severity],
    message: { text: messageText(`${message}. ${consequence}`) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(location.file) },
          region: regionOf(location.start, location.end),
        },
        ...(location.path === "" ? {} : { logicalLocations: [{ fullyQualifiedName: location.path }] }),
      },
    ],
    ...(edits === undefined
      ? {}
      : {
          fixes: [
            {
              description: { text: messageText(fix) },
              artifactChanges: edits.flatMap((each) => changesOf(each, files)),
            },
          ],
        }),
  };
}

function changesOf(
  { file, edits }: NonNullable<Finding["edits"]>[number],
  files: ReadonlyMap<string, SourceFile>,
): object[] {
  const source = files.get(file);
  if (source === undefined) return [];
  const replacements = edits.map(({ start, end, text }) => ({
    deletedRegion: regionOf(positionAt(source, start), positionAt(source, end)),
    insertedContent: { text },
  }));
  return [{ artifactLocation: { uri: uriOf(file) }, replacements }];
}

function regionOf(start: Position, end: Position): object {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** Braces are doubled, as single ones are placeholders (section 3.11.5), and nothing reads as a link (3.11.6). */
function messageText(text: string): string {
  return text.replaceAll(/[{}]/g, "$&$&").replaceAll("](", "] (");
}

/** A relative reference, or a file URI of an absolute path. */
function uriOf(file: string): string {
  const path = file.toWellFormed().split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}
