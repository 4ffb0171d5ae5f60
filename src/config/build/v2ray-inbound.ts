import type { ConfigTarget } from "../target.ts";
import type { V2rayAccount, V2rayInbound } from "./config-blocks.ts";
import type { PasswordUser } from "./inbound-options.ts";
import { listenHost } from "./listen-host.ts";
import type { PlannedInbound } from "./plan.ts";
import { serverStream } from "./v2ray-stream.ts";

/** Writes an inbound for V2Ray 4, V2Ray 5 or Xray. */
export function v2rayInbound(target: ConfigTarget, inbound: PlannedInbound): V2rayInbound {
  const { tag, protocol, port } = inbound;
  const listen = listenHost(inbound);
  return {
    tag,
    ...(listen !== undefined && { listen }),
    port,
    protocol,
    settings: settingsOf(target, inbound),
    ...("tls" in inbound || "webSocket" in inbound ? serverStream(inbound) : {}),
  };
}

function settingsOf(target: ConfigTarget, inbound: PlannedInbound): object {
  switch (inbound.protocol) {
    case "vmess":
      return { clients: inbound.users.map(({ email, id, level = 0 }) => ({ email, id, level })) };
    case "vless":
      return { decryption: "none", clients: inbound.users.map(({ email, id, level = 0 }) => ({ email, id, level })) };
    case "trojan":
      return { clients: inbound.users.map(({ email, password, level = 0 }) => ({ email, password, level })) };
    case "shadowsocks":
      return { ...(target === "xray" ? manyUsers(inbound) : oneUser(inbound)), network: "tcp,udp" };
    case "socks":
      return { auth: inbound.users ? "password" : "noauth", ...accounts(inbound), udp: true };
    case "http":
      return accounts(inbound);
  }
}

type Shadowsocks = Extract<PlannedInbound, { readonly protocol: "shadowsocks" }>;

function oneUser({ method, users }: Shadowsocks): object {
  const [{ email, password, level = 0 }] = users as [Shadowsocks["users"][number]];
  return { method, password, email, level };
}

function manyUsers(inbound: Shadowsocks): object {
  const { method, users } = inbound;
  if ("serverKey" in inbound) {
    const clients = users.map(({ email, password, level = 0 }) => ({ email, password, level }));
    return { method, password: inbound.serverKey, clients };
  }
  return { clients: users.map(({ email, password, level = 0 }) => ({ email, method, password, level })) };
}

interface Open {
  readonly users?: readonly PasswordUser[] | undefined;
  readonly level?: number | undefined;
}

function accounts({ users, level = 0 }: Open): object {
  if (users === undefined) return {};
  const accounts: V2rayAccount[] = users.map(({ email, password }) => ({ user: email, pass: password }));
  return { accounts, userLevel: level };
}
