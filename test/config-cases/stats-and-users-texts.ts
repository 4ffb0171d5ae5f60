import type { ConfigTarget } from "../../src/config/target.ts";
import type { RuleCase } from "./rule-case.ts";

/** The cores that read the V2Ray language. */
export const v2rays = ["v2ray4", "v2ray5", "xray"] as const satisfies readonly ConfigTarget[];

/** One of {@link v2rays}. */
export type V2ray = (typeof v2rays)[number];

/** The ids of two users. */
export const aliceId = "e731f153-4f31-49d3-9e8f-ff8f396135ef";
export const bobId = "e731f153-4f31-49d3-9e8f-ff8f396135ee";

/** Parts of a V2Ray configuration as their text; an empty one is left out. */
export interface V2rayParts {
  readonly stats?: string;
  readonly levels?: string;
  readonly system?: string;
  /** The whole of `policy`, in place of levels and system. */
  readonly policy?: string;
  /** Inbounds beside that of the API. */
  readonly inbounds?: string;
  readonly outbounds?: string;
  /** A routing rule behind that of the API. */
  readonly rule?: string;
}

export const bothUserFlags = `"statsUserUplink": true, "statsUserDownlink": true`;
export const systemFlags = `"statsInboundUplink": true, "statsInboundDownlink": true,
      "statsOutboundUplink": true, "statsOutboundDownlink": true`;
const apiInbound = `{ "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1" } },
    `;
const apiRule = `{ "type": "field", "inboundTag": ["api-in"], "outboundTag": "api" }`;

/** A vmess inbound on port 20001 with these members of its `settings`. */
export function vmessWith(settings: string): string {
  return `{ "tag": "vmess-in", "listen": "127.0.0.1", "port": 20001, "protocol": "vmess",
      "settings": { ${settings} } }`;
}

/** That of one user, alice. */
export const aliceInbound = vmessWith(`"clients": [{ "id": "${aliceId}", "email": "alice" }]`);

/** A small server that counts all there is to count, in the language of V2Ray 4, V2Ray 5 and Xray. */
export function v2rayServer(target: V2ray, parts: V2rayParts = {}): string {
  const { stats = `"stats": {}`, inbounds = aliceInbound } = parts;
  const { levels = `"levels": { "0": { ${bothUserFlags} } }`, system = `"system": { ${systemFlags} }` } = parts;
  const { policy = `"policy": {\n    ${listed([levels, system], 4)}\n  }` } = parts;
  const { outbounds = `{ "tag": "direct", "protocol": "freedom" }` } = parts;
  const rules = listed([target === "xray" ? "" : apiRule, parts.rule ?? ""], 4);
  const listen = target === "xray" ? `"listen": "127.0.0.1:20000", ` : "";
  return `{
  "log": { "loglevel": "warning" },
  ${listed([
    stats,
    `"api": { "tag": "api", ${listen}"services": ["StatsService"] }`,
    policy,
    `"inbounds": [\n    ${target === "xray" ? "" : apiInbound}${inbounds}\n  ]`,
    `"outbounds": [\n    ${outbounds}\n  ]`,
    rules && `"routing": { "rules": [\n    ${rules}\n  ] }`,
  ])}
}
`;
}

/** Rules that rightly fire on every text of {@link v2rayServer}. */
const alsoOf: Readonly<Record<V2ray, readonly string[]>> = {
  v2ray4: ["api-inbound-counted", "api-open-to-proxy-users"],
  v2ray5: ["api-inbound-counted", "api-open-to-proxy-users"],
  xray: ["raw-tcp-undercount", "api-open-to-proxy-users"],
};

/** A case of V2Ray 4, V2Ray 5 and Xray, but for what differs between them. */
export interface V2rayCase extends Omit<RuleCase, "target" | "faulty" | "fixed" | "also" | "alsoFixed"> {
  readonly targets?: readonly V2ray[];
  readonly faulty: V2rayParts;
  readonly fixed: V2rayParts;
  /** Rules that fire here and on no other text of {@link v2rayServer}. */
  readonly also?: readonly string[];
  /** The same, on Xray alone. */
  readonly xrayAlso?: readonly string[];
  /** Rules that do not fire here, though on other texts. */
  readonly notAlso?: readonly string[];
  /** Rules that fire on other texts, and here on the mended one alone. */
  readonly notFaulty?: readonly string[];
}

/** One case for each of the cores. */
export function v2rayCases(parts: V2rayCase): RuleCase[] {
  const { targets = v2rays, also = [], xrayAlso = [], notAlso = [], notFaulty = [], ...rest } = parts;
  return targets.map((target) => ({
    ...rest,
    target,
    faulty: v2rayServer(target, rest.faulty),
    fixed: v2rayServer(target, rest.fixed),
    also: [
      ...alsoOf[target].filter((rule) => !notAlso.includes(rule) && !notFaulty.includes(rule)),
      ...also,
      ...(target === "xray" ? xrayAlso : []),
    ],
    alsoFixed: alsoOf[target].filter((rule) => notFaulty.includes(rule)),
  }));
}

/** Parts, with a comma between those that there are. */
export function listed(parts: readonly string[], indent = 2): string {
  return parts.filter((part) => part !== "").join(`,\n${" ".repeat(indent)}`);
}
