import type { ConfigTarget } from "../../src/config/target.ts";
import type { CaseText } from "../config-cases/rule-case.ts";
import { clientJson, userOutbound } from "../support/case-client.ts";
import { coreOf } from "../support/case-files.ts";
import type { CaseRun } from "../support/case-run.ts";
import { type ClientUser, fetchThrough } from "../support/case-traffic.ts";
import { freePorts } from "../support/free-ports.ts";
import { startCore } from "../support/real-cores.ts";
import { startTarget } from "../support/traffic.ts";

/** A configuration, and traffic of everybody in it who can connect. */
export interface ExplainCase {
  readonly title: string;
  readonly target: ConfigTarget;
  readonly text: CaseText;
  /** Ports to wait for; the API's is 20000. */
  readonly listens: readonly number[];
  readonly traffic: (run: CaseRun) => Promise<void>;
}

/** The cores that read the V2Ray language. */
export const v2rays = ["v2ray4", "v2ray5", "xray"] as const;

const ids = new Map<string, string>();

/** An id for each name. */
export function idOf(name: string): string {
  const id = ids.get(name) ?? `e731f153-4f31-49d3-9e8f-${(0xff8f396135ef - ids.size * 7).toString(16)}`;
  ids.set(name, id);
  return id;
}

/**
 * Sends something as each of these users, one after the other. A core that has just started may drop its first
 * connection, so that one is made again: which counters there are does not depend on it.
 */
export function each(...users: readonly ClientUser[]): (run: CaseRun) => Promise<void> {
  return async (run) => {
    for (const user of users) await run.clientTraffic({ user }).catch(() => run.clientTraffic({ user }));
  };
}

/** Sends several times through one client, which takes turns once an answer has told it of another port. */
export async function sendOften(run: CaseRun, user: ClientUser, times: number): Promise<void> {
  await using target = await startTarget();
  const server = { ...user, port: run.port(user.port) };
  let socks = 0;
  await using _client = await startCore(coreOf(run.target), async () => {
    ({ socks } = await freePorts("socks"));
    const json = clientJson(coreOf(run.target), socks, userOutbound(coreOf(run.target), server));
    return { json, apiAddress: "none", listens: [socks] };
  });
  for (let time = 0; time < times; time++) await fetchThrough({ via: "socks", port: socks }, target);
}

export function vmess(port: number, name: string): ClientUser {
  return { protocol: "vmess", port, id: idOf(name) };
}

export function vless(port: number, name: string): ClientUser {
  return { protocol: "vless", port, id: idOf(name) };
}

export function trojan(port: number, name: string): ClientUser {
  return { protocol: "trojan", port, password: idOf(name) };
}

/** A method of shadowsocks 2022, and the server's key. */
export const shadowsocks2022 = { method: "2022-blake3-aes-128-gcm", password: Buffer.alloc(16, 1).toString("base64") };

/** A user's key, all of one byte. */
export function userKey(byte: number): string {
  return Buffer.alloc(16, byte).toString("base64");
}

/** A user of an inbound of {@link shadowsocks2022}. */
export function shadowsocksUser(port: number, byte: number): ClientUser {
  const { method, password } = shadowsocks2022;
  return { protocol: "shadowsocks", port, method, password: `${password}:${userKey(byte)}` };
}

/** A client of vmess or vless. */
export function client(name: string, more: object = {}): object {
  return { id: idOf(name), email: name, ...more };
}

const place = { listen: "127.0.0.1" };

/** An inbound of V2Ray and Xray. */
export function inbound(tag: string | undefined, port: number, protocol: string, settings: object): object {
  return { ...(tag !== undefined && { tag }), ...place, port, protocol, settings };
}

export const bothFlags = { statsUserUplink: true, statsUserDownlink: true };
export const systemFlags = {
  statsInboundUplink: true,
  statsInboundDownlink: true,
  statsOutboundUplink: true,
  statsOutboundDownlink: true,
};

/** A configuration of V2Ray and Xray around these inbounds, with everything counted but what `change` says. */
export function v2ray(inbounds: readonly object[], change: object = {}): string {
  const apiInbound = inbound("api-in", 20000, "dokodemo-door", { address: "127.0.0.1", port: 1 });
  return JSON.stringify({
    log: { loglevel: "warning" },
    stats: {},
    api: { tag: "api", services: ["StatsService"] },
    policy: { levels: { 0: bothFlags }, system: systemFlags },
    inbounds: [apiInbound, ...inbounds],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
    routing: { rules: [{ type: "field", inboundTag: ["api-in"], outboundTag: "api" }] },
    ...change,
  });
}

/** A configuration of sing-box around these parts. */
export function singBox(
  parts: { inbounds: readonly object[]; outbounds?: readonly object[]; route?: object },
  stats: object,
): string {
  return JSON.stringify({
    log: { level: "warn" },
    outbounds: [{ type: "direct", tag: "direct" }],
    ...parts,
    experimental: { v2ray_api: { listen: "127.0.0.1:20000", stats: { enabled: true, ...stats } } },
  });
}

/** An inbound of sing-box. */
export function singBoxInbound(type: string, tag: string | undefined, port: number, more: object = {}): object {
  return { type, ...(tag !== undefined && { tag }), ...place, listen_port: port, ...more };
}
