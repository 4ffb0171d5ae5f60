import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StatsConfigOptions } from "../../src/config/build/build-options.ts";
import { buildStatsConfig } from "../../src/config/build/build-stats-config.ts";
import type { Jsonv5StatsConfig, SingBoxStatsConfig, V2rayStatsConfig } from "../../src/config/build/config-blocks.ts";
import { promisedCounters } from "../../src/config/build/promised-counters.ts";
import { type ConfigTarget, configTargets } from "../../src/config/target.ts";
import { anyConfigOptions, namedFiles } from "../support/build-arbitrary.ts";

const numRuns = 300;

function anyOptions(...targets: readonly ConfigTarget[]): fc.Arbitrary<StatsConfigOptions> {
  const ground = { certificates: namedFiles, flowing: false };
  return fc.oneof(...targets.map((target) => anyConfigOptions(target, ground)));
}

function usersOf({ inbounds }: StatsConfigOptions): { readonly email: string; readonly level: number }[] {
  return inbounds.flatMap((inbound) => {
    const shared = "level" in inbound ? inbound.level : undefined;
    const users: readonly { readonly email: string; readonly level?: number | undefined }[] = inbound.users ?? [];
    return users.map(({ email, level = shared ?? 0 }) => ({ email, level }));
  });
}

test("what is built is JSON, the same each time, and its options stay as they were", () => {
  fc.assert(
    fc.property(anyOptions(...configTargets), (options) => {
      const before = JSON.stringify(options);
      const built = buildStatsConfig(options);
      assert.deepEqual(JSON.parse(JSON.stringify(built)), built);
      assert.deepEqual(buildStatsConfig(JSON.parse(before)), built);
      assert.equal(JSON.stringify(options), before);
    }),
    { numRuns },
  );
});

test("V2Ray and Xray: tags are unique, the API's rule is first and alone, the API is no outbound, each level counts", () => {
  fc.assert(
    fc.property(anyOptions("v2ray4", "v2ray5", "xray"), (options) => {
      const { api, policy, inbounds, outbounds, routing } = buildStatsConfig(options) as V2rayStatsConfig;
      for (const items of [inbounds, outbounds]) {
        assert.equal(new Set(items.map(({ tag }) => tag)).size, items.length);
        assert.ok(items.every(({ tag }) => typeof tag === "string" && tag !== ""));
      }
      assert.ok(outbounds.every(({ tag }) => tag !== api.tag));
      const rules = routing.rules ?? [];
      const leadToApi = rules.flatMap(({ outboundTag }, index) => (outboundTag === api.tag ? [index] : []));
      assert.deepEqual(leadToApi, api.listen === undefined ? [0] : []);
      const { scopes = ["user"] } = options;
      for (const { level } of scopes.includes("user") ? usersOf(options) : []) {
        assert.equal(policy.levels?.[level]?.statsUserUplink, true);
        assert.equal(policy.levels?.[level]?.statsUserDownlink, true);
      }
    }),
    { numRuns },
  );
});

test("jsonv5: the API's rule is first, and each level counts", () => {
  fc.assert(
    fc.property(anyOptions("v2ray5-jsonv5"), (options) => {
      const { router, services } = buildStatsConfig(options) as Jsonv5StatsConfig;
      assert.equal(
        router.rule?.findIndex(({ tag }) => tag === services.commander?.tag),
        0,
      );
      const { scopes = ["user"] } = options;
      for (const { level } of scopes.includes("user") ? usersOf(options) : []) {
        assert.deepEqual(services.policy?.level?.[level], { stats: { userUplink: true, userDownlink: true } });
      }
    }),
    { numRuns },
  );
});

test("sing-box: exactly the tags and names there are, of what is to be counted, are listed", () => {
  fc.assert(
    fc.property(anyOptions("sing-box"), (options) => {
      const { inbounds, outbounds, experimental } = buildStatsConfig(options) as SingBoxStatsConfig;
      const { scopes = ["inbound", "outbound", "user"] } = options;
      const listed = (scope: (typeof scopes)[number], names: readonly unknown[]): unknown[] => {
        return scopes.includes(scope) ? [...new Set(names)].sort() : [];
      };
      const { stats } = experimental.v2ray_api ?? assert.fail();
      assert.deepEqual(
        stats.inbounds?.toSorted(),
        listed(
          "inbound",
          inbounds.map(({ tag }) => tag),
        ),
      );
      assert.deepEqual(
        stats.outbounds?.toSorted(),
        listed(
          "outbound",
          outbounds.map(({ tag }) => tag),
        ),
      );
      assert.deepEqual(
        stats.users?.toSorted(),
        listed(
          "user",
          usersOf(options).map(({ email }) => email),
        ),
      );
    }),
    { numRuns },
  );
});

test("each counter is promised once", () => {
  fc.assert(
    fc.property(anyOptions(...configTargets), (options) => {
      const names = promisedCounters(options).map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
    }),
    { numRuns },
  );
});
