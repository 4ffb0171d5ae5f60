// The example of the V2Fly guide (guide.v2fly.org, "Traffic Statistics"), built. Ours differs from it by choice in one
// point: the guide gives its users alterId 64, an old handshake that V2Ray has replaced; we give none, which is 0.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { V2ray4ConfigOptions } from "../../../../src/config/build/build-options.ts";
import { buildStatsBlocks } from "../../../../src/config/build/build-stats-blocks.ts";
import { buildStatsConfig } from "../../../../src/config/build/build-stats-config.ts";

const guide = {
  stats: {},
  api: { tag: "api", services: ["StatsService"] },
  policy: {
    levels: { 0: { statsUserUplink: true, statsUserDownlink: true } },
    system: {
      statsInboundUplink: true,
      statsInboundDownlink: true,
      statsOutboundUplink: true,
      statsOutboundDownlink: true,
    },
  },
  inbounds: [
    {
      tag: "tcp",
      port: 3307,
      protocol: "vmess",
      settings: {
        clients: [
          { email: "auser", id: "e731f153-4f31-49d3-9e8f-ff8f396135ef", level: 0 },
          { email: "buser", id: "e731f153-4f31-49d3-9e8f-ff8f396135ee", level: 0 },
        ],
      },
    },
    { listen: "127.0.0.1", port: 10085, protocol: "dokodemo-door", settings: { address: "127.0.0.1" }, tag: "api" },
  ],
  outbounds: [{ tag: "direct", protocol: "freedom", settings: {} }],
  routing: { rules: [{ inboundTag: ["api"], outboundTag: "api", type: "field" }], domainStrategy: "AsIs" },
};

const options = {
  target: "v2ray4",
  api: { port: 10085 },
  inbounds: [
    {
      protocol: "vmess",
      tag: "tcp",
      port: 3307,
      users: [
        { email: "auser", id: "e731f153-4f31-49d3-9e8f-ff8f396135ef" },
        { email: "buser", id: "e731f153-4f31-49d3-9e8f-ff8f396135ee" },
      ],
    },
  ],
} satisfies V2ray4ConfigOptions;

test("with its values the guide's example comes out, but for what it lacks against its users", () => {
  assert.deepEqual(buildStatsConfig({ ...options, blockLoopback: false }), guide);
  assert.deepEqual(buildStatsConfig({ ...options, target: "v2ray5", blockLoopback: false }), guide);

  const { outbounds, routing, ...blocks } = buildStatsConfig(options);
  const { outbounds: _, routing: __, ...guideBlocks } = guide;
  assert.deepEqual(blocks, guideBlocks);
  assert.deepEqual(outbounds, [...guide.outbounds, { tag: "block", protocol: "blackhole", settings: {} }]);
  const ip = ["0.0.0.0/8", "127.0.0.0/8", "::/128", "::1/128"];
  const loopback = { type: "field", ip, outboundTag: "block" };
  assert.deepEqual(routing, { domainStrategy: "IPOnDemand", rules: [...guide.routing.rules, loopback] });
});

test("the guide's blocks come out alone", () => {
  const { stats, api, policy } = guide;
  const expected = { stats, api, policy, inbounds: [guide.inbounds[1]], routing: { rules: guide.routing.rules } };
  assert.deepEqual(buildStatsBlocks({ target: "v2ray4", api: { port: 10085 } }), expected);
});

test("the guide's older edition counted no outbounds", () => {
  const { policy } = buildStatsConfig({ ...options, scopes: ["inbound", "user"] });
  const system = { statsInboundUplink: true, statsInboundDownlink: true };
  assert.deepEqual(policy, { ...guide.policy, system });
});
