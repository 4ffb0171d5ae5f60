import assert from "node:assert/strict";
import { test } from "node:test";
import type { SingBoxConfigOptions, V2ray5ConfigOptions } from "../../../../src/config/build/build-options.ts";
import { buildStatsConfig } from "../../../../src/config/build/build-stats-config.ts";

const id = "8f0c1b8e-6f52-4ed8-9a53-0c5d3c0f6a11";
const files = { certificateFile: "/etc/cert.pem", keyFile: "/etc/key.pem" };
const inbounds = [
  { protocol: "vless", port: 443, users: [{ email: "alice", id }], tls: files, webSocket: { path: "/w" } },
  { protocol: "socks", port: 1080, users: [{ email: "bob", password: "p" }] },
] as const satisfies SingBoxConfigOptions["inbounds"];
const server = { api: { port: 10085 }, inbounds } as const;
const leveled = [{ ...inbounds[0], users: [{ email: "alice", id, level: 3 }] }, inbounds[1]] as const;
const stream = {
  network: "ws",
  wsSettings: { path: "/w" },
  security: "tls",
  tlsSettings: { certificates: [files] },
};
const userFlags = { statsUserUplink: true, statsUserDownlink: true };

test("a server for Xray listens for its API itself, and has no rule that leads there", () => {
  const { inbounds, api, routing, policy } = buildStatsConfig({ target: "xray", ...server, inbounds: leveled });
  assert.deepEqual(api, { tag: "api", listen: "127.0.0.1:10085", services: ["StatsService"] });
  assert.deepEqual(inbounds, [
    {
      tag: "vless-in",
      port: 443,
      protocol: "vless",
      settings: { decryption: "none", clients: [{ email: "alice", id, level: 3 }] },
      streamSettings: stream,
    },
    {
      tag: "socks-in",
      listen: "127.0.0.1",
      port: 1080,
      protocol: "socks",
      settings: { auth: "password", accounts: [{ user: "bob", pass: "p" }], userLevel: 0, udp: true },
    },
  ]);
  assert.deepEqual(policy.levels, { 0: userFlags, 3: userFlags });
  assert.deepEqual(
    routing.rules?.map(({ outboundTag }) => outboundTag),
    ["block"],
  );
});

test("an older Xray gets an inbound and a rule, with the port it would otherwise miss", () => {
  const { inbounds, api, routing } = buildStatsConfig({ target: "xray", version: "1.8.11", ...server });
  assert.deepEqual(api, { tag: "api", services: ["StatsService"] });
  assert.deepEqual(inbounds.at(-1), {
    tag: "api",
    listen: "127.0.0.1",
    port: 10085,
    protocol: "dokodemo-door",
    settings: { address: "127.0.0.1", port: 1 },
  });
  assert.deepEqual(routing.rules?.[0], { type: "field", inboundTag: ["api"], outboundTag: "api" });
});

test("who is online is kept for each level, also where no traffic is counted", () => {
  const online = buildStatsConfig({ target: "xray", ...server, online: true });
  assert.deepEqual(online.policy.levels, { 0: { ...userFlags, statsUserOnline: true } });
  const alone = buildStatsConfig({ target: "xray", ...server, online: true, scopes: ["inbound"] });
  assert.deepEqual(alone.policy.levels, { 0: { statsUserOnline: true } });
  const neither = buildStatsConfig({ target: "xray", ...server, scopes: ["inbound"] });
  assert.equal(neither.policy.levels, undefined);
});

test("a server for V2Ray 5 in jsonv5 has its users in the long form", () => {
  const config = buildStatsConfig({ target: "v2ray5-jsonv5", ...server, blockLoopback: false, scopes: ["user"] });
  const type = "types.v2fly.org/v2ray.core.proxy.vless.Account";
  assert.deepEqual(config, {
    router: { rule: [{ inboundTag: ["api"], tag: "api" }] },
    inbounds: [
      {
        tag: "vless-in",
        port: 443,
        protocol: "#v2ray.core.proxy.vless.inbound.Config",
        settings: { decryption: "none", clients: [{ email: "alice", level: 0, account: { "@type": type, id } }] },
        streamSettings: {
          transport: "ws",
          transportSettings: { path: "/w" },
          security: "tls",
          securitySettings: { certificate: [files] },
        },
      },
      {
        tag: "socks-in",
        listen: "127.0.0.1",
        port: 1080,
        protocol: "#v2ray.core.proxy.socks.ServerConfig",
        settings: { authType: "PASSWORD", accounts: { bob: "p" }, userLevel: 0, udpEnabled: true },
      },
      {
        tag: "api",
        listen: "127.0.0.1",
        port: 10085,
        protocol: "dokodemo-door",
        settings: { address: "127.0.0.1", networks: "tcp" },
      },
    ],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
    services: {
      stats: {},
      policy: { level: { 0: { stats: { userUplink: true, userDownlink: true } } }, system: { stats: {} } },
      commander: { tag: "api", name: ["stats"] },
    },
  });
});

