import { itemsOf, member, memberAt, stringListOf, stringOf } from "../syntax/lookup.ts";
import type { ConfigModel, OutboundModel } from "./config-model.ts";

/** Of sing-box all but those to which nothing is routed since others dial through them: what goes that way is counted there. */
export function countedOutbounds({ root, outbounds }: ConfigModel): readonly OutboundModel[] {
  const route = member(root, "route");
  const targets = new Set([stringOf(member(route, "final")) ?? ""]);
  for (const rule of itemsOf(member(route, "rules"))) targets.add(stringOf(member(rule, "outbound")) ?? "");
  const parts = new Set<string>();
  for (const { node } of outbounds) {
    for (const tag of stringListOf(member(node, "outbounds")) ?? []) parts.add(tag);
    parts.add(stringOf(member(node, "detour")) ?? "");
  }
  const isDefault = (index: number): boolean => index === 0 && !stringOf(memberAt(route, "final"));
  return outbounds.filter(({ tag }, index) => {
    return tag === undefined || targets.has(tag) || !parts.has(tag) || isDefault(index);
  });
}
