import type { ApiModel, ConfigModel, InboundModel, RuleModel } from "../../model/config-model.ts";
import { isTrue, itemsOf, member, memberAt, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { addressOf, apiCallBy, isDokodemo, portSettingOf } from "./api-inbound-parts.ts";
import { isLoopback } from "./routing-addresses.ts";
import { matches } from "./routing-conditions.ts";

/** How a configuration leads to its API, or where the way breaks off. */
export type ApiWay =
  /** There is no API, or it has no tag: other rules say so. */
  | { readonly kind: "no-api" }
  /** It listens by itself. */
  | { readonly kind: "listens" }
  /** Rules lead there from inbounds, or by conditions that say nothing of inbounds. */
  | { readonly kind: "led"; readonly ways: readonly LedWay[] }
  /** What would lead there stands where this core does not read it: other rules say so. */
  | { readonly kind: "unread" }
  | { readonly kind: "no-inbound"; readonly rule: RuleModel | undefined }
  | { readonly kind: "no-rule"; readonly inbound: InboundModel }
  | { readonly kind: "inbound-tag"; readonly rule: RuleModel; readonly inbound: InboundModel }
  | { readonly kind: "outbound-tag"; readonly rule: RuleModel };

/** A rule that leads from an inbound to the API. */
export interface LedWay {
  readonly rule: RuleModel;
  readonly inbound: InboundModel;
}

/** Finds the way to the API of V2Ray and Xray. */
export function apiWayOf(model: ConfigModel): ApiWay {
  const { api, rules } = model;
  if (api?.tag === undefined) return { kind: "no-api" };
  if (api.listen !== undefined) return { kind: "listens" };
  const leading = rules.filter(({ outboundTag }) => outboundTag === api.tag);
  const [rule] = leading;
  if (rule === undefined) return wayWithoutRule(model, api);
  const inbounds = apiInbounds(model);
  const led = leading.some(({ inboundTags }) => inboundTags === undefined);
  if (inbounds.length > 0 || led) {
    return { kind: "led", ways: inbounds.flatMap((inbound) => waysFrom(inbound, leading)) };
  }
  const inbound = likelyInbound(model);
  if (inbound !== undefined) return { kind: "inbound-tag", rule, inbound };
  return isUnread(model, api) ? { kind: "unread" } : { kind: "no-inbound", rule };
}

/** More inbounds than this for one API are not looked at: time would grow with their square. */
const maxInbounds = 100;

/** The inbounds from which rules lead to the API; none where it listens by itself. */
export function apiInbounds({ api, inbounds }: ConfigModel): readonly InboundModel[] {
  return api?.listen === undefined ? inbounds.filter(({ leadsToApi }) => leadsToApi).slice(0, maxInbounds) : [];
}

/** The inbounds whose calls get to the API: no rule before takes them, and the API's own rule holds for them. */
export function answeringInbounds(model: ConfigModel): readonly InboundModel[] {
  return apiInbounds(model).filter((inbound) => ruleFor(inbound, model)?.outboundTag === model.api?.tag);
}

/** The rule that calls of the API by this inbound come to. */
export function ruleFor(inbound: InboundModel, model: ConfigModel): RuleModel | undefined {
  const { rules, target, api } = model;
  const call = apiCallBy(inbound, model);
  return rules.find((rule) => {
    const answer = matches(rule, call, target);
    return answer === "yes" || (answer === "maybe" && rule.outboundTag === api?.tag);
  });
}

/** The tag that a rule from an inbound made for the API leads to, though nothing has it. */
export function orphanApiTag(model: ConfigModel): string | undefined {
  const inbound = likelyInbound(model);
  return orphanRules(model).find((rule) => leadsFrom(rule, inbound))?.outboundTag;
}

function wayWithoutRule(model: ConfigModel, api: ApiModel): ApiWay {
  const inbound = likelyInbound(model);
  const orphan = orphanRules(model).find(
    (rule) => leadsFrom(rule, inbound) || rule.outboundTag?.toLowerCase() === api.tag?.toLowerCase(),
  );
  if (orphan !== undefined) return { kind: "outbound-tag", rule: orphan };
  if (unreadRules(model).some((rule) => stringOf(member(rule, "outboundTag")) === api.tag)) return { kind: "unread" };
  if (inbound !== undefined) return { kind: "no-rule", inbound };
  return isUnread(model, api) ? { kind: "unread" } : { kind: "no-inbound", rule: undefined };
}

function waysFrom(inbound: InboundModel, leading: readonly RuleModel[]): LedWay[] {
  return leading.filter((rule) => leadsFrom(rule, inbound)).map((rule) => ({ rule, inbound }));
}

function leadsFrom({ inboundTags = [] }: RuleModel, inbound: InboundModel | undefined): boolean {
  return inbound?.tag !== undefined && inboundTags.includes(inbound.tag);
}

/** Rules that lead to a tag that nothing has. */
function orphanRules({ rules, outbounds, api, root }: ConfigModel): RuleModel[] {
  // A portal of a reverse proxy is an outbound, too.
  const portals = itemsOf(memberAt(root, "reverse", "portals")).map((portal) => stringOf(member(portal, "tag")));
  const tags = new Set([api?.tag, ...outbounds.map(({ tag }) => tag), ...portals]);
  return rules.filter(({ outboundTag }) => outboundTag !== undefined && !tags.has(outboundTag));
}

/** An inbound that looks made for the API, though no rule leads from it. */
function likelyInbound(model: ConfigModel): InboundModel | undefined {
  const candidates = model.inbounds.filter(
    (inbound) => isDokodemo(inbound) && !inbound.leadsToApi && isLikely(inbound),
  );
  return candidates.find(({ tag }) => tag !== undefined && /api|stat/i.test(tag)) ?? candidates[0];
}

/** It passes on to this machine, but to no port where another service could be. */
function isLikely(inbound: InboundModel): boolean {
  const host = addressOf(inbound);
  const port = portSettingOf(inbound) ?? 1;
  const isOwn = inbound.ports.some(({ from, to }) => from <= port && port <= to);
  if (isTrue(member(inbound.settings, "followRedirect"))) return false;
  return (host === undefined || isLoopback(host)) && (port === 1 || isOwn);
}

/** Rules under `routing.settings`, which Xray does not read. */
function unreadRules({ target, root }: ConfigModel): readonly ConfigNode[] {
  return target === "xray" ? itemsOf(memberAt(root, "routing", "settings", "rules")) : [];
}

/** Whether somebody wrote a value, be it of the wrong kind. */
export function isWritten(node: ConfigNode | undefined): node is ConfigNode {
  return node !== undefined && node.kind !== "null" && node.value !== "";
}

/** Whether the core overlooks inbounds under old names, or an `api.listen` that is too new for it. */
function isUnread({ target, root }: ConfigModel, { listenNode }: ApiModel): boolean {
  const old = target === "xray" && [member(root, "inbound"), member(root, "inboundDetour")].some(Boolean);
  return old || isWritten(listenNode);
}
