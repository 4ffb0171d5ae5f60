import type { ConfigEditor } from "../../edit/config-editor.ts";
import type { ConfigModel, RuleModel } from "../../model/config-model.ts";
import { itemsOf, member, memberAt, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Rule } from "../rule.ts";
import { isWritten } from "./api-way.ts";
import { apiLanguage, namedRules, plainValueOf, putItem, quoted, quotedList, routedTargets } from "./api-words.ts";
import { conditionsOf } from "./routing-conditions.ts";

export const ruleTypeMissing: Rule = {
  id: "rule-type-missing",
  severity: "error",
  targets: ["v2ray4", "v2ray5"],
  summary: 'A routing rule lacks `"type": "field"`, which Xray does not need.',
  consequence: "The core refuses to start: `unknown router rule type`.",
  fix: 'Add `"type": "field"`.',
  evidence: "measured",
  check({ rules }, report) {
    for (const { rule, name } of namedRules(rules)) {
      const { node } = rule;
      const type = member(node, "type");
      if (node.kind !== "object" || stringOf(type)?.toLowerCase() === "field") continue;
      report({
        at: type ?? node,
        message: type === undefined ? `${name} has no type` : `${name} has a type other than "field"`,
        edit: (editor) => editor.set(node, ["type"], "field"),
      });
    }
  },
};

export const ruleWithoutCondition: Rule = {
  id: "rule-without-condition",
  severity: "error",
  targets: routedTargets,
  summary: "A routing rule has no condition, or only empty ones.",
  consequence: "The core refuses to start: `this rule has no effective fields`.",
  fix: 'Give it a condition, such as `"network": "tcp,udp"` for everything, or remove it.',
  evidence: "measured",
  check({ rules, target }, report) {
    for (const { rule, name } of namedRules(rules)) {
      if (rule.node.kind !== "object" || goalOf(rule) === undefined || conditionsOf(rule, target).length > 0) continue;
      report({ at: rule.node, message: `${name} leads to ${quoted(goalOf(rule) ?? "")} under no condition` });
    }
  },
};

export const ruleWithoutTarget: Rule = {
  id: "rule-without-target",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "A routing rule leads nowhere.",
  consequence: "The core refuses to start: `neither outboundTag nor balancerTag is specified in routing rule`.",
  fix: "Give it an `outboundTag` or a `balancerTag`.",
  evidence: "measured",
  check({ rules }, report) {
    for (const { rule, name } of namedRules(rules)) {
      if (rule.node.kind !== "object" || goalOf(rule) !== undefined) continue;
      report({ at: rule.node, message: `${name} says nothing of where it leads` });
    }
  },
};

function goalOf({ outboundTag, balancerTag }: RuleModel): string | undefined {
  return outboundTag ?? balancerTag;
}

export const balancerUnknown: Rule = {
  id: "balancer-unknown",
  severity: "error",
  targets: routedTargets,
  summary: "A routing rule leads to a balancer that does not exist.",
  consequence: "The core refuses to start: `balancer not found`.",
  fix: "Correct the rule's tag or the balancer's; upper and lower case count.",
  evidence: "measured",
  check({ rules, balancers }, report) {
    const tags = new Set(balancers.map(({ tag }) => tag));
    for (const rule of rules) {
      const { balancerTag, outboundTag, node } = rule;
      if (balancerTag === undefined || outboundTag !== undefined || tags.has(balancerTag)) continue;
      const at = member(node, "balancerTag") ?? member(node, "balancingTag") ?? node;
      report({ at, message: `there is no balancer ${quoted(balancerTag)}` });
    }
  },
};

export const routingSettingsRules: Rule = {
  id: "routing-settings-rules",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "Routing rules stand under `routing.settings`.",
  consequence: "Xray does not read them: none of them holds.",
  fix: "Move them to `routing.rules`.",
  evidence: "measured",
  check(model, report) {
    const routing = member(model.root, "routing");
    const settings = member(routing, "settings");
    const list = member(settings, "rules");
    if (routing === undefined || settings === undefined || list === undefined || itemsOf(list).length === 0) return;
    report({
      at: list,
      onKey: true,
      message: "rules stand under routing.settings",
      ...(model.target !== "xray" && readLate),
      edit: (editor) => {
        for (const rule of list.children)
          putItem(editor, model.root, apiLanguage(model.target).rules, plainValueOf(rule), "last");
        if (settings.children.length > 1) editor.remove(settings, list);
        else editor.remove(routing, settings);
      },
    });
  },
};

const readLate = {
  severity: "warning",
  consequence: "V2Ray reads them behind those of `routing.rules`; Xray does not read them at all.",
} as const;

export const legacyInboundKeys: Rule = {
  id: "legacy-inbound-keys",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "Inbounds or outbounds stand under their old names.",
  consequence: "Xray does not read them: nothing listens there, nothing leaves there.",
  fix: "Move them to `inbounds` and `outbounds`.",
  evidence: "measured",
  check(model, report) {
    const { root, target } = model;
    for (const [list, names] of Object.entries(oldNames)) {
      const written = names.map((name) => member(root, name)).filter(isWritten);
      const [first] = written;
      if (first === undefined) continue;
      report({
        at: first,
        onKey: true,
        message: `${quotedList(written.map(({ key }) => key as string))} ${written.length > 1 ? "are old names" : "is an old name"} of "${list}"`,
        ...(target !== "xray" && stillRead),
        edit: (editor) => modernise(model, editor, list, written),
      });
    }
  },
};

const oldNames = { inbounds: ["inbound", "inboundDetour"], outbounds: ["outbound", "outboundDetour"] } as const;

const stillRead = {
  severity: "warning",
  consequence: "V2Ray still reads them, before the others; Xray does not.",
} as const;

/** A list alone gets its new name; all others go before what is there, in their order. */
function modernise({ root }: ConfigModel, editor: ConfigEditor, list: string, written: readonly ConfigNode[]): void {
  const [first] = written;
  if (written.length === 1 && first?.kind === "array" && member(root, list) === undefined) {
    editor.rename(first, list);
    return;
  }
  const items = written.flatMap((node) => (node.kind === "array" ? node.children : [node])).map(plainValueOf);
  const there = memberAt(root, list);
  if (there?.kind === "array") for (const item of items) editor.insert(there, 0, item);
  else editor.set(root, [list], items);
  for (const node of written) editor.remove(root, node);
}
