import type { ApiOptions, CoreConfig, Side, UserRoute } from "./configs.ts";
import type { CoreKind } from "./real-cores.ts";

/** A configuration of sing-box, which counts only what is listed by name. */
export function singBoxConfig(kind: CoreKind, apiPort: number, side: Side, options: ApiOptions): CoreConfig {
  const { api = "port", routed = true, stats = true, services } = options;
  if (api !== "port" || !routed || services !== undefined) throw new TypeError(`${kind} has only a port for its API`);
  const place = { listen: "127.0.0.1", listen_port: side.port };
  const loop = side.side === "server" ? server(side) : client(side);
  const listen = `127.0.0.1:${apiPort}`;
  const json = {
    log: { level: "warn" },
    inbounds: [{ ...loop.inbound, ...place }],
    outbounds: loop.outbounds,
    route: { final: loop.outbounds[0]?.tag, rules: side.side === "server" ? side.routes.map(rule) : [] },
    experimental: {
      v2ray_api: {
        listen,
        ...(stats && {
          stats: {
            enabled: true,
            inbounds: [loop.inbound.tag],
            outbounds: loop.outbounds.map(({ tag }) => tag),
            users: side.side === "server" ? side.users.map(({ email }) => email) : [],
          },
        }),
      },
    },
  };
  return { json, apiAddress: listen, listens: [side.port, apiPort] };
}

function rule({ user, outbound }: UserRoute): object {
  return { auth_user: [user], outbound };
}

interface Loop {
  readonly inbound: { readonly type: string; readonly tag: string };
  readonly outbounds: readonly { readonly type: string; readonly tag: string }[];
}

function server(side: Extract<Side, { side: "server" }>): Loop {
  const users = side.users.map(({ email, id }) => ({ name: email, uuid: id }));
  const inbound = { type: "vmess", tag: "vmess-in", users };
  return { inbound, outbounds: ["direct", ...side.extraOutbounds].map((tag) => ({ type: "direct", tag })) };
}

function client(side: Extract<Side, { side: "client" }>): Loop {
  const destination = { server: "127.0.0.1", server_port: side.serverPort };
  const outbound = { type: "vmess", tag: "vmess-out", ...destination, uuid: side.id, security: "auto" };
  return { inbound: { type: "socks", tag: "socks-in" }, outbounds: [outbound] };
}
