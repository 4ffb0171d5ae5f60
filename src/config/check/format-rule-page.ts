import { configTargets, targetName } from "../target.ts";
import { syntaxError } from "./check-stats-config.ts";
import type { Rule } from "./rule.ts";
import { rules } from "./rules.ts";

/** What people are told about a rule. */
export type RuleFacts = Omit<Rule, "check">;

const syntaxErrorFacts: RuleFacts = {
  ...syntaxError,
  id: syntaxError.rule,
  targets: configTargets,
  summary: "A file is not the JSON, YAML or TOML that it should be, or the core could not merge it with the others.",
  evidence: "measured",
};

/** Everything findings are named after: the rules, and `syntax-error`. */
export function describedRules(): RuleFacts[] {
  return [syntaxErrorFacts, ...rules];
}

const evidence = {
  measured: "Seen on the real core.",
  source: "Read in the core's source.",
};

/** The page of a rule, Markdown without an example. */
export function formatRulePage({
  id,
  severity,
  targets,
  summary,
  consequence,
  fix,
  evidence: kind,
}: RuleFacts): string {
  return `# ${id}

| Severity | Cores |
| --- | --- |
| ${severity} | ${targets.map(targetName).join(", ")} |

**What it finds.** ${sentence(summary)}

**What you will see.** ${sentence(consequence)}

**What to do.** ${sentence(fix)}

**How it is known.** ${evidence[kind]}
`;
}

/** Ends with a full stop, as texts of the registry may or may not. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
