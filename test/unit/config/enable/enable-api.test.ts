import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnableOptions } from "../../../../src/config/enable/enable-options.ts";
import { ConfigError } from "../../../../src/errors/config-error.ts";
import { direct, enabled, type Parsed, pathsOf, vmess } from "./enabled.ts";

const v2ray: EnableOptions = { core: "v2ray5", scopes: ["users"] };
const xray: EnableOptions = { core: "xray", scopes: ["users"] };
const door = {
  tag: "api-in",
  listen: "127.0.0.1",
  port: 20000,
  protocol: "dokodemo-door",
  settings: { address: "127.0.0.1" },
};
const rule = { type: "field", inboundTag: ["api-in"], outboundTag: "api" };
const api = { tag: "api", services: ["StatsService"] };
const base = { stats: {}, inbounds: [vmess, door], outbounds: [direct], routing: { rules: [rule] }, api };
const policy = { levels: { 0: { statsUserUplink: true, statsUserDownlink: true } } };
const counting = { ...base, policy };

/** What is led to the API: the rules, by their inbounds and targets. */
function rulesOf(config: Parsed): string[] {
  return config.routing.rules.map(({ inboundTag, outboundTag }: Parsed) => `${inboundTag} → ${outboundTag}`);
}

test("an API that works is left as it is, on Xray too", () => {
  for (const options of [v2ray, xray]) {
    const { result } = enabled(counting, options);
    assert.deepEqual([result.changes, result.untouched, result.api], [[], [], "127.0.0.1:20000"]);
  }
  const secured = { ...door, listen: "::1", streamSettings: { security: "tls" } };
  assert.equal(enabled({ ...counting, inbounds: [secured] }, v2ray).result.api, "https://[::1]:20000");
  const socket = {
    tag: "api-in",
    listen: "/run/api.sock",
    protocol: door.protocol,
    settings: { network: "unix", address: "x" },
  };
  assert.equal(enabled({ ...counting, inbounds: [socket] }, v2ray).result.api, "unix:/run/api.sock");
});

test("what the API's block lacks is added to it", () => {
  const { config, result } = enabled({ ...counting, api: { services: ["LoggerService"] }, routing: {} }, v2ray);
  assert.deepEqual(config.api, { services: ["LoggerService", "StatsService"], tag: "api" });
  assert.deepEqual(rulesOf(config), ["api-in → api"]);
  assert.deepEqual(pathsOf(result.changes), ["api.tag", "api.services[1]", "routing.rules"]);

  const services = (written: unknown): unknown =>
    enabled({ ...counting, api: { tag: "api", services: written } }, v2ray).config.api.services;
  assert.deepEqual(services(["statsservice"]), ["statsservice"]);
  assert.deepEqual(services(["StatService"]), ["StatsService"]);
  assert.deepEqual(services("StatsService"), ["StatsService"]);
  assert.deepEqual(services(undefined), ["StatsService"]);
});

test("an inbound that was made for the API gets its rule", () => {
  const { config, result } = enabled({ ...counting, routing: { rules: [] } }, v2ray);
  assert.deepEqual(rulesOf(config), ["api-in → api"]);
  assert.deepEqual([config.inbounds, result.api], [counting.inbounds, "127.0.0.1:20000"]);
});

test("an inbound that may be for something else does not", () => {
  const others = [
    { ...door, tag: "forward", settings: { address: "127.0.0.1" } },
    { ...door, settings: { address: "192.0.2.1" } },
    { ...door, settings: { address: "127.0.0.1", port: 53 } },
    { ...door, settings: { followRedirect: true } },
    { ...door, listen: "0.0.0.0" },
    { ...door, protocol: "socks" },
  ];
  for (const other of others) {
    const { config } = enabled({ ...counting, inbounds: [other], routing: {} }, v2ray);
    assert.deepEqual(rulesOf(config), [`${config.inbounds[1].tag} → api`]);
    assert.notEqual(config.inbounds[1].tag, other.tag);
  }
});

test("a rule that leads to a misspelt API, or from a misspelt inbound, is mended", () => {
  const target = { ...rule, outboundTag: "API" };
  assert.deepEqual(rulesOf(enabled({ ...counting, routing: { rules: [target] } }, v2ray).config), ["api-in → api"]);
  const source = { ...rule, inboundTag: "api-inn" };
  assert.deepEqual(rulesOf(enabled({ ...counting, routing: { rules: [source] } }, v2ray).config), ["api-in → api"]);
});

