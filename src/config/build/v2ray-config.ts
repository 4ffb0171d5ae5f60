import type { RoutingRule, V2rayStatsConfig } from "./config-blocks.ts";
import type { ConfigPlan } from "./plan.ts";
import { v2rayBlocks } from "./v2ray-blocks.ts";
import { v2rayInbound } from "./v2ray-inbound.ts";
import { v2rayOutbound } from "./v2ray-outbound.ts";

/** Writes a configuration for V2Ray 4, V2Ray 5 or Xray. */
export function v2rayConfig(plan: ConfigPlan): V2rayStatsConfig {
  const blocks = v2rayBlocks(plan);
  const routes = plan.routes.map(({ inbounds, users, outbound }): RoutingRule => {
    const conditions = { ...(inbounds && { inboundTag: inbounds }), ...(users && { user: users }) };
    return { type: "field", ...conditions, outboundTag: outbound };
  });
  return {
    stats: blocks.stats,
    api: blocks.api,
    policy: blocks.policy,
    inbounds: [...plan.inbounds.map((each) => v2rayInbound(plan.target, each)), ...(blocks.inbounds ?? [])],
    outbounds: plan.outbounds.map(v2rayOutbound),
    routing: { domainStrategy: "AsIs", ...blocks.routing, rules: [...(blocks.routing?.rules ?? []), ...routes] },
  };
}
