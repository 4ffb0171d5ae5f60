import type { ConfigTarget } from "../../src/config/target.ts";

/** The cores that read the V2Ray language. */
export const v2rays = ["v2ray4", "v2ray5", "xray"] as const satisfies readonly ConfigTarget[];

/** One of {@link v2rays}. */
export type V2ray = (typeof v2rays)[number];

export const aliceId = "e731f153-4f31-49d3-9e8f-ff8f396135ef";
export const bobId = "e731f153-4f31-49d3-9e8f-ff8f396135ee";

export const userFlags = `"statsUserUplink": true, "statsUserDownlink": true`;
export const inboundFlags = `"statsInboundUplink": true, "statsInboundDownlink": true`;
export const outboundFlags = `"statsOutboundUplink": true, "statsOutboundDownlink": true`;

export const aliceClient = `{ "id": "${aliceId}", "email": "alice" }`;

/** An inbound on 127.0.0.1, its name and these further members. */
export function inbound(tag: string, port: number, members: string): string {
  return `{ "tag": "${tag}", "listen": "127.0.0.1", "port": ${port}, ${members} }`;
}

/** The vmess inbound of alice on port 20001. */
export const vmessInbound: string = inbound(
  "vmess-in",
  20001,
  `"protocol": "vmess", "settings": { "clients": [${aliceClient}] }`,
);

/** A member of an inbound or outbound: its connections go over WebSocket. */
export const webSocket = `, "streamSettings": { "network": "ws" }`;

/** Parts of a configuration, each as its text. */
export interface ServerParts {
  readonly levels?: string;
  readonly system?: string;
  readonly inbounds?: readonly string[];
  readonly outbounds?: readonly string[];
  readonly rules?: readonly string[];
}

export const direct = `{ "tag": "direct", "protocol": "freedom" }`;
const apiInbound = inbound("api-in", 20000, `"protocol": "dokodemo-door", "settings": { "address": "127.0.0.1" }`);
const apiRule = `{ "type": "field", "inboundTag": ["api-in"], "outboundTag": "api" }`;

// Users who could reach the API would be another finding.
const block = `{ "tag": "block", "protocol": "blackhole" }`;
const apiBlocked = `{ "type": "field", "port": 20000, "outboundTag": "block" }`;

/** A server that counts all there is to count, for V2Ray 4, V2Ray 5 and Xray; its API is on port 20000. */
export function server(target: V2ray, parts: ServerParts = {}): string {
  const { levels = `"0": { ${userFlags} }`, system = `${inboundFlags}, ${outboundFlags}` } = parts;
  const { inbounds = [vmessInbound], outbounds = [direct], rules = [] } = parts;
  const isXray = target === "xray";
  const listen = isXray ? `"listen": "127.0.0.1:20000", ` : "";
  return `{
  "log": { "loglevel": "warning" },
  "stats": {},
  "api": { "tag": "api", ${listen}"services": ["StatsService"] },
  "policy": {
    "levels": { ${levels} },
    "system": { ${system} }
  },
  "inbounds": [${lines(isXray ? inbounds : [apiInbound, ...inbounds])}],
  "outbounds": [${lines([...outbounds, block])}],
  "routing": { "rules": [${lines([...(isXray ? [] : [apiRule]), apiBlocked, ...rules])}] }
}
`;
}

function lines(items: readonly string[]): string {
  return items.length === 0 ? "" : `\n    ${items.join(",\n    ")}\n  `;
}

/** Rules that fire on every {@link server}. */
export function alwaysOf(target: V2ray): string[] {
  return target === "xray" ? [] : ["api-inbound-counted"];
}
