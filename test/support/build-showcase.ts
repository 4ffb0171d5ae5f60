import type { StatsConfigOptions } from "../../src/config/build/build-options.ts";
import type { ConfigTarget } from "../../src/config/target.ts";
import type { BuildFiles } from "./build-arbitrary.ts";

/** A server with every protocol, transport and way to name users that the target has, several levels and a route. */
export function everyProtocol(target: ConfigTarget, { server }: BuildFiles): StatsConfigOptions {
  const many = target === "xray" || target === "sing-box";
  const level = (level: number): object => (target === "sing-box" ? {} : { level });
  const tls = { certificateFile: server.certificateFile, keyFile: server.keyFile };
  const webSocket = { path: "/ws" };
  const key = (byte: number): string => Buffer.alloc(16, byte).toString("base64");
  const inbounds = [
    { protocol: "vmess", users: [byId("alice", 1), { ...byId("Bob@Example", 2), ...level(300) }] },
    { protocol: "vmess", tls, webSocket, users: [byId("alice", 1)] },
    { protocol: "vless", tls, users: [{ ...byId("carol", 3), ...level(1) }] },
    { protocol: "vless", webSocket: {}, users: [byId("__proto__", 4)] },
    { protocol: "trojan", tls, tag: "trojan over TLS", users: [{ email: "dave", password: "d", ...level(255) }] },
    { protocol: "shadowsocks", method: "chacha20-ietf-poly1305", users: [{ email: "erin", password: "e" }] },
    { protocol: "socks", users: [{ email: "frank 🙂", password: "f" }], ...level(2) },
    { protocol: "http" },
    many
      ? { protocol: "shadowsocks", method: "2022-blake3-aes-128-gcm", serverKey: key(9), users: [1, 2].map(byKey) }
      : { protocol: "http", users: [{ email: "grace", password: "g" }] },
  ].map((inbound, index) => ({ ...inbound, host: "127.0.0.1", port: 20_001 + index }));
  function byKey(byte: number): object {
    return { email: `heidi-${byte}`, password: key(byte), ...level(byte) };
  }
  return {
    target,
    api: { port: 20_000 },
    inbounds,
    outbounds: [{ protocol: "freedom" }, { protocol: "freedom", tag: "second" }, { protocol: "blackhole" }],
    routes: [
      { users: ["carol"], outbound: "second" },
      { inbounds: ["trojan over TLS"], users: ["dave"], outbound: "second" },
    ],
    blockLoopback: false,
  } as unknown as StatsConfigOptions;
}

function byId(email: string, index: number): object {
  return { email, id: `8f0c1b8e-6f52-4ed8-9a53-0c5d3c0f6a${String(index).padStart(2, "0")}` };
}

/** The smallest server with each way to reach the API that the target has, by its name. */
export function everyApi(target: ConfigTarget, certificates: BuildFiles): ReadonlyMap<string, StatsConfigOptions> {
  const { ca, server } = certificates;
  const port = 20_000;
  const tls = { certificateFile: server.certificateFile, keyFile: server.keyFile };
  const mutual = { ...tls, clientAuthorityFile: ca.certificateFile };
  const way = target === "xray" ? { way: "inbound" } : {};
  const ownListener: [string, object] = ["its own listener", { port }];
  const behindInbound: [string, object][] = [
    ["a port behind an inbound", { port, ...way, tag: "the api", inboundTag: "the way to it" }],
    ["a Unix socket", { socket: "/case/api.sock" }],
    ["an abstract socket", { socket: `@v2ray-stats-build-${target}-${process.pid}` }],
    ["TLS", { port, ...way, tls }],
    ...(target.startsWith("v2ray5") ? [["mutual TLS", { port, tls: mutual }] as [string, object]] : []),
  ];
  const ways: readonly [string, object][] = [
    ...(target === "sing-box" || target === "xray" ? [ownListener] : []),
    ...(target === "sing-box" ? [] : behindInbound),
  ];
  const inbounds = [{ protocol: "vmess", host: "127.0.0.1", port: 20_001, users: [byId("alice", 1)] }];
  return new Map(
    ways.map(([name, api]) => [name, { target, api, inbounds, blockLoopback: false } as unknown as StatsConfigOptions]),
  );
}
