import { escapeControls } from "../../internal/escape-controls.ts";
import type { Finding } from "./finding.ts";

const commands = { error: "error", warning: "warning", info: "notice" };

/** For GitHub's workflows: a command a finding, from which the runner makes an annotation of the line. */
export function formatGithub(findings: readonly Finding[]): string {
  return findings.map((finding) => `${formatCommand(finding)}\n`).join("");
}

function formatCommand({ rule, severity, message, consequence, fix, location }: Finding): string {
  const { file, start, end } = location;
  const properties = {
    file: escapeControls(file),
    line: start.line,
    endLine: end.line,
    // The runner takes columns for places within one line alone.
    ...(end.line === start.line ? { col: start.column, endColumn: end.column } : {}),
    title: rule,
  };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const text = [message, consequence, `Fix: ${fix}`].map(escapeControls).join("\n");
  return `::${commands[severity]} ${written.join(",")}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
