import assert from "node:assert/strict";
import { test } from "node:test";
import { buildStatsBlocks } from "../../../../src/config/build/build-stats-blocks.ts";

const api = { port: 10085 };

test("Xray's blocks are three, since it listens itself", () => {
  const blocks = buildStatsBlocks({ target: "xray", api: { host: "::1", port: 10085 }, levels: [0, 2], online: true });
  const level = { statsUserUplink: true, statsUserDownlink: true, statsUserOnline: true };
  assert.deepEqual(blocks, {
    stats: {},
    api: { tag: "api", listen: "[::1]:10085", services: ["StatsService"] },
    policy: {
      levels: { 0: level, 2: level },
      system: {
        statsInboundUplink: true,
        statsInboundDownlink: true,
        statsOutboundUplink: true,
        statsOutboundDownlink: true,
      },
    },
  });
});

test("a Unix socket is listened on only where the network says so", () => {
  const socket = { socket: "/run/v2ray/api.sock" };
  const settings = { address: "127.0.0.1", network: "tcp,unix" };
  const inbound = { tag: "api", listen: socket.socket, protocol: "dokodemo-door", settings };
  assert.deepEqual(buildStatsBlocks({ target: "v2ray4", api: socket }).inbounds, [inbound]);
  const xray = { ...inbound, settings: { ...settings, port: 1 } };
  assert.deepEqual(buildStatsBlocks({ target: "xray", api: socket }).inbounds, [xray]);
  const jsonv5 = { ...inbound, settings: { address: "127.0.0.1", networks: "tcp,unix" } };
  assert.deepEqual(buildStatsBlocks({ target: "v2ray5-jsonv5", api: socket }).inbounds, [jsonv5]);
});

test("a server's blocks come with the rule against loopback and its blackhole", () => {
  const { outbounds, routing } = buildStatsBlocks({ target: "v2ray5", api, blockLoopback: true });
  assert.deepEqual(outbounds, [{ tag: "block", protocol: "blackhole", settings: {} }]);
  assert.equal(routing?.domainStrategy, "IPOnDemand");
  assert.deepEqual(
    routing?.rules?.map(({ outboundTag }) => outboundTag),
    ["api", "block"],
  );

  const jsonv5 = buildStatsBlocks({ target: "v2ray5-jsonv5", api: { ...api, tag: "block" }, blockLoopback: true });
  assert.deepEqual(jsonv5.outbounds, [{ tag: "block-2", protocol: "blackhole" }]);
  const cidr = [
    { ipAddr: "0.0.0.0", prefix: 8 },
    { ipAddr: "127.0.0.0", prefix: 8 },
    { ipAddr: "::", prefix: 128 },
    { ipAddr: "::1", prefix: 128 },
  ];
  const rule = [
    { inboundTag: ["api"], tag: "block" },
    { geoip: [{ cidr }], tag: "block-2" },
  ];
  assert.deepEqual(jsonv5.router, { domainStrategy: "IpOnDemand", rule });
});

test("sing-box's blocks list the names they are given, and nothing else that was given", () => {
  const names = { inbounds: ["in"], outbounds: ["group"], users: ["alice", "__proto__"] };
  assert.deepEqual(buildStatsBlocks({ target: "sing-box", api, ...names }), {
    experimental: { v2ray_api: { listen: "127.0.0.1:10085", stats: { enabled: true, ...names } } },
  });
  const { route } = buildStatsBlocks({ target: "sing-box", api, ...names, blockLoopback: true });
  assert.equal(route?.rules?.length, 2);
});
