import type { Jsonv5Inbound, Jsonv5Rule, Jsonv5StatsConfig, V2rayOutbound } from "./config-blocks.ts";
import type { IdUser, Leveled, PasswordUser, ServerTransport, WebSocketOptions } from "./inbound-options.ts";
import { jsonv5Blocks } from "./jsonv5-blocks.ts";
import { listenHost } from "./listen-host.ts";
import type { ClientTransport } from "./outbound-options.ts";
import type { ConfigPlan, PlannedInbound, PlannedOutbound } from "./plan.ts";

/** Writes a configuration for V2Ray 5 in jsonv5. */
export function jsonv5Config(plan: ConfigPlan): Jsonv5StatsConfig {
  const { router, inbounds, services } = jsonv5Blocks(plan);
  const routes = plan.routes.map(({ inbounds, users, outbound }): Jsonv5Rule => {
    return { ...(inbounds && { inboundTag: inbounds }), ...(users && { userEmail: users }), tag: outbound };
  });
  return {
    router: { ...router, rule: [...(router.rule ?? []), ...routes] },
    inbounds: [...plan.inbounds.map(inbound), ...inbounds],
    outbounds: plan.outbounds.map(outbound),
    services,
  };
}

function inbound(options: PlannedInbound): Jsonv5Inbound {
  const { tag, port } = options;
  const listen = listenHost(options);
  const stream = "tls" in options || "webSocket" in options ? serverStream(options) : {};
  return { tag, ...(listen !== undefined && { listen }), port, ...proxy(options), ...stream };
}

/** Protocol and settings in the long form: users of the short one have no e-mail. */
function proxy(inbound: PlannedInbound): { readonly protocol: string; readonly settings: object } {
  const config = (type: string, settings: object) => ({ protocol: `#v2ray.core.proxy.${type}`, settings });
  switch (inbound.protocol) {
    case "vmess":
      return config("vmess.inbound.Config", { user: inbound.users.map((each) => idUser("vmess", each)) });
    case "vless": {
      const clients = inbound.users.map((each) => idUser("vless", each));
      return config("vless.inbound.Config", { decryption: "none", clients });
    }
    case "trojan":
      return config("trojan.ServerConfig", { users: inbound.users.map((each) => passwordUser("trojan", each, {})) });
    case "shadowsocks": {
      const cipherType = cipherTypes.get(inbound.method);
      const [user] = inbound.users.map((each) => passwordUser("shadowsocks", each, { cipherType }));
      return config("shadowsocks.ServerConfig", { user, network: ["TCP", "UDP"] });
    }
    case "socks": {
      const authType = inbound.users ? "PASSWORD" : "NO_AUTH";
      return config("socks.ServerConfig", { authType, ...accounts(inbound), udpEnabled: true });
    }
    case "http":
      return config("http.ServerConfig", accounts(inbound));
  }
}

const cipherTypes = new Map([
  ["aes-128-gcm", "AES_128_GCM"],
  ["aes-256-gcm", "AES_256_GCM"],
  ["chacha20-ietf-poly1305", "CHACHA20_POLY1305"],
]);

function account(protocol: string, members: object): object {
  return { "@type": `types.v2fly.org/v2ray.core.proxy.${protocol}.Account`, ...members };
}

function idUser(protocol: "vmess" | "vless", { email, id, level = 0 }: IdUser & Leveled): object {
  return { email, level, account: account(protocol, { id }) };
}

function passwordUser(protocol: string, user: PasswordUser & Leveled, members: object): object {
  const { email, password, level = 0 } = user;
  return { email, level, account: account(protocol, { password, ...members }) };
}

function accounts({ users, level = 0 }: Leveled & { readonly users?: readonly PasswordUser[] | undefined }): object {
  if (users === undefined) return {};
  return { accounts: Object.fromEntries(users.map(({ email, password }) => [email, password])), userLevel: level };
}

function outbound(options: PlannedOutbound): V2rayOutbound {
  const { tag, protocol } = options;
  if (options.protocol === "freedom" || options.protocol === "blackhole") return { tag, protocol };
  const place = { address: options.host, port: options.port };
  const stream = "tls" in options || "webSocket" in options ? clientStream(options) : {};
  switch (options.protocol) {
    case "vmess":
    case "vless":
      return { tag, protocol, settings: { ...place, uuid: options.id }, ...stream };
    case "trojan":
      return { tag, protocol, settings: { ...place, password: options.password }, ...stream };
    case "shadowsocks":
      return { tag, protocol, settings: { ...place, method: options.method, password: options.password } };
    default: {
      const user = options.account && [{ account: account(protocol, options.account) }];
      const server = [{ ...place, ...(user && { user }) }];
      return { tag, protocol: `#v2ray.core.proxy.${protocol}.ClientConfig`, settings: { server } };
    }
  }
}

function serverStream({ tls, webSocket }: ServerTransport): object {
  return stream(tls && { certificate: [{ certificateFile: tls.certificateFile, keyFile: tls.keyFile }] }, webSocket);
}

function clientStream({ tls, webSocket }: ClientTransport): object {
  if (tls === undefined) return stream(undefined, webSocket);
  const { serverName, authorityFile } = tls;
  const authority = { usage: "AUTHORITY_VERIFY", certificateFile: authorityFile };
  const settings = {
    ...(serverName !== undefined && { serverName }),
    ...(authorityFile !== undefined && { certificate: [authority] }),
  };
  return stream(settings, webSocket);
}

function stream(securitySettings: object | undefined, webSocket: WebSocketOptions | undefined): object {
  if (securitySettings === undefined && webSocket === undefined) return {};
  return {
    streamSettings: {
      ...(webSocket && { transport: "ws", transportSettings: { path: webSocket.path ?? "/" } }),
      ...(securitySettings && { security: "tls", securitySettings }),
    },
  };
}
