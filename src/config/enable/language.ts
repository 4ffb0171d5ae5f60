import type { PlainObject } from "../edit/plain-value.ts";
import type { SystemFlag } from "../model/config-model.ts";
import type { ConfigTarget } from "../target.ts";
import type { BlockPath } from "./changes.ts";

/** How V2Ray and Xray call what statistics need: two languages, one meaning. */
export interface Language {
  readonly stats: BlockPath;
  readonly levels: BlockPath;
  /** From an entry of the levels to its flags. */
  readonly levelFlags: readonly string[];
  readonly userFlags: { readonly userUplink: string; readonly userDownlink: string; readonly userOnline: string };
  readonly system: BlockPath;
  readonly systemFlags: Readonly<Record<SystemFlag, string>>;
  readonly api: BlockPath;
  /** The member of the api block that lists its services, and what it must hold. */
  readonly services: string;
  readonly statsService: string;
  readonly rules: BlockPath;
  /** The member of a rule that says where it leads. */
  readonly ruleTarget: string;
  /** A rule from an inbound to the API. */
  readonly rule: (inboundTag: string, apiTag: string) => PlainObject;
  /** What makes an inbound lead where the rules say. */
  readonly doorSettings: PlainObject;
}

const v2ray: Language = {
  stats: ["stats"],
  levels: ["policy", "levels"],
  levelFlags: [],
  userFlags: { userUplink: "statsUserUplink", userDownlink: "statsUserDownlink", userOnline: "statsUserOnline" },
  system: ["policy", "system"],
  systemFlags: {
    statsInboundUplink: "statsInboundUplink",
    statsInboundDownlink: "statsInboundDownlink",
    statsOutboundUplink: "statsOutboundUplink",
    statsOutboundDownlink: "statsOutboundDownlink",
  },
  api: ["api"],
  services: "services",
  statsService: "StatsService",
  rules: ["routing", "rules"],
  ruleTarget: "outboundTag",
  rule: (inboundTag, apiTag) => ({ type: "field", inboundTag: [inboundTag], outboundTag: apiTag }),
  doorSettings: { address: "127.0.0.1" },
};

const xray: Language = {
  ...v2ray,
  // Without a port Xray connects to itself where no rule fits.
  doorSettings: { address: "127.0.0.1", port: 1 },
};

const jsonv5: Language = {
  stats: ["services", "stats"],
  levels: ["services", "policy", "level"],
  levelFlags: ["stats"],
  userFlags: { userUplink: "userUplink", userDownlink: "userDownlink", userOnline: "userOnline" },
  system: ["services", "policy", "system", "stats"],
  systemFlags: {
    statsInboundUplink: "inboundUplink",
    statsInboundDownlink: "inboundDownlink",
    statsOutboundUplink: "outboundUplink",
    statsOutboundDownlink: "outboundDownlink",
  },
  api: ["services", "commander"],
  services: "name",
  statsService: "stats",
  rules: ["router", "rule"],
  ruleTarget: "tag",
  rule: (inboundTag, apiTag) => ({ inboundTag: [inboundTag], tag: apiTag }),
  doorSettings: { address: "127.0.0.1", networks: "tcp" },
};

/** The language of a target that is not sing-box. */
export function languageOf(target: ConfigTarget): Language {
  if (target === "v2ray5-jsonv5") return jsonv5;
  return target === "xray" ? xray : v2ray;
}