test("the block is made for the rule that waits for it, unless others lead there too", () => {
  const { api: _, ...without } = { ...counting, routing: { rules: [{ ...rule, outboundTag: "stats" }] } };
  assert.equal(enabled(without, v2ray).config.api.tag, "stats");

  const users = { type: "field", inboundTag: ["in"], outboundTag: "stats" };
  const { config } = enabled({ ...without, routing: { rules: [{ ...rule, outboundTag: "stats" }, users] } }, v2ray);
  assert.equal(config.api.tag, "api");
  assert.deepEqual(rulesOf(config), ["api-in → api", "in → stats"]);
});

test("the inbound may be called as the API, as in the guide", () => {
  const guide = { ...door, tag: "api" };
  const { api: _, ...without } = {
    ...counting,
    inbounds: [guide],
    routing: { rules: [{ ...rule, inboundTag: ["api"] }] },
  };
  for (const options of [v2ray, xray]) {
    const { config } = enabled(without, options);
    assert.deepEqual([config.api, rulesOf(config), config.inbounds], [api, ["api → api"], [guide]]);
  }
});

test("a portal is no API that was forgotten", () => {
  const external = { ...door, tag: "external-api", settings: { address: "127.0.0.1" } };
  const portal = { type: "field", inboundTag: ["external-api"], outboundTag: "portal" };
  const reverse = { portals: [{ tag: "portal", domain: "example.com" }] };
  const { api: _, ...without } = { ...counting, inbounds: [external], routing: { rules: [portal] }, reverse };
  assert.deepEqual(rulesOf(enabled(without, v2ray).config), ["api-in → api", "external-api → portal"]);
});

test("a rule that is for others too is not mended", () => {
  const rules = [{ ...rule, inboundTag: ["api-in", "in"], outboundTag: "API" }];
  const { config } = enabled({ ...counting, routing: { rules } }, v2ray);
  assert.deepEqual(rulesOf(config), ["api-in-2 → api", "api-in,in → API"]);
});

test("where users are led to Xray's API it stays one that they reach, as if it listened by itself they would be cut off", () => {
  const rules = [{ inboundTag: ["in"], outboundTag: "api" }];
  const { config } = enabled({ ...counting, inbounds: [vmess], routing: { rules } }, xray);
  assert.deepEqual([config.api.listen, rulesOf(config)], [undefined, ["api-in → api", "in → api"]]);
});

test("a bridge that leads to the API is no inbound that is missing", () => {
  const rules = [{ ...rule, inboundTag: ["bridge"] }];
  const reverse = { bridges: [{ tag: "bridge", domain: "example.com" }] };
  const { config } = enabled({ ...counting, inbounds: [vmess], routing: { rules }, reverse }, v2ray);
  assert.deepEqual(rulesOf(config), ["api-in → api", "bridge → api"]);
});

test("a rule waits for an inbound: that is what the new one is called", () => {
  const { config } = enabled({ ...counting, inbounds: [vmess] }, v2ray);
  assert.equal(config.inbounds[1].tag, "api-in");
  assert.deepEqual(rulesOf(config), ["api-in → api"]);
  const behind = [{ type: "field", network: "tcp", outboundTag: "direct" }, rule];
  const shadowed = enabled({ ...counting, inbounds: [vmess], routing: { rules: behind } }, v2ray);
  assert.deepEqual(rulesOf(shadowed.config), ["api-in → api", "undefined → direct", "api-in → api"]);
});

test("where earlier rules or further conditions keep calls from the API, a rule before them leads there", () => {
  const all = { type: "field", network: "tcp,udp", outboundTag: "direct" };
  const shadowed = enabled({ ...counting, routing: { rules: [all, rule] } }, v2ray);
  assert.deepEqual(rulesOf(shadowed.config), ["api-in → api", "undefined → direct", "api-in → api"]);
  const narrowed = enabled({ ...counting, routing: { rules: [{ ...rule, domain: ["a.example"] }] } }, v2ray);
  assert.deepEqual(rulesOf(narrowed.config), ["api-in → api", "api-in → api"]);
  const some = { type: "field", sourcePort: "1000-2000", outboundTag: "direct" };
  const perhaps = enabled({ ...counting, routing: { rules: [some, rule] } }, v2ray);
  assert.deepEqual(rulesOf(perhaps.config), ["api-in → api", "undefined → direct", "api-in → api"]);
  // A rule that cannot hold for the API does no harm before it.
  const mail = { type: "field", port: 25, outboundTag: "direct" };
  assert.deepEqual(enabled({ ...counting, routing: { rules: [mail, rule] } }, v2ray).result.changes, []);
});

