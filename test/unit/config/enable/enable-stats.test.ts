import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdits } from "../../../../src/config/edit/text-edit.ts";
import { enableStats } from "../../../../src/config/enable/enable-stats.ts";
import { ConfigError } from "../../../../src/errors/config-error.ts";
import { direct, enabled, pathsOf, vmess } from "./enabled.ts";

test("a server of V2Ray gets what counts, an inbound for the API, and its rule before all others", () => {
  const rule = { type: "field", ip: ["10.0.0.0/8"], outboundTag: "direct" };
  const before = { inbounds: [vmess], outbounds: [direct], routing: { rules: [rule] } };
  for (const core of ["v2ray4", "v2ray5"] as const) {
    const { config, result } = enabled(before, { core });
    assert.deepEqual(config, {
      inbounds: [
        vmess,
        {
          tag: "api-in",
          listen: "127.0.0.1",
          port: 10085,
          protocol: "dokodemo-door",
          settings: { address: "127.0.0.1" },
        },
      ],
      outbounds: [direct],
      routing: { rules: [{ type: "field", inboundTag: ["api-in"], outboundTag: "api" }, rule] },
      stats: {},
      policy: {
        levels: { 0: { statsUserUplink: true, statsUserDownlink: true } },
        system: {
          statsInboundUplink: true,
          statsInboundDownlink: true,
          statsOutboundUplink: true,
          statsOutboundDownlink: true,
        },
      },
      api: { tag: "api", services: ["StatsService"] },
    });
    assert.equal(result.api, "127.0.0.1:10085");
    assert.deepEqual(pathsOf(result.changes), [
      "stats",
      'policy.levels["0"]',
      "policy.system",
      "api",
      "inbounds[1]",
      "routing.rules[0]",
    ]);
    assert.deepEqual(result.untouched, []);
  }
});

test("Xray's API listens by itself where the version can, without an inbound and a rule", () => {
  const { config, result } = enabled({ inbounds: [vmess], outbounds: [direct] }, { core: "xray" });
  assert.deepEqual(config.api, { tag: "api", listen: "127.0.0.1:10085", services: ["StatsService"] });
  assert.deepEqual([config.inbounds, config.routing], [[vmess], undefined]);
  assert.equal(result.api, "127.0.0.1:10085");

  const older = enabled({ inbounds: [vmess], outbounds: [direct] }, { core: "xray", version: "1.8.11" });
  assert.deepEqual(older.config.api, { tag: "api", services: ["StatsService"] });
  // With no port the core would connect to itself where no rule holds.
  assert.deepEqual(older.config.inbounds[1].settings, { address: "127.0.0.1", port: 1 });
});

test("jsonv5 gets the same in its own language", () => {
  const { config } = enabled({ inbounds: [], outbounds: [direct] }, { core: "v2ray5-jsonv5" });
  assert.deepEqual(config.services.commander, { tag: "api", name: ["stats"] });
  assert.deepEqual(config.services.stats, {});
  assert.equal(config.services.policy.system.stats.outboundDownlink, true);
  assert.deepEqual(config.router.rule, [{ inboundTag: ["api-in"], tag: "api" }]);
  assert.deepEqual(config.inbounds[0].settings, { address: "127.0.0.1", networks: "tcp" });
});

