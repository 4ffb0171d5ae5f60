// Statistics enabled in arbitrary configurations: what was proxied somewhere still is, nobody's traffic gets into the
// API, everything promised is there, a second run changes nothing, and the way back leads back.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { enableStats } from "../../src/config/enable/enable-stats.ts";
import { type ConfigFile, parseConfig } from "../../src/config/load/parse-config.ts";
import { readModel } from "../../src/config/model/read-model.ts";
import { configurations, singBoxConfigurations, toJsonV5, toToml } from "./config-enable-configurations.ts";
import { assertEnables, assertIsFixed } from "./config-enable-invariants.ts";

const core = fc.constantFrom(
  { core: "v2ray4" } as const,
  { core: "v2ray5" } as const,
  { core: "xray" } as const,
  { core: "xray", version: "1.8.0" } as const,
);
const style = fc.record({ indent: fc.constantFrom(0, 2, "\t"), eol: fc.constantFrom("\n", "\r\n") });

test("in JSON of V2Ray and Xray, in one file and in two", () => {
  // How much of a list stands in the first file, and which other blocks stand in the second.
  const cut = fc.record({
    first: fc.integer({ min: 0, max: 4 }),
    second: fc.subarray(["stats", "api", "policy", "routing"]),
  });
  fc.assert(
    fc.property(configurations, cut, style, core, (blocks, { first, second }, { indent, eol }, options) => {
      const parts: Record<string, object> = { a: {}, b: {} };
      for (const [name, block] of Object.entries(blocks)) {
        const [a, b] = Array.isArray(block) ? [block.slice(0, first), block.slice(first)] : [block, block];
        if (!second.includes(name)) parts.a = { ...parts.a, [name]: a };
        if (second.includes(name) || (Array.isArray(b) && b.length > 0)) parts.b = { ...parts.b, [name]: b };
      }
      const files = Object.entries(parts).map(([name, part]): ConfigFile => {
        return { name: `${name}.json`, text: JSON.stringify(part, undefined, indent).replaceAll("\n", eol) };
      });
      assertEnables(Object.keys(parts.b ?? {}).length > 0 ? files : files.slice(0, 1), options);
    }),
    { numRuns: 2000 },
  );
});

test("in YAML of V2Ray 5 and Xray", () => {
  const readsYaml = fc.constantFrom({ core: "v2ray5" } as const, { core: "xray" } as const);
  fc.assert(
    fc.property(configurations, readsYaml, fc.boolean(), (blocks, options, flow) => {
      const text = stringify(blocks, { collectionStyle: flow ? "flow" : "block" });
      assertEnables([{ name: "config.yaml", text }], options);
    }),
    { numRuns: 300 },
  );
});

test("in TOML of V2Ray 5 and Xray", () => {
  const readsToml = fc.constantFrom({ core: "v2ray5" } as const, { core: "xray" } as const);
  fc.assert(
    fc.property(configurations, readsToml, fc.boolean(), (blocks, options, asTables) => {
      assertEnables([{ name: "config.toml", text: toToml(blocks, asTables) }], options);
    }),
    { numRuns: 300 },
  );
});

test("in jsonv5", () => {
  fc.assert(
    fc.property(configurations, style, (blocks, { indent, eol }) => {
      const text = JSON.stringify(toJsonV5(blocks), undefined, indent).replaceAll("\n", eol);
      assertEnables([{ name: "config.json", text }], { core: "v2ray5-jsonv5" });
    }),
    { numRuns: 1000 },
  );
});

test("in sing-box, whose lists hold all names then", () => {
  fc.assert(
    fc.property(singBoxConfigurations, style, (config, { indent, eol }) => {
      const text = JSON.stringify(config, undefined, indent).replaceAll("\n", eol);
      const files = [{ name: "config.json", text }];
      const result = enableStats(files, { core: "sing-box" });
      assertIsFixed(files, result, { core: "sing-box" });
      assert.match(result.api ?? "", /^127\.0\.0\.1:\d+$/);
      const { inbounds, outbounds } = readModel("sing-box", parseConfig(result.files));
      const { stats } = JSON.parse(result.text).experimental.v2ray_api;
      assert.equal(stats.enabled, true);
      const names = inbounds.flatMap(({ users }) => users.flatMap(({ name }) => name ?? []));
      assertListed(stats.users, names, "users");
      assertListed(
        stats.inbounds,
        inbounds.map(({ tag }) => tag),
        "inbounds",
      );
      const groups = config.outbounds.filter((outbound) => "outbounds" in outbound);
      const members = new Set<string>(groups.flatMap((group) => group.outbounds));
      assertListed(
        stats.outbounds,
        outbounds.map(({ tag }) => tag).filter((tag, index) => index === 0 || !members.has(tag ?? "")),
        "outbounds",
      );
    }),
    { numRuns: 1000 },
  );
});

function assertListed(list: readonly string[] = [], names: readonly (string | undefined)[], what: string): void {
  for (const name of names) assert.ok(name !== undefined && list.includes(name), `${what}: ${name} of ${list}`);
  assert.equal(new Set(list).size, list.length);
}