test("an API that others reach is named, and not opened further", () => {
  const open = { ...door, listen: "0.0.0.0" };
  const { result } = enabled({ ...counting, inbounds: [open] }, v2ray);
  assert.deepEqual([result.changes, pathsOf(result.untouched)], [[], ["inbounds[0].listen"]]);
  const closed = { ...rule, source: ["192.0.2.7"] };
  const guarded = enabled({ ...counting, inbounds: [open], routing: { rules: [closed] } }, v2ray);
  assert.deepEqual(guarded.result.changes, []);
  const shadowed = { ...rule, domain: ["a.example"] };
  const narrowed = enabled({ ...counting, inbounds: [open], routing: { rules: [shadowed] } }, v2ray);
  assert.deepEqual(
    [narrowed.result.changes, pathsOf(narrowed.result.untouched)],
    [[], ["inbounds[0].listen", "inbounds[0]"]],
  );
});

test("all inbounds for the API are mended, and those of users that lead there are named", () => {
  const second = { ...door, tag: "second", port: 20001, settings: {} };
  const rules = [{ ...rule, inboundTag: ["api-in", "second", "in"] }];
  const { config, result } = enabled(
    { ...counting, inbounds: [vmess, { ...door, listen: "0.0.0.0" }, second], routing: { rules } },
    v2ray,
  );
  assert.deepEqual(config.inbounds[2].settings, { address: "127.0.0.1" });
  assert.deepEqual(pathsOf(result.untouched), ["inbounds[0]", "inbounds[1].listen"]);
  assert.equal(result.api, "127.0.0.1:20001");
});

test("an inbound for the API gets what it lacks", () => {
  const jsonv5 = {
    inbounds: [door],
    outbounds: [direct],
    router: { rule: [{ inboundTag: ["api-in"], tag: "api" }] },
    services: { commander: { tag: "api", name: ["stats"] } },
  };
  const { config } = enabled(jsonv5, { core: "v2ray5-jsonv5" });
  assert.deepEqual(config.inbounds[0].settings, { address: "127.0.0.1", networks: "tcp" });

  const settings = (inbound: object, options: EnableOptions): unknown => {
    return enabled({ ...counting, inbounds: [{ ...door, ...inbound }] }, options).config.inbounds[0].settings;
  };
  assert.deepEqual(settings({ settings: {} }, v2ray), { address: "127.0.0.1" });
  assert.deepEqual(settings({ settings: undefined }, v2ray), { address: "127.0.0.1" });
  assert.deepEqual(settings({ settings: {} }, xray), {});
  assert.deepEqual(settings({ settings: { address: "127.0.0.1", network: "udp" } }, v2ray), {
    address: "127.0.0.1",
    network: "udp,tcp",
  });
  const socket = { listen: "/run/api.sock", port: undefined };
  assert.deepEqual(settings({ ...socket }, v2ray), { address: "127.0.0.1", network: "tcp,unix" });
  assert.deepEqual(settings({ ...socket, settings: { network: "unix" } }, xray), {
    network: "unix",
    address: "127.0.0.1",
    port: 1,
  });
  assert.deepEqual(settings({ ...socket, settings: { network: "unix" } }, { ...xray, version: "26.5.3" }), {
    network: "unix",
  });
});

test("the API gets a tag that no balancer in use selects, and that nothing speaks of", () => {
  const balanced = (
    selector: string[],
    rules: object[] = [{ type: "field", network: "tcp", balancerTag: "b" }],
  ): Parsed => {
    const routing = { balancers: [{ tag: "b", selector }], rules };
    return enabled({ inbounds: [vmess], outbounds: [direct], routing }, v2ray).config.api.tag;
  };
  assert.equal(balanced(["d"]), "api");
  assert.equal(balanced(["a"]), "stats-api");
  assert.equal(balanced(["a", "st"]), "v2ray-stats");
  assert.equal(balanced(["a", "st", "v", "z"]), "y-api");
  assert.equal(balanced([""], []), "api");
  assert.throws(
    () => balanced([""]),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(
        error.message,
        /^config:\d+:\d+: this balancer would send users' traffic to the API, whatever its tag$/,
      );
      return true;
    },
  );
  const dangling = { type: "field", domain: ["a.example"], outboundTag: "api" };
  assert.equal(balanced(["d"], [dangling]), "api-2");
});

test("on Xray a balancer of everything does no harm, as the API is no outbound there", () => {
  const routing = { balancers: [{ tag: "b", selector: [""] }], rules: [{ network: "tcp", balancerTag: "b" }] };
  const { config } = enabled({ inbounds: [vmess], outbounds: [direct], routing }, xray);
  assert.deepEqual([config.api.listen, config.api.tag], ["127.0.0.1:10085", "api"]);
});

