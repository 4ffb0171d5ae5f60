import type { ConfigEditor } from "../../edit/config-editor.ts";
import type { ConfigModel, InboundModel, RuleModel } from "../../model/config-model.ts";
import { member } from "../../syntax/lookup.ts";
import { isAtLeast } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { addApiInbound, addApiRule } from "./api-additions.ts";
import { apiCallBy, isSocket, ownPortIsDefault, portSettingOf } from "./api-inbound-parts.ts";
import { apiWayOf, type LedWay, ruleFor } from "./api-way.ts";
import {
  apiLanguage,
  freePort,
  nameInbound,
  nameRule,
  plainValueOf,
  putItem,
  quoted,
  quotedList,
  routedTargets,
  standsIn,
} from "./api-words.ts";
import { conditionsOf, holds, matches } from "./routing-conditions.ts";

export const apiInboundMissing: Rule = {
  id: "api-inbound-missing",
  severity: "error",
  targets: routedTargets,
  summary: "No inbound leads to the API.",
  consequence: "Nothing listens for those who ask for the counters: connection refused.",
  fix: "Add a dokodemo-door inbound on 127.0.0.1 and a routing rule from it to the API; for Xray, `api.listen`.",
  evidence: "measured",
  check(model, report) {
    const way = apiWayOf(model);
    if (way.kind !== "no-inbound") return;
    const { rule } = way;
    report({
      at: rule === undefined ? apiNode(model) : (member(rule.node, "inboundTag") ?? rule.node),
      onKey: rule === undefined,
      message:
        rule === undefined
          ? "no inbound and no rule lead to the API"
          : `there is no inbound ${quotedList(rule.inboundTags ?? [])} for the rule to the API`,
      edit: (editor) => addWay(model, editor, rule),
    });
  },
};

function apiNode({ api, root }: ConfigModel): ConfigModel["root"] {
  return api?.node ?? root;
}

function addWay(model: ConfigModel, editor: ConfigEditor, rule: RuleModel | undefined): void {
  const port = freePort(model);
  const listens = model.target === "xray" && isAtLeast(model.version, "1.8.12");
  if (rule === undefined && listens) editor.set(apiNode(model), ["listen"], `127.0.0.1:${port}`);
  else addApiInbound(model, editor, { listen: "127.0.0.1", port, tag: rule?.inboundTags?.[0] });
}

export const apiRuleMissing: Rule = {
  id: "api-rule-missing",
  severity: "error",
  targets: routedTargets,
  summary: "No routing rule leads to the API.",
  consequence: "Calls are accepted and end without an answer.",
  fix: "Add a routing rule from the API's inbound to the API's tag, before all others.",
  evidence: "measured",
  check(model, report) {
    const way = apiWayOf(model);
    if (way.kind !== "no-rule") return;
    const { inbound } = way;
    report({
      at: inbound.node,
      message: `no rule leads from ${nameInbound(inbound)} to the API ${quoted(model.api?.tag ?? "")}`,
      consequence: connectsToItself(inbound, model) ? selfConnection : undefined,
      edit: (editor) => addApiRule(model, editor, inbound),
    });
  },
};

const selfConnection =
  "A call is never answered: the core connects to its own inbound again and again, until it has no file descriptors " +
  "left and accepts no connection at all.";

function connectsToItself(inbound: InboundModel, model: ConfigModel): boolean {
  return ownPortIsDefault(model) && portSettingOf(inbound) === undefined && !isSocket(inbound.listen);
}

