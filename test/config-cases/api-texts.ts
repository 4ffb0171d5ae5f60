import type { ConfigTarget } from "../../src/config/target.ts";
import type { RuleCase } from "./rule-case.ts";

/** The parts of a V2Ray or Xray server's configuration, each as its text; an empty one is left out. */
export interface ServerParts {
  readonly stats: string;
  readonly api: string;
  readonly policy: string;
  readonly apiInbound: string;
  readonly userInbound: string;
  readonly outbounds: string;
  /** The routing rule that leads to the API. */
  readonly apiRule: string;
  /** The rule behind it, which keeps users from the API. */
  readonly guard: string;
  /** The rules before them and behind them. */
  readonly rulesBefore: string;
  readonly rulesAfter: string;
  /** Members of `routing` beside the rules, and of the whole beside the parts. */
  readonly routing: string;
  readonly more: string;
}

/** The three cores that understand {@link server}. */
export const family = ["v2ray4", "v2ray5", "xray"] as const;

/** The user of {@link vmessInbound}. */
export const aliceId = "e731f153-4f31-49d3-9e8f-ff8f396135ef";

/** An inbound of V2Ray and Xray with the user alice, on port 20001. */
export const vmessInbound: string = `{ "tag": "vmess-in", "listen": "127.0.0.1", "port": 20001, "protocol": "vmess",
      "settings": { "clients": [{ "id": "${aliceId}", "email": "alice", "level": 0 }] } }`;

/** The rule that leads from the inbound "api-in" to the API. */
export const apiRule = `{ "type": "field", "inboundTag": ["api-in"], "outboundTag": "api" }`;

/** Outbounds that connect to targets, and one that blocks. */
export function outboundsOf(...tags: readonly string[]): string {
  const direct = tags.map((tag) => `{ "tag": "${tag}", "protocol": "freedom" }`);
  return [...direct, `{ "tag": "block", "protocol": "blackhole" }`].join(",\n    ");
}

// It does not count inbounds: whether the API's own is among them would differ between faulty and fixed texts.
const goodServer: ServerParts = {
  stats: `"stats": {}`,
  api: `"api": { "tag": "api", "services": ["StatsService"] }`,
  policy: `"policy": {
    "levels": { "0": { "statsUserUplink": true, "statsUserDownlink": true } },
    "system": { "statsOutboundUplink": true, "statsOutboundDownlink": true }
  }`,
  apiInbound: `{ "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1", "port": 1 } }`,
  userInbound: vmessInbound,
  outbounds: outboundsOf("direct"),
  apiRule,
  guard: `{ "type": "field", "inboundTag": ["vmess-in"], "port": 20000, "outboundTag": "block" }`,
  rulesBefore: "",
  rulesAfter: "",
  routing: "",
  more: "",
};

/** A case of each target, with what is said of every text of {@link server} or {@link singBoxServer}. */
export function casesFor<Target extends ConfigTarget>(
  targets: readonly Target[],
  make: (target: Target) => Omit<RuleCase, "target">,
): RuleCase[] {
  return targets.map((target) => {
    return { target, also: [target === "sing-box" ? "singbox-build-tag" : "system-flag-missing"], ...make(target) };
  });
}

/** A small server that counts, for V2Ray 4, V2Ray 5 and Xray, but for the parts that are changed. */
export function server(change: Partial<ServerParts> = {}): string {
  const parts = { ...goodServer, ...change };
  const rules = listed([parts.rulesBefore, parts.apiRule, parts.guard, parts.rulesAfter], 6);
  const routing = listed([parts.routing, rules && `"rules": [${rules}]`], 4);
  return `{
  "log": { "loglevel": "warning" },
  ${[
    parts.stats,
    parts.api,
    parts.policy,
    `"inbounds": [${listed([parts.apiInbound, parts.userInbound], 4)}]`,
    `"outbounds": [${listed([parts.outbounds], 4)}]`,
    routing && `"routing": {${routing}}`,
    parts.more,
  ]
    .filter(Boolean)
    .join(",\n  ")}
}
`;
}

/** What is said of the API's inbound where nothing leads it to the API: it could be one of users. */
export function asIfOfUsers(target: ConfigTarget): readonly string[] {
  return target === "xray" ? ["splice-late-counts"] : [];
}

/** The parts of a sing-box server's configuration that the API has to do with. */
export interface SingBoxParts {
  readonly listen: string;
  readonly userInbound: string;
  readonly rules: string;
  /** Members of the whole beside the parts. */
  readonly more: string;
}

const goodSingBox: SingBoxParts = {
  listen: "127.0.0.1:20000",
  userInbound: `{ "type": "vmess", "tag": "vmess-in", "listen": "127.0.0.1", "listen_port": 20001,
      "users": [{ "name": "alice", "uuid": "${aliceId}" }] }`,
  rules: `{ "port": 20000, "action": "reject" }`,
  more: "",
};

/** A small sing-box server that counts, but for the parts that are changed. */
export function singBoxServer(change: Partial<SingBoxParts> = {}): string {
  const parts = { ...goodSingBox, ...change };
  return `{
  "log": { "level": "warn" },
  "inbounds": [
    ${parts.userInbound}
  ],
  "outbounds": [
    { "type": "direct", "tag": "direct" }
  ],
  "route": { "rules": [${listed([parts.rules], 4)}], "final": "direct" },${parts.more && `\n  ${parts.more},`}
  "experimental": {
    "v2ray_api": {
      "listen": "${parts.listen}",
      "stats": { "enabled": true, "inbounds": ["vmess-in"], "outbounds": ["direct"], "users": ["alice"] }
    }
  }
}
`;
}

function listed(parts: readonly string[], indent: number): string {
  const present = parts.filter(Boolean);
  if (present.length === 0) return "";
  const before = `\n${" ".repeat(indent)}`;
  return before + present.join(`,${before}`) + before.slice(0, -2);
}
