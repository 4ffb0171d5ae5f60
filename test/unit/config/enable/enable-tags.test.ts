import assert from "node:assert/strict";
import { test } from "node:test";
import { direct, enabled, type Parsed, pathsOf } from "./enabled.ts";

function tagsOf(list: Parsed): string[] {
  return list.map(({ tag }: Parsed) => tag);
}

test("inbounds and outbounds without a tag get one, by their protocol", () => {
  const inbounds = [{ protocol: "socks" }, { tag: "", protocol: "socks" }, { tag: null, protocol: "vmess" }];
  const outbounds = [{ protocol: "freedom" }, { tag: "direct", protocol: "freedom" }, { protocol: "freedom" }];
  const { config } = enabled({ inbounds, outbounds }, { core: "xray" });
  assert.deepEqual(tagsOf(config.inbounds), ["socks-in", "socks-in-2", "vmess-in"]);
  assert.deepEqual(tagsOf(config.outbounds), ["freedom-out", "direct", "freedom-out-2"]);
});

test("no new tag is one that the configuration speaks of", () => {
  const rules = [
    { type: "field", inboundTag: "nobody, socks-in ,x", outboundTag: "direct" },
    { type: "field", domain: ["a.example"], outboundTag: "freedom-out" },
  ];
  const outbounds = [
    direct,
    { protocol: "freedom" },
    { tag: "x", protocol: "loopback", settings: { inboundTag: "socks-in-2" } },
  ];
  const { config } = enabled({ inbounds: [{ protocol: "socks" }], outbounds, routing: { rules } }, { core: "xray" });
  assert.equal(config.inbounds[0].tag, "socks-in-3");
  assert.equal(config.outbounds[1].tag, "freedom-out-2");
});

test("the tag of an outbound that Xray makes for a user's reverse proxy is taken", () => {
  const clients = [{ id: "x", email: "a", reverse: { tag: "freedom-out" } }];
  const inbounds = [{ tag: "in", protocol: "vless", settings: { clients } }];
  const { config } = enabled({ inbounds, outbounds: [{ protocol: "freedom" }] }, { core: "xray" });
  assert.equal(config.outbounds[0].tag, "freedom-out-2");
});

test("no new tag is one that a balancer or an observatory would take in; where none is left it stays without", () => {
  const outbounds = [{ protocol: "freedom" }];
  const tag = (config: object): string => enabled({ outbounds, ...config }, { core: "xray" }).config.outbounds[0].tag;
  assert.equal(tag({ routing: { balancers: [{ tag: "b", selector: ["free"] }] } }), "out-freedom");
  assert.equal(tag({ burstObservatory: { subjectSelector: ["free", "o"] } }), "z-freedom");

  const { config, result } = enabled({ outbounds, observatory: { subjectSelector: [""] } }, { core: "xray" });
  assert.equal(config.outbounds[0].tag, undefined);
  assert.deepEqual(pathsOf(result.untouched), ["outbounds[0]"]);
});

test("many names that are taken do not keep it from ending", () => {
  const outbounds = [
    { protocol: "x" },
    ...Array.from({ length: 300 }, (_, i) => ({ tag: `x-out-${i + 2}` })),
    { tag: "x-out" },
  ];
  const selector = ["out-", ..."zyxwvutsrqponmlkjihgfedcba"].filter((each) => each !== "x");
  const routing = { balancers: [{ tag: "b", selector }] };
  const { config } = enabled({ outbounds, routing }, { core: "xray", scopes: ["outbounds"] });
  assert.equal(config.outbounds[0].tag, "x-out-302");
});

test("sing-box's own names, the indexes, become tags where something speaks of them", () => {
  const inbounds = [{ type: "socks" }, { type: "mixed" }, { type: "http" }];
  const route = { rules: [{ inbound: ["1"], outbound: "0" }] };
  const { config } = enabled({ inbounds, outbounds: [{ type: "direct" }], route }, { core: "sing-box" });
  assert.deepEqual(tagsOf(config.inbounds), ["0", "1", "http-in"]);
  assert.deepEqual(tagsOf(config.outbounds), ["0"]);
  assert.deepEqual(config.experimental.v2ray_api.stats.inbounds, ["0", "1", "http-in"]);
});

test("tags that are no text are left to their owner, as no core starts with them", () => {
  const { config } = enabled({ inbounds: [{ tag: 1, protocol: "socks" }], outbounds: [direct] }, { core: "xray" });
  assert.equal(config.inbounds[0].tag, 1);
});
