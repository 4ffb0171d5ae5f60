import type {
  SingBoxInbound,
  SingBoxOutbound,
  SingBoxStatsBlocks,
  SingBoxStatsConfig,
  SingBoxUser,
} from "./config-blocks.ts";
import type { IdUser, PasswordUser, ServerTransport, WebSocketOptions } from "./inbound-options.ts";
import { listenHost } from "./listen-host.ts";
import type { ClientTransport } from "./outbound-options.ts";
import type { BlocksPlan, ConfigPlan, PlannedInbound, PlannedOutbound } from "./plan.ts";
import { hostPort } from "./plan-api.ts";

/** Writes the parts that count for sing-box. */
export function singBoxBlocks({ api, counted, loopback }: BlocksPlan): SingBoxStatsBlocks {
  const listen = "port" in api.place ? hostPort(api.place) : "";
  // Resolved first, for a domain that leads to this machine would pass a rule that names addresses.
  const rules = loopback && [{ action: "resolve" }, { ip_cidr: loopback.networks, action: "reject" }];
  return {
    experimental: { v2ray_api: { listen, stats: { enabled: true, ...counted } } },
    ...(rules && { route: { rules } }),
  };
}

/** Writes a configuration for sing-box. */
export function singBoxConfig(plan: ConfigPlan): SingBoxStatsConfig {
  const { experimental, route } = singBoxBlocks(plan);
  const routes = plan.routes.map(({ inbounds, users, outbound }) => {
    return { ...(inbounds && { inbound: inbounds }), ...(users && { auth_user: users }), outbound };
  });
  return {
    inbounds: plan.inbounds.map(inbound),
    outbounds: plan.outbounds.map(outbound),
    route: { rules: [...(route?.rules ?? []), ...routes], final: plan.outbounds[0]?.tag },
    experimental,
  };
}

function inbound(options: PlannedInbound): SingBoxInbound {
  const { tag, port, protocol: type } = options;
  const stream = "tls" in options || "webSocket" in options ? serverStream(options) : {};
  return { type, tag, listen: listenHost(options) ?? "::", listen_port: port, ...access(options), ...stream };
}

function access(inbound: PlannedInbound): { readonly users?: readonly SingBoxUser[] } {
  switch (inbound.protocol) {
    case "vmess":
    case "vless":
      return { users: inbound.users.map(({ email, id }: IdUser) => ({ name: email, uuid: id })) };
    case "trojan":
      return { users: inbound.users.map(named) };
    case "shadowsocks": {
      const key = "serverKey" in inbound && { password: inbound.serverKey };
      return { ...{ method: inbound.method, ...key }, users: inbound.users.map(named) };
    }
    default: {
      const users = inbound.users?.map(({ email, password }) => ({ username: email, password }));
      return { ...(users && { users }) };
    }
  }
}

function named({ email, password }: PasswordUser): SingBoxUser {
  return { name: email, password };
}

function outbound(options: PlannedOutbound): SingBoxOutbound {
  const { tag } = options;
  if (options.protocol === "freedom") return { type: "direct", tag };
  if (options.protocol === "blackhole") return { type: "block", tag };
  const place = { type: options.protocol, tag, server: options.host, server_port: options.port };
  const stream = "tls" in options || "webSocket" in options ? clientStream(options) : {};
  switch (options.protocol) {
    case "vmess":
      return { ...place, ...{ uuid: options.id, security: "auto", ...stream } };
    case "vless":
      return { ...place, ...{ uuid: options.id, ...stream } };
    case "trojan":
      return { ...place, ...{ password: options.password, ...stream } };
    case "shadowsocks":
      return { ...place, ...{ method: options.method, password: options.password } };
    default:
      return { ...place, ...options.account };
  }
}

function serverStream({ tls, webSocket }: ServerTransport): object {
  const files = tls && { certificate_path: tls.certificateFile, key_path: tls.keyFile };
  return { ...(files && { tls: { enabled: true, ...files } }), ...transport(webSocket) };
}

function clientStream({ tls, webSocket }: ClientTransport): object {
  const settings = tls && {
    enabled: true,
    ...(tls.serverName !== undefined && { server_name: tls.serverName }),
    ...(tls.authorityFile !== undefined && { certificate_path: tls.authorityFile }),
  };
  return { ...(settings && { tls: settings }), ...transport(webSocket) };
}

function transport(webSocket: WebSocketOptions | undefined): object {
  return webSocket === undefined ? {} : { transport: { type: "ws", path: webSocket.path ?? "/" } };
}
