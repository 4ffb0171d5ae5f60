import assert from "node:assert/strict";
import { type ConfigTarget, configTargets } from "../../src/config/target.ts";
import { showsLost } from "./peculiar-files.ts";
import { aliceClient, aliceId, inbound, server, userFlags } from "./peculiar-texts.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Flags, jsonv5Server, jsonv5SystemFlags, singBoxServer } from "./stats-and-users-other-texts.ts";

const good: Readonly<Record<ConfigTarget, string>> = {
  v2ray4: server("v2ray4"),
  v2ray5: server("v2ray5"),
  "v2ray5-jsonv5": jsonv5Server(),
  xray: server("xray"),
  "sing-box": singBoxServer(),
};

/** Rules that fire on {@link good}. */
const alsoOf: Readonly<Record<ConfigTarget, readonly string[]>> = {
  v2ray4: ["api-inbound-counted"],
  v2ray5: ["api-inbound-counted"],
  "v2ray5-jsonv5": ["api-inbound-counted", "api-open-to-proxy-users"],
  xray: ["raw-tcp-undercount"],
  "sing-box": ["api-open-to-proxy-users", "singbox-build-tag"],
};

const exitCodes = { v2ray4: 2, v2ray5: 1, "v2ray5-jsonv5": 1, xray: 23, "sing-box": 1 };

/** The faulty text is refused with these words, by the check and at start; its twin starts. */
function showsRefusal(message: RegExp): RuleCase["shows"] {
  return async (faulty, fixed) => {
    for (const end of [await faulty.check(), await faulty.start()]) {
      assert.ok(end !== "listening", "it starts");
      assert.match(end.output, message);
      assert.equal(end.exitCode, exitCodes[faulty.target]);
    }
    assert.equal((await fixed.check()).exitCode, 0);
    await fixed.startsWell();
  };
}

const markCases = configTargets.map(
  (target): RuleCase => ({
    rule: "byte-order-mark",
    target,
    also: alsoOf[target],
    faulty: `\uFEFF${good[target]}`,
    fixed: good[target],
    shows: showsRefusal(/invalid character 'ï' looking for beginning of value/),
  }),
);

const commaCases = configTargets
  .filter((target) => target !== "sing-box")
  .flatMap((target): RuleCase[] => [
    {
      rule: "trailing-comma",
      target,
      title: "in an object",
      also: alsoOf[target],
      faulty: good[target].replace(/\n\}\n$/, ",\n}\n"),
      fixed: good[target],
      shows: showsRefusal(/invalid character '\}' looking for beginning of object key string/),
    },
    {
      rule: "trailing-comma",
      target,
      title: "in a list",
      also: alsoOf[target],
      faulty: good[target].replace(`["api-in"]`, `["api-in",]`).replace(`["StatsService"]`, `["StatsService",]`),
      fixed: good[target],
      shows: showsRefusal(/invalid character '\]' looking for beginning of value/),
    },
  ]);

/** The `stats` block stands behind the brace that ends the configuration. */
function endsEarly(target: "v2ray4" | "v2ray5" | "xray"): string {
  return good[target].replace(`  "stats": {},\n`, "").replace(/\n\}\n$/, `\n},\n  "stats": {}\n}\n`);
}

const endCases: readonly RuleCase[] = [
  ...(["v2ray4", "v2ray5", "xray"] as const).map((target) => ({
    rule: "text-after-end",
    target,
    also: alsoOf[target],
    alsoFaulty: ["stats-block-missing"],
    faulty: endsEarly(target),
    fixed: good[target],
    shows: noStats,
  })),
  {
    rule: "text-after-end",
    target: "v2ray5-jsonv5",
    also: alsoOf["v2ray5-jsonv5"],
    faulty: `${good["v2ray5-jsonv5"]}}\n`,
    fixed: good["v2ray5-jsonv5"],
    shows: showsLost("user/alice/up"),
  },
  {
    rule: "text-after-end",
    target: "sing-box",
    also: alsoOf["sing-box"],
    faulty: `${good["sing-box"]}}\n`,
    fixed: good["sing-box"],
    shows: showsRefusal(/invalid character '\}' after top-level value/),
  },
];

