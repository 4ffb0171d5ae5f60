import { addressOf, isDokodemo, isSocket, portSettingOf } from "../check/rules/api-inbound-parts.ts";
import { isLoopback } from "../check/rules/routing-addresses.ts";
import type { ConfigModel, InboundModel, RuleModel } from "../model/config-model.ts";
import { isTrue, member } from "../syntax/lookup.ts";
import type { ConfigNode } from "../syntax/node.ts";

/** Where a configuration has its API, or was meant to have it. */
export type ApiWay =
  /** The API listens by itself. */
  | { readonly kind: "listen" }
  /** Inbounds lead to it. */
  | { readonly kind: "doors"; readonly doors: readonly InboundModel[] }
  /** There is an inbound for it, and its rule is missing or misspelt. */
  | { readonly kind: "lost-door"; readonly door: InboundModel; readonly rule: RuleModel | undefined }
  /** There is a rule from an inbound that does not exist. */
  | { readonly kind: "lost-rule"; readonly inboundTag: string; readonly rule: RuleModel }
  | { readonly kind: "none" };

/** Finds what there is of an API. Takes less for one than the check does, as nobody is asked before it is changed. */
export function apiWayOf(model: ConfigModel): ApiWay {
  const { api, inbounds, rules, root } = model;
  if (api?.listen !== undefined) return { kind: "listen" };
  const doors = inbounds.filter((inbound) => inbound.leadsToApi && isDoor(inbound));
  if (doors.length > 0) return { kind: "doors", doors };
  const lost = rules.find(({ outboundTag, inboundTags = [] }) => {
    const leads = outboundTag !== undefined && outboundTag === api?.tag;
    return leads && inboundTags.length > 0 && inboundTags.every((tag) => !isTagOfAnything(root, tag));
  });
  for (const inbound of inbounds) {
    const { tag } = inbound;
    if (tag === undefined || !looksMadeForApi(inbound)) continue;
    const own = rules.filter(({ inboundTags }) => inboundTags?.includes(tag));
    if (own.length === 0 && (isApiWord(tag) || tag === api?.tag || lost !== undefined))
      return { kind: "lost-door", door: inbound, rule: lost };
    const misled = own.find((rule) => rule.inboundTags?.length === 1 && leadsNowhere(model, rule));
    if (misled !== undefined && (isApiWord(tag) || isApiWord(misled.outboundTag as string)))
      return { kind: "lost-door", door: inbound, rule: misled };
  }
  const [inboundTag] = lost?.inboundTags ?? [];
  return lost === undefined || inboundTag === undefined
    ? { kind: "none" }
    : { kind: "lost-rule", inboundTag, rule: lost };
}

/** Whether an inbound takes connections that are for itself, and hands them on as they are. */
export function isDoor(inbound: InboundModel): boolean {
  return isDokodemo(inbound) && !isTrue(member(inbound.settings, "followRedirect"));
}

/** Whether only this machine reaches an inbound. */
export function isLocal({ listen }: InboundModel): boolean {
  return listen !== undefined && (isLoopback(listen) || isSocket(listen));
}

function looksMadeForApi(inbound: InboundModel): boolean {
  const address = addressOf(inbound);
  const isElsewhere = (portSettingOf(inbound) ?? 1) !== 1 || (address !== undefined && !isLoopback(address));
  return isDoor(inbound) && isLocal(inbound) && !isElsewhere;
}

function isApiWord(text: string): boolean {
  return /api|stats|commander/i.test(text);
}

/** Whether a rule names an outbound that does not exist: neither as an outbound nor as a portal or the like. */
function leadsNowhere({ root, inbounds }: ConfigModel, { outboundTag, balancerTag }: RuleModel): boolean {
  if (outboundTag === undefined || balancerTag !== undefined) return false;
  return !isTagOfAnything(root, outboundTag, new Set(inbounds.map(({ node }) => node)));
}

/** Whether anything is called so, but for some. */
export function isTagOfAnything(node: ConfigNode, tag: string, except: ReadonlySet<ConfigNode> = new Set()): boolean {
  return node.children.some((child) => {
    if (child.children.length > 0) return isTagOfAnything(child, tag, except);
    return child.value === tag && child.key?.toLowerCase() === "tag" && !except.has(node);
  });
}
