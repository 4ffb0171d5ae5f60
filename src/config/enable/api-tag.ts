import type { ConfigModel } from "../model/config-model.ts";
import { member } from "../syntax/lookup.ts";
import type { ApiWay } from "./api-door.ts";
import type { ApiJob } from "./api-job.ts";
import { refuse } from "./refuse.ts";

/**
 * The tag of the API's outbound: that of the configuration, unless users' traffic would go there.
 *
 * @throws ConfigError where balancers take in every outbound.
 */
export function apiTagFor(job: ApiJob, way: ApiWay): string {
  const { model, names, language, changes } = job;
  const { api, rules } = model;
  const wanted = api?.tag ?? waitedFor(job, way);
  if (wanted !== undefined && !getsTraffic(job, wanted)) return wanted;
  const tag = names.forApi();
  if (tag === undefined) {
    const [balancer] = model.balancers.filter(({ selectors }) => selectors.includes(""));
    const advice = "let its selector name its outbounds, or have the API listen by itself, as Xray's can";
    refuse(
      balancer?.node ?? model.root,
      "this balancer would send users' traffic to the API, whatever its tag",
      advice,
    );
  }
  for (const rule of rules) {
    if (rule.outboundTag !== wanted || wanted === undefined || !isForDoors(model, rule.inboundTags)) continue;
    const target = member(rule.node, language.ruleTarget);
    if (target !== undefined) changes.replace(target, tag, "the API has another tag now");
  }
  return tag;
}

/** The tag that the API's own rules lead to, and nothing else, while nothing has it. */
function waitedFor({ model, names }: ApiJob, way: ApiWay): string | undefined {
  const tag = way.kind === "lost-door" ? way.rule?.outboundTag : undefined;
  if (way.kind !== "lost-door" || tag === undefined) return undefined;
  const own = model.rules.filter(({ outboundTag, inboundTags = [] }) => {
    return outboundTag === tag && inboundTags.length === 1 && inboundTags[0] === way.door.tag;
  });
  // The inbound may be called so as well.
  const times = way.door.tag === tag ? 2 * own.length + 1 : own.length;
  return names.timesSpokenOf(tag) === times ? tag : undefined;
}

/** Whether an API of this tag would be the default outbound, or one that a balancer chooses. */
function getsTraffic({ model, names }: ApiJob, tag: string): boolean {
  return model.outbounds[0]?.tag === tag || names.isBalanced(tag);
}

function isForDoors({ inbounds }: ConfigModel, tags: readonly string[] = []): boolean {
  const users = inbounds.filter(({ leadsToApi }) => !leadsToApi).map(({ tag }) => tag);
  return tags.length > 0 && !tags.some((tag) => users.includes(tag));
}
