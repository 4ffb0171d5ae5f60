import { addressOf, apiCallBy } from "../check/rules/api-inbound-parts.ts";
import { conditionsOf, holds, matches } from "../check/rules/routing-conditions.ts";
import type { InboundModel, RuleModel } from "../model/config-model.ts";
import { member, memberAt } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { isLocal } from "./api-door.ts";
import type { ApiJob } from "./api-job.ts";
import { refuse } from "./refuse.ts";

/**
 * Sees to it that connections to one inbound, and to no other, get to the API, whatever the rules say of others.
 *
 * @param lost - A rule with a misspelt name, to be mended.
 */
export function leadToApi(job: ApiJob, door: InboundModel, apiTag: string, lost: RuleModel | undefined): void {
  const { model } = job;
  const { rules, target } = model;
  const inboundTag = door.tag as string;
  if (lost !== undefined) mendNames(job, lost, inboundTag, apiTag);
  // Where the address is missing it is being mended.
  const call = { ...apiCallBy(door, model), host: addressOf(door) ?? "127.0.0.1" };
  const first = rules.findIndex((rule) => rule === lost || matches(rule, call, target) !== "no");
  const rule = rules[first];
  const isMet = (condition: ConfigNode): boolean => holds(condition, call, target) !== "no" || isInboundTag(condition);
  const leads = rule !== undefined && (rule === lost || leadsFrom(job, rule, inboundTag));
  if (leads && conditionsOf(rule, target).every(isMet)) return;
  const isKnown = lost !== undefined || rules.some((each) => leadsFrom(job, each, inboundTag));
  if (isKnown && !isLocal(door)) job.changes.leave(door.node, narrow);
  else addRule(job, inboundTag, apiTag, isKnown ? "no other rule leads all connections to the API there" : leadsThere);
}

const narrow =
  "the rules do not lead all connections from here to the API, which keeps others out; only you know which";

const leadsThere = "connections to the API's inbound lead to the API, and no others do";

/** Adds the rule from an inbound to the API, before all others. */
export function addRule(job: ApiJob, inboundTag: string, apiTag: string, reason: string = leadsThere): void {
  const { language, changes } = job;
  const value = language.rule(inboundTag, apiTag);
  const list = rulesOf(job);
  if (list === undefined) changes.setAt(language.rules, [value], reason);
  else changes.prepend(list, value, reason);
}

function leadsFrom({ model }: ApiJob, { outboundTag, inboundTags = [] }: RuleModel, inboundTag: string): boolean {
  return outboundTag !== undefined && outboundTag === model.api?.tag && inboundTags.includes(inboundTag);
}

function isInboundTag({ key }: ConfigNode): boolean {
  return key?.toLowerCase() === "inboundtag";
}

function mendNames({ model, language, changes }: ApiJob, rule: RuleModel, inboundTag: string, apiTag: string): void {
  const target = member(rule.node, language.ruleTarget);
  if (rule.outboundTag !== apiTag && rule.outboundTag !== model.api?.tag && target !== undefined)
    changes.replace(target, apiTag, `the API's tag is ${JSON.stringify(apiTag)}`);
  const source = member(rule.node, "inboundTag");
  if (rule.inboundTags?.includes(inboundTag) === false && source !== undefined)
    changes.replace(source, [inboundTag], `the API's inbound is called ${JSON.stringify(inboundTag)}`);
}

/** The list whose first rule is tried first; `undefined` where there is none yet. */
function rulesOf({ model, language }: ApiJob): ConfigNode | undefined {
  const list = memberAt(model.root, ...language.rules);
  if (list?.kind === "array") return list;
  if (list !== undefined && list.kind !== "null") refuse(list, "the rules are no list, so no core reads them");
  const legacy = model.target === "xray" ? undefined : memberAt(model.root, "routing", "settings", "rules");
  return legacy?.kind === "array" ? legacy : undefined;
}
