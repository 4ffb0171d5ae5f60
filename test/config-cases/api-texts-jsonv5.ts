import { outboundsOf } from "./api-texts.ts";

/** The parts of a configuration for V2Ray 5's `-format jsonv5`, each as its text; an empty one is left out. */
export interface JsonV5Parts {
  /** In `services`, beside the stats. */
  readonly commander: string;
  readonly apiInbound: string;
  readonly userInbound: string;
  readonly outbounds: string;
  /** The routing rule that leads to the API. */
  readonly apiRule: string;
  /** The rule behind it, which keeps users from the API. */
  readonly guard: string;
  readonly rulesBefore: string;
  readonly rulesAfter: string;
  readonly balancers: string;
}

const goodServer: JsonV5Parts = {
  commander: `"commander": { "tag": "api", "name": ["stats"] }`,
  apiInbound: `{ "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1", "port": 1, "networks": "tcp" } }`,
  userInbound: `{ "tag": "vmess-in", "listen": "127.0.0.1", "port": 20001,
      "protocol": "#v2ray.core.proxy.vmess.inbound.Config",
      "settings": { "user": [{ "email": "alice", "account": {
        "@type": "types.v2fly.org/v2ray.core.proxy.vmess.Account", "id": "e731f153-4f31-49d3-9e8f-ff8f396135ef" } }] } }`,
  outbounds: outboundsOf("direct"),
  apiRule: `{ "inboundTag": ["api-in"], "tag": "api" }`,
  guard: `{ "inboundTag": ["vmess-in"], "portList": "20000", "tag": "block" }`,
  rulesBefore: "",
  rulesAfter: "",
  balancers: "",
};

/** A small server that counts, but for the parts that are changed. */
export function jsonV5Server(change: Partial<JsonV5Parts> = {}): string {
  const parts = { ...goodServer, ...change };
  const list = (...items: readonly string[]): string => items.filter(Boolean).join(",\n    ");
  return `{
  "log": { "access": { "type": "None" }, "error": { "type": "Console", "level": "Warning" } },
  "router": {
    ${list(parts.balancers, `"rule": [${list(parts.rulesBefore, parts.apiRule, parts.guard, parts.rulesAfter)}]`)}
  },
  "inbounds": [
    ${list(parts.apiInbound, parts.userInbound)}
  ],
  "outbounds": [
    ${list(parts.outbounds)}
  ],
  "services": {
    "stats": {},
    "policy": {
      "level": { "0": { "stats": { "userUplink": true, "userDownlink": true } } },
      "system": { "stats": { "outboundUplink": true, "outboundDownlink": true } }
    }${list(parts.commander) && `,\n    ${parts.commander}`}
  }
}
`;
}
