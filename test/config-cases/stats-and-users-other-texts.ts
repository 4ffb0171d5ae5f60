import type { RuleCase } from "./rule-case.ts";
import { aliceId, listed } from "./stats-and-users-texts.ts";

/** Parts of a jsonv5 configuration as their text; an empty one is left out. */
export interface JsonV5Parts {
  readonly stats?: string;
  readonly level?: string;
  readonly system?: string;
  /** The whole of `policy`, in place of level and system. */
  readonly policy?: string;
  /** Inbounds beside that of the API. */
  readonly inbounds?: string;
  readonly outbounds?: string;
}

export const jsonv5Flags = `"userUplink": true, "userDownlink": true`;
export const jsonv5SystemFlags = `"inboundUplink": true, "inboundDownlink": true,
        "outboundUplink": true, "outboundDownlink": true`;

/** A user of the full form, with these members beside the account. */
export function jsonv5User(members: string, id: string = aliceId): string {
  const account = `"account": { "@type": "types.v2fly.org/v2ray.core.proxy.vmess.Account", "id": "${id}" }`;
  return `{ ${listed([members, account], 0).replace("\n", " ")} }`;
}

/** A vmess inbound of the full form. */
export function jsonv5Inbound(users: string, port = 20001, tag = `"tag": "vmess-in", `): string {
  return `{ ${tag}"listen": "127.0.0.1", "port": ${port}, "protocol": "#v2ray.core.proxy.vmess.inbound.Config",
      "settings": { "user": [${users}] } }`;
}

/** A small server that counts all there is to count, for V2Ray 5 with `-format jsonv5`. */
export function jsonv5Server(parts: JsonV5Parts = {}): string {
  const { stats = `"stats": {}`, inbounds = jsonv5Inbound(jsonv5User(`"email": "alice"`)) } = parts;
  const { level = `"level": { "0": { "stats": { ${jsonv5Flags} } } }` } = parts;
  const { system = `"system": { "stats": { ${jsonv5SystemFlags} } }` } = parts;
  const { policy = `"policy": {\n      ${listed([level, system], 6)}\n    }` } = parts;
  const { outbounds = `{ "tag": "direct", "protocol": "freedom" }` } = parts;
  return `{
  "router": { "rule": [{ "inboundTag": ["api-in"], "tag": "api" }] },
  "inbounds": [
    { "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1", "networks": "tcp" } },
    ${inbounds}
  ],
  "outbounds": [
    ${outbounds}
  ],
  "services": {
    ${listed([stats, policy, `"commander": { "tag": "api", "name": ["stats"] }`], 4)}
  }
}
`;
}

/** A case of jsonv5. */
export function jsonv5Case(parts: OtherCase<JsonV5Parts>): RuleCase {
  return otherCase("v2ray5-jsonv5", ["api-inbound-counted", "api-open-to-proxy-users"], jsonv5Server, parts);
}

/** Parts of a sing-box configuration as their text. */
export interface SingBoxParts {
  readonly inbounds?: string;
  readonly outbounds?: string;
  /** What `stats` holds beside the outbounds. */
  readonly stats?: string;
}

/** A vmess inbound of sing-box. */
export function singBoxInbound(users: string, port = 20001, tag = "vmess-in"): string {
  return `{ "type": "vmess", "tag": "${tag}", "listen": "127.0.0.1", "listen_port": ${port},
      "users": [${users}] }`;
}

/** A small server that counts all there is to count, for sing-box. */
export function singBoxServer(parts: SingBoxParts = {}): string {
  const { inbounds = singBoxInbound(`{ "name": "alice", "uuid": "${aliceId}" }`) } = parts;
  const { outbounds = `{ "type": "direct", "tag": "direct" }` } = parts;
  const { stats = `"enabled": true, "inbounds": ["vmess-in"], "users": ["alice"]` } = parts;
  return `{
  "log": { "level": "warn" },
  "inbounds": [
    ${inbounds}
  ],
  "outbounds": [
    ${outbounds}
  ],
  "experimental": {
    "v2ray_api": {
      "listen": "127.0.0.1:20000",
      "stats": { ${stats}, "outbounds": ["direct"] }
    }
  }
}
`;
}

/** A case of sing-box. */
export function singBoxCase(parts: OtherCase<SingBoxParts>): RuleCase {
  return otherCase("sing-box", ["api-open-to-proxy-users", "singbox-build-tag"], singBoxServer, parts);
}

/** A case whose texts are made of parts. */
export interface OtherCase<Parts> extends Omit<RuleCase, "target" | "faulty" | "fixed" | "also" | "alsoFixed"> {
  readonly faulty: Parts;
  readonly fixed: Parts;
  /** Rules that fire here and on no other text of this language. */
  readonly also?: readonly string[];
  /** Rules that do not fire here, though on other texts. */
  readonly notAlso?: readonly string[];
  /** Rules that fire on other texts, and here on the mended one alone. */
  readonly notFaulty?: readonly string[];
}

function otherCase<Parts>(
  target: "v2ray5-jsonv5" | "sing-box",
  always: readonly string[],
  text: (parts: Parts) => string,
  { faulty, fixed, also = [], notAlso = [], notFaulty = [], ...rest }: OtherCase<Parts>,
): RuleCase {
  return {
    ...rest,
    target,
    faulty: text(faulty),
    fixed: text(fixed),
    also: [...always.filter((rule) => !notAlso.includes(rule) && !notFaulty.includes(rule)), ...also],
    alsoFixed: always.filter((rule) => notFaulty.includes(rule)),
  };
}
