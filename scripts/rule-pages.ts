// Writes docs/rules: a page a rule, made of the registry and of the first case in test/config-cases, and an index. With
// --check it only compares.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { unifiedDiff } from "../src/cli/config-files/unified-diff.ts";
import { describedRules, formatRulePage, type RuleFacts, sentence } from "../src/config/check/format-rule-page.ts";
import { targetName } from "../src/config/target.ts";
import { allCases } from "../test/config-cases/all-cases.ts";
import type { CaseText, RuleCase } from "../test/config-cases/rule-case.ts";

const folder = "docs/rules";
const rules = describedRules();
const pages = new Map([
  ["README.md", indexOf(rules)],
  ...rules.map((rule) => [`${rule.id}.md`, formatRulePage(rule) + exampleOf(rule)] as const),
]);

mkdirSync(folder, { recursive: true });
const present = readdirSync(folder);
if (process.argv.includes("--check")) {
  const old = present.filter((name) => !pages.has(name));
  const other = [...pages].filter(
    ([name, page]) => !present.includes(name) || readFileSync(`${folder}/${name}`, "utf8") !== page,
  );
  const wrong = [...old, ...other.map(([name]) => name)];
  if (wrong.length > 0) {
    console.error(`not as scripts/rule-pages.ts writes them: ${wrong.join(", ")}`);
    process.exitCode = 1;
  }
} else {
  for (const name of present) rmSync(`${folder}/${name}`);
  for (const [name, page] of pages) writeFileSync(`${folder}/${name}`, page);
}

function indexOf(all: readonly RuleFacts[]): string {
  const rows = all.map(({ id, severity, targets, summary }) => {
    const cores = targets.map(targetName).join(", ");
    return `| [${id}](${id}.md) | ${severity} | ${cores} | ${sentence(summary).replaceAll("|", "\\|")} |`;
  });
  return `# Rules

What \`v2ray-stats config check\` and \`checkStatsConfig\` look for. \`--disable RULE\` leaves one out; \`v2ray-stats config
rules RULE\` prints its page.

| Rule | Severity | Cores | What it finds |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function exampleOf({ id }: RuleFacts): string {
  const found = allCases.find(({ rule }) => rule === id);
  if (found === undefined) return "";
  const { target, title }: RuleCase = found;
  // A page shows what cannot be seen.
  const diff = diffOf(found.faulty, found.fixed).trimEnd().replaceAll("\ufeff", "\\ufeff");
  return `
## Example

For ${targetName(target)}${title === undefined ? "" : ` (${title})`}. What is wrong goes (\`-\`), what is right comes (\`+\`):

\`\`\`diff
${diff}
\`\`\`
`;
}

function diffOf(faulty: CaseText, fixed: CaseText): string {
  const before = filesOf(faulty);
  const after = filesOf(fixed);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.map((name) => unifiedDiff(name, before.get(name) ?? "", after.get(name) ?? "")).join("");
}

function filesOf(text: CaseText): ReadonlyMap<string, string> {
  if (typeof text !== "string") return new Map(text.map((file) => [file.name, file.text]));
  return new Map([["config", text]]);
}