/** The faulty text starts all the same, and its API has nothing to read. */
async function noStats(...[faulty, fixed]: Parameters<NonNullable<RuleCase["shows"]>>): Promise<void> {
  for (const run of [faulty, fixed]) {
    assert.equal((await run.check()).exitCode, 0);
    await run.startsWell();
  }
  assert.equal(await faulty.apiOutcome(), "stats-disabled");
  assert.equal(await fixed.apiOutcome(), "answers");
}

const levelTwice = `"0": { "statsUserUplink": true }, "0": { "statsUserDownlink": true }`;
const policyTwice = good.v2ray5.replace(/,\n( {4}"system")/, ` },\n  "policy": {\n$1`);

const duplicateCases: readonly RuleCase[] = [
  ...(["v2ray4", "xray"] as const).map((target) => ({
    rule: "duplicate-key",
    target,
    title: "a level",
    also: alsoOf[target],
    alsoFaulty: ["level-one-direction"],
    faulty: server(target, { levels: levelTwice }),
    fixed: server(target, { levels: `"0": { ${userFlags} }` }),
    shows: showsLost("user/alice/down", "user/alice/up"),
  })),
  ...(["v2ray4", "xray"] as const).map((target) => ({
    rule: "duplicate-key",
    target,
    title: "a list of clients",
    also: alsoOf[target],
    alsoFaulty: ["user-without-email"],
    faulty: server(target, {
      inbounds: [
        inbound(
          "vmess-in",
          20001,
          `"protocol": "vmess",
      "settings": { "clients": [${aliceClient}], "Clients": [{ "id": "${aliceId}" }] }`,
        ),
      ],
    }),
    fixed: server(target),
    shows: showsLost("outbound/direct/up", "user/alice/up"),
  })),
  {
    rule: "duplicate-key",
    target: "v2ray4",
    title: "the same twice, which harms nothing",
    also: alsoOf.v2ray4,
    faulty: good.v2ray4.replace(`"stats": {},`, `"stats": {},\n  "Stats": {},`),
    fixed: good.v2ray4,
    shows: showsLost("user/alice/up"),
  },
  {
    rule: "duplicate-key",
    target: "v2ray5",
    title: "policy",
    also: alsoOf.v2ray5,
    alsoFaulty: ["level-flag-missing"],
    faulty: policyTwice,
    fixed: good.v2ray5,
    shows: showsLost("outbound/direct/up", "user/alice/up"),
  },
  {
    rule: "duplicate-key",
    target: "v2ray5-jsonv5",
    title: "policy",
    also: alsoOf["v2ray5-jsonv5"],
    alsoFaulty: ["level-flag-missing"],
    faulty: jsonv5Server({
      policy: `"policy": { "level": { "0": { "stats": { ${jsonv5Flags} } } } },
    "policy": { "system": { "stats": { ${jsonv5SystemFlags} } } }`,
    }),
    fixed: jsonv5Server(),
    shows: showsLost("outbound/direct/up", "user/alice/up"),
  },
  {
    rule: "duplicate-key",
    target: "sing-box",
    title: "the list of users",
    also: alsoOf["sing-box"],
    alsoFaulty: ["singbox-user-unlisted"],
    faulty: singBoxServer({ stats: `"enabled": true, "inbounds": ["vmess-in"], "users": ["alice"], "users": ["bob"]` }),
    fixed: singBoxServer({ stats: `"enabled": true, "inbounds": ["vmess-in"], "users": ["alice", "bob"]` }),
    shows: showsLost("inbound/vmess-in/up", "user/alice/up"),
  },
];

/** What some cores take and others do not, in the text itself. */
export const peculiarSyntaxCases: readonly RuleCase[] = [...markCases, ...commaCases, ...endCases, ...duplicateCases];
