import type { Scope, TrafficNameText } from "../../names/stat-name.ts";
import type { StatsConfigOptions } from "./build-options.ts";
import { planConfig } from "./make-plan.ts";

/** A counter that a built configuration will have. */
export interface PromisedCounter {
  /** Its name. */
  readonly name: TrafficNameText;
  /** Whether it is there, at zero, when the core has started, or comes with the subject's first connection. */
  readonly since: "start" | "first-connection";
}

/**
 * Says which traffic counters the core will have that runs what `buildStatsConfig` builds of the same options: these and
 * no others, each once. Where the API has an inbound of its own, it is among them.
 *
 * @throws TypeError or RangeError where `buildStatsConfig` would.
 */
export function promisedCounters(options: StatsConfigOptions): PromisedCounter[] {
  const { target, api, counted, scopes } = planConfig(options);
  const since = target === "sing-box" ? "first-connection" : "start";
  const ofApi = api.inboundTag !== "" && scopes.has("inbound") ? [api.inboundTag] : [];
  return [
    ...pair("inbound", [...counted.inbounds, ...ofApi], since),
    ...pair("outbound", counted.outbounds, since),
    ...pair("user", counted.users, "first-connection"),
  ];
}

function pair(scope: Scope, subjects: readonly string[], since: PromisedCounter["since"]): PromisedCounter[] {
  return subjects.flatMap((subject) => [
    { name: `${scope}>>>${subject}>>>traffic>>>uplink` as const, since },
    { name: `${scope}>>>${subject}>>>traffic>>>downlink` as const, since },
  ]);
}
