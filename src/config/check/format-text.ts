import { escapeControls } from "../../internal/escape-controls.ts";
import type { SourceFile } from "../syntax/node.ts";
import type { Finding } from "./finding.ts";
import { codeFrame } from "./format-code-frame.ts";
import { countFindings } from "./format-counts.ts";

type Paint = (style: "strong" | "dim" | Finding["severity"], text: string) => string;

const codes = { strong: "1", dim: "2", error: "1;31", warning: "1;33", info: "1;36" };
const coloured: Paint = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
const plain: Paint = (_style, text) => text;

/** For people: each finding with its place, its line, what it does and what to do; a line of counts at the end. */
export function formatText(
  findings: readonly Finding[],
  files: ReadonlyMap<string, SourceFile>,
  colour: boolean,
): string {
  const paint = colour ? coloured : plain;
  const blocks = findings.map((finding) => `${formatOne(finding, files.get(finding.location.file), paint)}\n`);
  return `${[...blocks, summaryOf(findings)].join("\n")}\n`;
}

function formatOne(finding: Finding, file: SourceFile | undefined, paint: Paint): string {
  const { rule, severity, message, consequence, fix, location, docs, edits } = finding;
  const place = escapeControls(`${location.file}:${location.start.line}:${location.start.column}:`);
  const facts = [
    ["path", location.path],
    ["effect", consequence],
    ["fix", edits === undefined ? fix : `${fix} (--fix does it)`],
    ["page", docs],
  ] as const;
  return [
    `${paint("strong", place)} ${paint(severity, `${severity}:`)} ${escapeControls(message)} ${paint("dim", `[${rule}]`)}`,
    ...(file === undefined ? [] : frameLines(file, finding, paint)),
    ...facts.filter(([, text]) => text !== "").map(([name, text]) => `  ${name.padEnd(8)}${escapeControls(text)}`),
  ].join("\n");
}

function frameLines(file: SourceFile, { location, severity }: Finding, paint: Paint): string[] {
  const width = String(location.start.line + 1).length + 2;
  return codeFrame(file, location).map(({ number, text }) => {
    const gutter = paint("dim", `${(number === undefined ? "" : String(number)).padStart(width)} |`);
    return `${gutter} ${number === undefined ? paint(severity, text) : text}`.trimEnd();
  });
}

function summaryOf(findings: readonly Finding[]): string {
  const { error, warning, info, fixable } = countFindings(findings);
  const parts = [
    ...(error > 0 ? [`${error} ${error === 1 ? "error" : "errors"}`] : []),
    ...(warning > 0 ? [`${warning} ${warning === 1 ? "warning" : "warnings"}`] : []),
    ...(info > 0 ? [`${info} info`] : []),
    ...(fixable > 0 ? [`${fixable} fixable with --fix`] : []),
  ];
  return parts.length === 0 ? "nothing found" : parts.join(", ");
}
