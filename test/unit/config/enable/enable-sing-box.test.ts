import assert from "node:assert/strict";
import { test } from "node:test";
import { enabled, pathsOf } from "./enabled.ts";

const options = { core: "sing-box" } as const;
const inbound = { type: "vmess", tag: "in", listen_port: 443, users: [{ name: "alice" }, { name: "bob" }] };
const direct = { type: "direct", tag: "direct" };

test("sing-box gets the API and the lists of all names", () => {
  const { config, result } = enabled({ inbounds: [inbound], outbounds: [direct] }, options);
  assert.deepEqual(config.experimental.v2ray_api, {
    listen: "127.0.0.1:10085",
    stats: { enabled: true, inbounds: ["in"], outbounds: ["direct"], users: ["alice", "bob"] },
  });
  assert.equal(result.api, "127.0.0.1:10085");
});

test("names are added to the lists that are there, each once", () => {
  const twice = { ...inbound, tag: "in-2" };
  const stats = { enabled: false, inbounds: ["in"], users: ["old", "bob"] };
  const experimental = { v2ray_api: { listen: "127.0.0.1:9", stats } };
  const { config, result } = enabled({ inbounds: [inbound, twice], outbounds: [direct], experimental }, options);
  const { stats: made } = config.experimental.v2ray_api;
  assert.deepEqual(made, {
    enabled: true,
    inbounds: ["in", "in-2"],
    users: ["old", "bob", "alice"],
    outbounds: ["direct"],
  });
  assert.deepEqual(pathsOf(result.changes), [
    "experimental.v2ray_api.stats.enabled",
    "experimental.v2ray_api.stats.inbounds[1]",
    "experimental.v2ray_api.stats.outbounds",
    "experimental.v2ray_api.stats.users[2]",
  ]);
});

test("groups are listed in place of outbounds that only they, or others, dial through", () => {
  const outbounds = [
    { type: "selector", tag: "group", outbounds: ["a", "b", "c"] },
    { type: "direct", tag: "a" },
    { type: "direct", tag: "b" },
    { type: "direct", tag: "c", detour: "hop" },
    { type: "socks", tag: "hop" },
    { type: "direct", tag: "unused" },
  ];
  const listed = (route: object): unknown => {
    return enabled({ outbounds, route }, options).config.experimental.v2ray_api.stats.outbounds;
  };
  assert.deepEqual(listed({}), ["group", "unused"]);
  assert.deepEqual(listed({ final: "b", rules: [{ port: 25, outbound: "hop" }] }), ["group", "b", "hop", "unused"]);
  const [group, ...others] = outbounds;
  const reordered = enabled({ outbounds: [...others, group] }, options).config.experimental.v2ray_api.stats;
  assert.deepEqual(reordered.outbounds, ["a", "unused", "group"]);
});

test("users without names, and an API for others, are named and left", () => {
  const unnamed = { ...inbound, users: [{ uuid: "x" }, { name: "alice" }, { uuid: "y" }] };
  const experimental = { v2ray_api: { listen: "0.0.0.0:9" } };
  const { config, result } = enabled({ inbounds: [unnamed], outbounds: [direct], experimental }, options);
  assert.deepEqual(pathsOf(result.untouched), ["experimental.v2ray_api.listen", "inbounds[0].users[0]"]);
  assert.equal(config.experimental.v2ray_api.listen, "0.0.0.0:9");
});

test("only the wanted scopes are listed, and a bad place is replaced by one that is free", () => {
  const experimental = { v2ray_api: { listen: "10085" }, clash_api: { external_controller: "127.0.0.1:10085" } };
  const { config } = enabled(
    { inbounds: [inbound], outbounds: [direct], experimental },
    { ...options, scopes: ["users"] },
  );
  assert.deepEqual(config.experimental.v2ray_api, {
    listen: "127.0.0.1:10086",
    stats: { enabled: true, users: ["alice", "bob"] },
  });
});
