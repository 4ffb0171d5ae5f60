import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Case, singBoxCase } from "./stats-and-users-other-texts.ts";
import { alice, assertCounts, assertNoUsers, both, counter, passes, refusal } from "./stats-and-users-shows.ts";
import { bothUserFlags, systemFlags, v2rayCases } from "./stats-and-users-texts.ts";

/** Cases of the rules about `stats` and the flags of `policy`. */
export const statsCases: readonly RuleCase[] = [
  ...["", `"stats": null`].flatMap((stats) =>
    v2rayCases({
      rule: "stats-block-missing",
      title: stats === "" ? undefined : "null",
      faulty: { stats },
      fixed: { stats: `"Stats": {}` },
      shows: assertDisabled,
    }),
  ),
  ...["true", "[]"].flatMap((value) =>
    v2rayCases({
      rule: "stats-block-not-object",
      title: value,
      faulty: { stats: `"stats": ${value}` },
      fixed: { stats: `"stats": {} /* takes no keys */` },
      shows: refusal(/cannot unmarshal (bool|array) into Go (struct field Config\.stats|value)/),
    }),
  ),
  ...["", `"policy": {}`, `"policy": { "levels": { "0": { "handshake": 4 } } }`].flatMap((policy) =>
    v2rayCases({
      rule: "policy-missing",
      title: policy === "" ? undefined : policy.length > 20 ? "no flag" : "empty",
      faulty: { policy },
      fixed: {},
      notFaulty: ["api-inbound-counted", "raw-tcp-undercount"],
      shows: assertNothingCounts,
    }),
  ),
  ...v2rayCases({
    rule: "system-flag-missing",
    faulty: { system: `"system": { ${systemFlags.replace(/,\s*"statsOutboundDownlink": true/, "")} }` },
    fixed: { system: `"system": { ${systemFlags.replace("statsOutboundDownlink", "STATSOUTBOUNDDOWNLINK")} }` },
    shows: assertOutboundUplinkAlone,
  }),
  ...v2rayCases({
    rule: "system-flag-missing",
    title: "no system",
    faulty: { system: "" },
    fixed: {},
    notFaulty: ["api-inbound-counted", "raw-tcp-undercount"],
    shows: async (faulty, fixed) => {
      const counters = await assertCounts(faulty, both("user", "alice"));
      assert.deepEqual([...counters.keys()].sort(), both("user", "alice").sort());
      await assertCounts(fixed, [...both("inbound", "vmess-in"), ...both("outbound", "direct")]);
    },
  }),
  ...[
    `"statsUserUplink": "true", "statsUserDownlink": true`,
    `"statsUserUplink": 1, "statsUserDownlink": true`,
  ].flatMap((flags) =>
    v2rayCases({
      rule: "flag-wrong-type",
      title: flags.includes("1") ? "number" : "string",
      faulty: { levels: `"levels": { "0": { ${flags} } }` },
      fixed: { levels: `"levels": { "0": { ${bothUserFlags} } }` },
      shows: refusal(/cannot unmarshal (string|number) into Go/),
    }),
  ),
  ...v2rayCases({
    rule: "policy-unknown-key",
    title: "level for levels",
    faulty: { levels: `"level": { "0": { ${bothUserFlags} } }` },
    fixed: { levels: `"Levels": { "0": { ${bothUserFlags} } }` },
    alsoFaulty: ["level-flag-missing"],
    shows: assertNoUsers,
  }),
  ...v2rayCases({
    rule: "policy-unknown-key",
    title: "a slip",
    faulty: { levels: `"levels": { "0": { ${bothUserFlags.replace("Uplink", "UpLinks")} } }` },
    fixed: { levels: `"levels": { "0": { ${bothUserFlags.replace("Uplink", "UpLink")} } }` },
    alsoFaulty: ["level-one-direction"],
    shows: async (faulty, fixed) => {
      const counters = await assertCounts(faulty, [counter("user", "alice", "down")]);
      assert.equal(counters.get(counter("user", "alice", "up")), undefined);
      await assertCounts(fixed, both("user", "alice"));
    },
  }),
  ...v2rayCases({
    rule: "policy-unknown-key",
    title: "user flags in system",
    faulty: { levels: "", system: `"system": { ${systemFlags}, ${bothUserFlags} }` },
    fixed: { levels: `"levels": { "0": { ${bothUserFlags} } }` },
    alsoFaulty: ["level-flag-missing"],
    shows: assertNoUsers,
  }),
  ...v2rayCases({
    rule: "online-flag-not-supported",
    targets: ["v2ray4", "v2ray5"],
    faulty: { levels: `"levels": { "0": { ${bothUserFlags}, "statsUserOnline": true } }` },
    fixed: {},
    shows: async (faulty, fixed) => {
      await assertCounts(faulty, both("user", "alice"));
      await assert.rejects(faulty.client().onlineUsers(), { code: "unsupported" });
      await assertCounts(fixed, both("user", "alice"));
    },
  }),
  ...v2rayCases({
    rule: "online-flag-not-supported",
    title: "before 24.11.5",
    targets: ["xray"],
    version: "24.9.30",
    faulty: { levels: `"levels": { "0": { ${bothUserFlags}, "statsUserOnline": true } }` },
    fixed: {},
  }),
  jsonv5Case({
    rule: "stats-block-missing",
    faulty: { stats: "" },
    fixed: { stats: `"stats": null` },
    shows: assertDisabled,
  }),
  jsonv5Case({
    rule: "stats-block-not-object",
    faulty: { stats: `"stats": true` },
    fixed: {},
    shows: refusal(/failed to parse stats config in Services .* cannot unmarshal bool/),
  }),
  ...["", `"policy": {}`].map((policy) =>
    jsonv5Case({
      rule: "policy-missing",
      title: policy === "" ? undefined : "empty",
      faulty: { policy },
      fixed: {},
      notFaulty: ["api-inbound-counted"],
      shows: assertNothingCounts,
    }),
  ),
  jsonv5Case({
    rule: "system-flag-missing",
    faulty: {
      system: `"system": { "stats": { "inboundUplink": true, "inboundDownlink": true, "outboundUplink": true } }`,
    },
    fixed: {},
    shows: assertOutboundUplinkAlone,
  }),
  jsonv5Case({
    rule: "flag-wrong-type",
    faulty: { level: `"level": { "0": { "stats": { "userUplink": "true", "userDownlink": true } } }` },
    fixed: {},
    shows: refusal(/failed to parse policy config in Services .* cannot unmarshal string into Go value of type bool/),
  }),
  singBoxCase({
    rule: "flag-wrong-type",
    faulty: { stats: `"enabled": "true", "inbounds": ["vmess-in"], "users": ["alice"]` },
    fixed: { stats: `"enabled": true, "inbounds": ["vmess-in"], "users": ["alice"]` },
    shows: refusal(/cannot unmarshal string into Go struct field .*enabled of type bool/),
  }),
  jsonv5Case({
    rule: "policy-unknown-key",
    faulty: { level: `"level": { "0": { "stats": { "userUpLink": true, "userDownlink": true } } }` },
    fixed: { level: `"level": { "0": { "stats": { "userUplink": true, "userDownlink": true } } }` },
    shows: refusal(/unknown field "userUpLink" in v2ray\.core\.app\.policy\.Policy\.Stats/),
  }),
];

async function assertNothingCounts(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  await passes(faulty);
  await faulty.clientTraffic(alice);
  assert.deepEqual(await faulty.counters(), new Map());
  await assertCounts(fixed, both("user", "alice"));
}

async function assertOutboundUplinkAlone(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const living = [...both("inbound", "vmess-in"), ...both("user", "alice"), counter("outbound", "direct", "up")];
  const counters = await assertCounts(faulty, living);
  assert.equal(counters.get(counter("outbound", "direct", "down")), undefined);
  await assertCounts(fixed, [...living, counter("outbound", "direct", "down")]);
}

async function assertDisabled(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  await passes(faulty);
  await faulty.clientTraffic(alice);
  assert.equal(await faulty.apiOutcome(), "stats-disabled");
  await assertCounts(fixed, both("user", "alice"));
}
