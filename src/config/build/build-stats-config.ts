import type { ConfigTarget } from "../target.ts";
import type { StatsConfigOptions } from "./build-options.ts";
import type { Jsonv5StatsConfig, SingBoxStatsConfig, V2rayStatsConfig } from "./config-blocks.ts";
import { jsonv5Config } from "./jsonv5-config.ts";
import { planConfig } from "./make-plan.ts";
import { singBoxConfig } from "./sing-box-config.ts";
import { v2rayConfig } from "./v2ray-config.ts";

/** The type of `buildStatsConfig(options)`, by `options.target`. */
export type StatsConfigOf<Target extends ConfigTarget> = Target extends "sing-box"
  ? SingBoxStatsConfig
  : Target extends "v2ray5-jsonv5"
    ? Jsonv5StatsConfig
    : V2rayStatsConfig;

/**
 * Builds a complete configuration that counts each inbound, each outbound and each user, and lets only this machine, or
 * whom you let, ask for the counters. `promisedCounters` says which counters it will have.
 *
 * Tags are given where you give none, each level of users is covered, and the API's rule stands before all others.
 * A user's alterId is always 0, as V2Ray wants it since 4.28.1.
 *
 * @returns What `JSON.stringify` turns into the core's configuration file.
 * @throws TypeError or RangeError where the options are wrong: a name given twice, a port out of range or taken twice, an
 * API that anyone could reach. The message says what to do.
 *
 * @example
 * ```ts
 * import { buildStatsConfig } from "v2ray-stats/config";
 *
 * const config = buildStatsConfig({
 *   target: "v2ray5",
 *   api: { port: 10085 },
 *   inbounds: [
 *     {
 *       protocol: "vmess",
 *       tag: "tcp",
 *       port: 3307,
 *       users: [{ email: "auser", id: "e731f153-4f31-49d3-9e8f-ff8f396135ef" }],
 *     },
 *   ],
 * });
 * console.log(JSON.stringify(config, null, 2));
 * ```
 */
export function buildStatsConfig<Target extends ConfigTarget>(
  options: { readonly target: Target } & Extract<StatsConfigOptions, { readonly target: Target }>,
): StatsConfigOf<Target> {
  const plan = planConfig(options);
  switch (plan.target) {
    case "sing-box":
      return singBoxConfig(plan) as StatsConfigOf<Target>;
    case "v2ray5-jsonv5":
      return jsonv5Config(plan) as StatsConfigOf<Target>;
    default:
      return v2rayConfig(plan) as StatsConfigOf<Target>;
  }
}