export const apiRuleTagMismatch: Rule = {
  id: "api-rule-tag-mismatch",
  severity: "error",
  targets: routedTargets,
  summary: "The rule to the API names an inbound, or an API, that is called otherwise.",
  consequence: "Calls are accepted and end without an answer. Upper and lower case count.",
  fix: "Spell the tags alike.",
  evidence: "measured",
  check(model, report) {
    const way = apiWayOf(model);
    if (way.kind === "outbound-tag") {
      const { node, outboundTag = "" } = way.rule;
      const at = member(node, apiLanguage(model.target).outboundTag) ?? node;
      const tag = model.api?.tag ?? "";
      report({
        at,
        message: `the rule leads to ${quoted(outboundTag)}, and the API is called ${quoted(tag)}`,
        edit: (editor) => editor.replace(at, tag),
      });
    }
    if (way.kind === "inbound-tag") {
      const { rule, inbound } = way;
      report({
        at: member(rule.node, "inboundTag") ?? rule.node,
        message: `the rule leads from ${quotedList(rule.inboundTags ?? [])}, and the inbound is ${nameInbound(inbound)}`,
        edit: inboundTagEdit(rule, inbound),
      });
    }
  },
};

/** Gives the rule the inbound's tag, or an inbound without one the rule's. */
function inboundTagEdit(
  { node, inboundTags = [] }: RuleModel,
  { node: inbound, tag }: InboundModel,
): ((editor: ConfigEditor) => void) | undefined {
  const [first] = inboundTags;
  if (first === undefined) return undefined;
  if (tag === undefined) return (editor) => editor.set(inbound, ["tag"], first);
  const list = member(node, "inboundTag");
  if (list === undefined || inboundTags.length !== 1) return undefined;
  return (editor) => editor.replace(list.children[0] ?? list, tag);
}

export const apiRuleShadowed: Rule = {
  id: "api-rule-shadowed",
  severity: "error",
  targets: routedTargets,
  summary: "A rule before the API's takes the calls for itself.",
  consequence: "Calls are accepted and end without an answer, from a blackhole at once.",
  fix: "Make the rule to the API the first one.",
  evidence: "measured",
  check(model, report) {
    const way = apiWayOf(model);
    if (way.kind !== "led") return;
    for (const { rule, inbound } of way.ways.filter((each, index) => isFirstOf(each.inbound, way.ways, index))) {
      const before = ruleFor(inbound, model);
      const isMet = matches(rule, apiCallBy(inbound, model), model.target) !== "no";
      if (!isMet || before === undefined || before.outboundTag === rule.outboundTag) continue;
      const goal = quoted(before.outboundTag ?? before.balancerTag ?? "");
      report({
        at: before.node,
        message: `${nameRule(before)} leads calls from ${nameInbound(inbound)} to ${goal} before the API's rule can`,
        edit: standsIn(rule.list, rule.node) ? (editor) => moveFirst(model, editor, rule) : undefined,
      });
    }
  },
};

/** Of several rules from one inbound the first is enough. */
function isFirstOf(inbound: InboundModel, ways: readonly LedWay[], index: number): boolean {
  return ways.findIndex((way) => way.inbound === inbound) === index;
}

function moveFirst(model: ConfigModel, editor: ConfigEditor, { node, list }: RuleModel): void {
  editor.remove(list, node);
  putItem(editor, model.root, apiLanguage(model.target).rules, plainValueOf(node), "first");
}

export const apiRuleNarrowed: Rule = {
  id: "api-rule-narrowed",
  severity: "error",
  targets: routedTargets,
  summary: "The rule to the API has a condition that calls of the API do not meet.",
  consequence: "Calls are accepted and end without an answer.",
  fix: "Leave `inboundTag` as the rule's only condition.",
  evidence: "measured",
  check(model, report) {
    const way = apiWayOf(model);
    if (way.kind !== "led") return;
    const { target } = model;
    for (const { rule, inbound } of way.ways) {
      const call = apiCallBy(inbound, model);
      const others = way.ways.some((other) => other.inbound === inbound && matches(other.rule, call, target) !== "no");
      const unmet = conditionsOf(rule, target).filter((condition) => holds(condition, call, target) === "no");
      const [first] = unmet;
      if (others || first === undefined) continue;
      report({
        at: first,
        onKey: true,
        message: `calls by ${nameInbound(inbound)} do not meet ${quotedList(unmet.map(({ key }) => key as string))}`,
        edit: (editor) => {
          for (const condition of unmet) editor.remove(rule.node, condition);
        },
      });
    }
  },
};