test("a second run changes nothing, and undo gives the old text back", () => {
  const text =
    '{\r\n\t// mine\r\n\t"inbounds": [], # none\r\n\t"outbounds": [{"protocol": "freedom"}]\r\n}\r\ntrailing';
  const result = enableStats(text, { core: "v2ray5" });
  assert.match(result.text, /^\{\r\n\t\/\/ mine\r\n\t"inbounds": \[\r\n\t\t\{/);
  assert.ok(!/[^\r]\n/.test(result.text));
  const again = enableStats(result.text, { core: "v2ray5" });
  assert.deepEqual([again.text, again.changes, again.undo], [result.text, [], []]);
  const [undo] = result.undo;
  assert.equal(undo?.file, "config");
  assert.equal(applyEdits(result.text, undo.edits), text);
});

test("only the wanted scopes are counted, and only their tags given", () => {
  const config = { inbounds: [{ ...vmess, tag: "" }], outbounds: [{ protocol: "freedom" }] };
  const users = enabled(config, { core: "xray", scopes: ["users"] });
  assert.deepEqual(users.config.policy, { levels: { 0: { statsUserUplink: true, statsUserDownlink: true } } });
  assert.deepEqual([users.config.inbounds[0].tag, users.config.outbounds[0].tag], ["", undefined]);

  const inbounds = enabled(config, { core: "xray", scopes: ["inbounds"] });
  assert.deepEqual(inbounds.config.policy, { system: { statsInboundUplink: true, statsInboundDownlink: true } });
  assert.deepEqual([inbounds.config.inbounds[0].tag, inbounds.config.outbounds[0].tag], ["vmess-in", undefined]);

  const outbounds = enabled(config, { core: "xray", scopes: ["outbounds"] });
  assert.deepEqual(outbounds.config.policy, { system: { statsOutboundUplink: true, statsOutboundDownlink: true } });
  assert.equal(outbounds.config.outbounds[0].tag, "freedom-out");
});

test("V2Ray before 4.26.0 does not count outbounds, and that is said", () => {
  const { config, result } = enabled({ outbounds: [direct] }, { core: "v2ray4", version: "4.25.1" });
  assert.deepEqual(Object.keys(config.policy.system), ["statsInboundUplink", "statsInboundDownlink"]);
  assert.deepEqual(result.untouched, [
    { file: "config", path: "", reason: "V2Ray before 4.26.0 does not count outbounds" },
  ]);
});

test("a file that cannot be read, or holds something else where a block should be, is refused with its place", () => {
  const refused = (text: string, at: string, message: RegExp, core: "v2ray4" | "sing-box" = "v2ray4"): void => {
    assert.throws(
      () => enableStats([{ name: "c.json", text }], { core }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        const [{ file, line, column }] = error.issues as [(typeof error.issues)[number]];
        assert.equal(`${file}:${line}:${column}`, at);
        assert.match(error.message, message);
        assert.match(error.advice ?? "", /nothing was changed/);
        return true;
      },
    );
  };
  refused('{\n  "inbounds": [\n', "c.json:3:1", /./);
  refused("[]", "c.json:1:1", /a configuration is an object/);
  refused('{ "inbounds": {} }', "c.json:1:15", /"inbounds" is no list/);
  refused('{ "policy": 1 }', "c.json:1:13", /"policy" is no object/);
  refused('{ "routing": { "rules": {} } }', "c.json:1:25", /the rules are no list/);
  refused('{ "experimental": [] }', "c.json:1:19", /"experimental" is no object/, "sing-box");
});

test("wrong options are refused before anything is read", () => {
  const wrong = (options: object, message: RegExp): void => {
    assert.throws(() => enableStats("{", { core: "xray", ...options } as Parameters<typeof enableStats>[1]), {
      name: "RangeError",
      message,
    });
  };
  wrong({ core: "v2ray" }, /^core is one of v2ray4, /);
  wrong({ version: "new" }, /not a version/);
  wrong({ api: { host: "0.0.0.0" } }, /^api\.host is an IP address of this machine alone/);
  wrong({ api: { host: "localhost" } }, /^api\.host/);
  wrong({ api: { port: 0 } }, /^api\.port is a number from 1 to 65535, not 0$/);
  wrong({ scopes: [] }, /^scopes/);
  wrong({ scopes: ["user"] }, /^scopes is a list of some of users, inbounds, outbounds$/);
  wrong({ core: "v2ray5", online: true }, /^online needs Xray 24\.11\.5/);
  wrong({ online: true, version: "24.11.4" }, /^online needs Xray 24\.11\.5/);
});