test("a server for sing-box lists whom it counts, and resolves before it rejects", () => {
  const routes = [{ users: ["bob"], outbound: "other" }];
  const outbounds = [{ protocol: "freedom" }, { protocol: "freedom", tag: "other" }] as const;
  assert.deepEqual(buildStatsConfig({ target: "sing-box", ...server, outbounds, routes }), {
    inbounds: [
      {
        type: "vless",
        tag: "vless-in",
        listen: "::",
        listen_port: 443,
        users: [{ name: "alice", uuid: id }],
        tls: { enabled: true, certificate_path: "/etc/cert.pem", key_path: "/etc/key.pem" },
        transport: { type: "ws", path: "/w" },
      },
      {
        type: "socks",
        tag: "socks-in",
        listen: "127.0.0.1",
        listen_port: 1080,
        users: [{ username: "bob", password: "p" }],
      },
    ],
    outbounds: [
      { type: "direct", tag: "direct" },
      { type: "direct", tag: "other" },
    ],
    route: {
      rules: [
        { action: "resolve" },
        { ip_cidr: ["0.0.0.0/8", "127.0.0.0/8", "::/128", "::1/128"], action: "reject" },
        { auth_user: ["bob"], outbound: "other" },
      ],
      final: "direct",
    },
    experimental: {
      v2ray_api: {
        listen: "127.0.0.1:10085",
        stats: {
          enabled: true,
          inbounds: ["vless-in", "socks-in"],
          outbounds: ["direct", "other"],
          users: ["alice", "bob"],
        },
      },
    },
  });
});

test("mutual TLS names the authority of those who may call", () => {
  const api = { port: 10085, tls: { ...files, clientAuthorityFile: "/etc/ca.pem" } };
  const classic = buildStatsConfig({ target: "v2ray5", ...server, api });
  assert.deepEqual(classic.inbounds.at(-1)?.streamSettings, {
    network: "tcp",
    security: "tls",
    tlsSettings: {
      verifyClientCertificate: true,
      certificates: [files, { usage: "verifyclient", certificateFile: "/etc/ca.pem" }],
    },
  });
});

test("connections to this machine are blocked where strangers could reach the API through it, and it alone", () => {
  const blocked = (change: object): boolean => {
    const options = { target: "v2ray5", ...server, ...change } as V2ray5ConfigOptions;
    return buildStatsConfig(options).routing.domainStrategy === "IPOnDemand";
  };
  const open = { protocol: "http", port: 8080 };
  const remote = { protocol: "socks", host: "192.0.2.1", port: 1080 };
  assert.equal(blocked({}), true);
  assert.equal(blocked({ blockLoopback: false }), false);
  assert.equal(blocked({ inbounds: [open] }), false, "who is here needs no proxy");
  assert.equal(blocked({ inbounds: [{ ...open, host: "::1" }] }), false);
  assert.equal(blocked({ inbounds: [{ ...open, host: "0.0.0.0" }] }), true);
  assert.equal(blocked({ outbounds: [remote] }), false, "that is another machine's loopback");
  assert.equal(blocked({ outbounds: [remote, { protocol: "freedom" }] }), true);
  assert.equal(blocked({ api: { socket: "/run/api.sock" } }), false, "no proxy connects to a Unix socket");
  assert.equal(blocked({ api: { socket: "/run/api.sock" }, blockLoopback: true }), true);
});

test("the rule also names an address of the API's own, and uses the blackhole that is there", () => {
  const api = { host: "192.0.2.1", port: 10085, tls: files };
  const outbounds = [{ protocol: "freedom" }, { protocol: "blackhole", tag: "nowhere" }] as const;
  const { routing, outbounds: built } = buildStatsConfig({ target: "v2ray4", ...server, api, outbounds });
  const rule = routing.rules?.[1];
  assert.deepEqual(rule?.ip, ["0.0.0.0/8", "127.0.0.0/8", "::/128", "::1/128", "192.0.2.1"]);
  assert.equal(rule?.outboundTag, "nowhere");
  assert.equal(built.length, 2);
});

test("tags are given where none are, and never twice", () => {
  const open = { protocol: "http", port: 8080 } as const;
  const { inbounds, outbounds } = buildStatsConfig({
    target: "v2ray5",
    api: { port: 1, tag: "direct", inboundTag: "http-in" },
    inbounds: [open, { ...open, port: 8081 }, { ...open, port: 8082, tag: "http-in-2" }],
    outbounds: [{ protocol: "freedom" }, { protocol: "blackhole" }, { protocol: "blackhole" }],
  });
  assert.deepEqual(
    inbounds.map(({ tag }) => tag),
    ["http-in-3", "http-in-4", "http-in-2", "http-in"],
  );
  assert.deepEqual(
    outbounds.map(({ tag }) => tag),
    ["direct-2", "block", "block-2"],
  );
});