test("an API that users' traffic gets into is called otherwise", () => {
  const first = enabled({ ...counting, outbounds: [{ tag: "api", protocol: "freedom" }] }, v2ray).config;
  assert.equal(first.api.tag, "api-2");
  assert.deepEqual(rulesOf(first), ["api-in → api-2"]);
  const balancer = {
    balancers: [{ tag: "b", selector: ["a"] }],
    rules: [rule, { type: "field", network: "tcp", balancerTag: "b" }],
  };
  const balanced = enabled({ ...counting, routing: balancer }, v2ray).config;
  assert.deepEqual([balanced.api.tag, balanced.routing.rules[0].outboundTag], ["stats-api", "stats-api"]);
});

test("without any outbound one that drops everything comes before the API", () => {
  const { config } = enabled({ inbounds: [vmess] }, v2ray);
  assert.deepEqual(config.outbounds, [{ tag: "blackhole-out", protocol: "blackhole" }]);
  assert.equal(enabled({ inbounds: [vmess] }, xray).config.outbounds, undefined);
});

test("an API that listens by itself gets a place where it has no good one", () => {
  const listens = (listen: string, options: EnableOptions = xray): readonly [unknown, unknown, string[]] => {
    const { config, result } = enabled({ ...counting, inbounds: [], routing: {}, api: { ...api, listen } }, options);
    return [config.api.listen, result.api, pathsOf(result.untouched)];
  };
  assert.deepEqual(listens("127.0.0.1:9"), ["127.0.0.1:9", "127.0.0.1:9", []]);
  assert.deepEqual(listens("10085"), ["127.0.0.1:10085", "127.0.0.1:10085", []]);
  assert.deepEqual(listens("0.0.0.0:9"), ["0.0.0.0:9", "127.0.0.1:9", ["api.listen"]]);
  assert.deepEqual(listens(":9"), [":9", "127.0.0.1:9", ["api.listen"]]);
  assert.deepEqual(listens("@api"), ["127.0.0.1:10085", "127.0.0.1:10085", []]);
  assert.deepEqual(listens("@api", { ...xray, version: "26.5.3" }), ["@api", "unix:@api", []]);
});

test("what led to an API that listens by itself goes, unless something else needs it", () => {
  const listening = { ...counting, api: { ...api, listen: "127.0.0.1:9" } };
  const { config } = enabled(listening, xray);
  assert.deepEqual([config.inbounds, config.routing.rules], [[vmess], []]);

  const real = enabled({ ...listening, outbounds: [direct, { tag: "api", protocol: "freedom" }] }, xray);
  assert.deepEqual(real.result.changes, []);
  const dead = enabled({ ...listening, inbounds: [vmess] }, xray);
  assert.deepEqual([dead.config.routing.rules, pathsOf(dead.result.changes)], [[], ["routing.rules[0]"]]);
  const users = enabled({ ...listening, routing: { rules: [{ ...rule, inboundTag: ["api-in", "in"] }] } }, xray);
  assert.deepEqual([users.result.changes, pathsOf(users.result.untouched)], [[], ["routing.rules[0]"]]);
  const used = enabled({ ...listening, routing: { rules: [rule, { ...rule, outboundTag: "direct" }] } }, xray);
  assert.deepEqual([used.result.changes, pathsOf(used.result.untouched)], [[], ["routing.rules[0]"]]);
});

test("the API's port is one that nothing else of the configuration has", () => {
  const port = (config: object, options: object = {}): string | undefined => {
    return enabled({ outbounds: [direct], ...config }, { ...xray, ...options }).result.api;
  };
  assert.equal(port({ inbounds: [{ ...vmess, port: "10080-10086" }] }), "127.0.0.1:10087");
  assert.equal(
    port({ inbounds: [{ ...vmess, port: "443,10085" }], metrics: { listen: "127.0.0.1:10086" } }),
    "127.0.0.1:10087",
  );
  assert.equal(port({ inbounds: [vmess] }, { api: { host: "::1", port: 443 } }), "[::1]:444");
  const { result } = enabled({ inbounds: [vmess] }, { ...xray, api: { port: 443 } });
  assert.match(result.changes.at(-1)?.reason ?? "", /; port 443 is taken by something else, so it is on 444$/);
  assert.throws(() => port({ inbounds: [{ ...vmess, port: "1-65535" }] }), /listens on every port/);
});
