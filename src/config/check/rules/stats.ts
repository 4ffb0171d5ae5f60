import type { ConfigModel } from "../../model/config-model.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { policyLanguage, wantsStats } from "./policy-flags.ts";
import { valueText } from "./users-wording.ts";

const targets: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];

export const statsBlockMissing: Rule = {
  id: "stats-block-missing",
  severity: "error",
  targets,
  summary: "The API or flags for statistics are there, but no `stats` block.",
  consequence:
    "The core starts and carries traffic, but keeps no counters: QueryStats answers " +
    "`QueryStats only works its own stats.Manager.`, GetStats finds nothing.",
  fix: 'Add `"stats": {}`.',
  evidence: "measured",
  check(model, report) {
    if (hasStats(model) || !wantsStats(model)) return;
    const at = model.stats ?? model.policy.node ?? model.api?.node ?? model.root;
    report({
      at,
      onKey: true,
      message: model.stats === undefined ? 'there is no "stats" block' : '"stats" is null, which is as good as none',
      edit: (editor) => editor.set(model.root, statsPath(model), {}),
    });
  },
};

export const statsBlockNotObject: Rule = {
  id: "stats-block-not-object",
  severity: "error",
  targets,
  summary: "`stats` is something else than an object.",
  consequence: "The core refuses to start: `json: cannot unmarshal … into Go struct field Config.stats`.",
  fix: 'Write `"stats": {}`; it takes no keys.',
  evidence: "measured",
  check({ stats }, report) {
    if (stats === undefined || stats.kind === "object" || stats.kind === "null") return;
    report({
      at: stats,
      message: `"stats" is ${valueText(stats)}, not an object`,
      edit: (editor) => editor.replace(stats, {}),
    });
  },
};

/** jsonv5 takes null for the block. */
function hasStats({ stats, target }: ConfigModel): boolean {
  return stats !== undefined && (stats.kind !== "null" || target === "v2ray5-jsonv5");
}

/** The block stands beside the policy. */
function statsPath(model: ConfigModel): [string, ...string[]] {
  return [...policyLanguage(model).policy.slice(0, -1), "stats"] as unknown as [string, ...string[]];
}
