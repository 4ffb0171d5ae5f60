import type { SystemFlag } from "../model/config-model.ts";
import type { ConfigTarget } from "../target.ts";

/** How the languages of V2Ray and Xray call what counters hang on. */
export interface V2RayWords {
  readonly stats: string;
  readonly levels: string;
  levelEntry(level: number): string;
  userFlag(which: "Uplink" | "Downlink" | "Online"): string;
  readonly system: string;
  systemFlag(flag: SystemFlag): string;
}

const ordinary: V2RayWords = {
  stats: "stats",
  levels: "policy.levels",
  levelEntry: (level) => `policy.levels["${level}"]`,
  userFlag: (which) => `statsUser${which}`,
  system: "policy.system",
  systemFlag: (flag) => flag,
};

const jsonv5: V2RayWords = {
  stats: "services.stats",
  levels: "services.policy.level",
  levelEntry: (level) => `services.policy.level["${level}"].stats`,
  userFlag: (which) => `user${which}`,
  system: "services.policy.system.stats",
  systemFlag: (flag) => flag.replace("statsInbound", "inbound").replace("statsOutbound", "outbound"),
};

export function v2rayWords(target: ConfigTarget): V2RayWords {
  return target === "v2ray5-jsonv5" ? jsonv5 : ordinary;
}
