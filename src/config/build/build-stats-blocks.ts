import type { ConfigTarget } from "../target.ts";
import type { StatsBlocksOptions } from "./build-options.ts";
import type { Jsonv5StatsBlocks, SingBoxStatsBlocks, V2rayStatsBlocks } from "./config-blocks.ts";
import { jsonv5Blocks } from "./jsonv5-blocks.ts";
import { planBlocks } from "./make-plan.ts";
import { singBoxBlocks } from "./sing-box-config.ts";
import { v2rayBlocks } from "./v2ray-blocks.ts";

/** The type of `buildStatsBlocks(options)`, by `options.target`. */
export type StatsBlocksOf<Target extends ConfigTarget> = Target extends "sing-box"
  ? SingBoxStatsBlocks
  : Target extends "v2ray5-jsonv5"
    ? Jsonv5StatsBlocks
    : V2rayStatsBlocks;

/**
 * Builds only what makes a configuration count, to put into one that does not: rules go to the front of its list, the
 * API's inbound anywhere, a blackhole to the end of the outbounds. The configuration's own inbounds and outbounds need
 * tags, its users e-mails.
 *
 * @throws TypeError or RangeError where the options are wrong; the message says what to do.
 *
 * @example
 * ```ts
 * import { buildStatsBlocks } from "v2ray-stats/config";
 *
 * const { api } = buildStatsBlocks({ target: "xray", api: { port: 10085 } });
 * console.log(api); // { tag: "api", listen: "127.0.0.1:10085", services: ["StatsService"] }
 * ```
 */
export function buildStatsBlocks<Target extends ConfigTarget>(
  options: { readonly target: Target } & Extract<StatsBlocksOptions, { readonly target: Target }>,
): StatsBlocksOf<Target> {
  const plan = planBlocks(options);
  switch (plan.target) {
    case "sing-box":
      return singBoxBlocks(plan) as StatsBlocksOf<Target>;
    case "v2ray5-jsonv5":
      return jsonv5Blocks(plan) as StatsBlocksOf<Target>;
    default:
      return v2rayBlocks(plan) as StatsBlocksOf<Target>;
  }
}
