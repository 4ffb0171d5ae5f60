import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { removeInbound } from "../support/api-case-calls.ts";
import { answers, apiEndsWith, isRefused, type Proof } from "../support/api-case-proofs.ts";
import { opensTo } from "./api-open.ts";
import { aliceId, outboundsOf } from "./api-texts.ts";
import { type JsonV5Parts, jsonV5Server } from "./api-texts-jsonv5.ts";
import type { RuleCase } from "./rule-case.ts";

const alice = { protocol: "vmess", port: 20001, id: aliceId } as const;
const toBalancer = `{ "inboundTag": ["vmess-in"], "balancingTag": "out" }`;

function commander(names: string): Partial<JsonV5Parts> {
  return { commander: `"commander": { "tag": "api", "name": [${names}] }` };
}

function apiInbound(
  settings: string,
  listen = `"listen": "127.0.0.1", `,
  protocol = "dokodemo-door",
): Partial<JsonV5Parts> {
  return {
    apiInbound: `{ "tag": "api-in", ${listen}"port": 20000, "protocol": "${protocol}",
      "settings": { ${settings} } }`,
  };
}

const balancers = `"balancingRule": [{ "tag": "out", "outboundSelector": ["direct"], "strategy": "random" }]`;

function jsonV5Case(
  rule: string,
  shows: Proof | undefined,
  faulty: Partial<JsonV5Parts>,
  fixed: Partial<JsonV5Parts> = {},
  title?: string,
): RuleCase {
  const texts = { faulty: jsonV5Server(faulty), fixed: jsonV5Server(fixed) };
  return { rule, target: "v2ray5-jsonv5", title, ...texts, also: ["system-flag-missing"], shows };
}

const carriesNothing: Proof = async (faulty, fixed) => {
  for (const run of [faulty, fixed]) await run.startsWell([20000, 20001]);
  await rejects(faulty.clientTraffic({ user: alice }));
  await fixed.clientTraffic({ user: alice });
};

/** The same rules in V2Ray 5's other language. */
export const apiJsonV5Cases: readonly RuleCase[] = [
  jsonV5Case("api-block-missing", apiEndsWith("no-answer"), { commander: "" }),
  jsonV5Case("api-tag-missing", apiEndsWith("no-answer"), { commander: `"commander": { "name": ["stats"] }` }),
  jsonV5Case("api-service-missing", apiEndsWith("unsupported"), { commander: `"commander": { "tag": "api" }` }),
  jsonV5Case(
    "api-service-missing",
    apiEndsWith("unsupported"),
    commander(`"reflection"`),
    commander(`"#v2ray.core.app.stats.command.Config", "reflection"`),
    "another",
  ),
  jsonV5Case(
    "api-service-unknown",
    isRefused(/cannot find implementation by alias: StatsService/),
    commander(`"StatsService"`),
  ),
  jsonV5Case(
    "api-service-unknown",
    isRefused(/cannot find implementation by alias: Reflection/),
    commander(`"stats", "Reflection"`),
    commander(`"stats", "reflection"`),
    "case counts",
  ),
  jsonV5Case(
    "api-service-needless",
    async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await removeInbound(run, "vmess-in");
      }
      deepEqual([await faulty.accepts(20001), await fixed.accepts(20001)], [false, true]);
    },
    commander(`"proxyman", "stats"`),
  ),
  jsonV5Case(
    "api-observatory-missing",
    isRefused(/not all dependency are resolved/),
    commander(`"stats", "observatory"`),
    {
      commander: `"commander": { "tag": "api", "name": ["stats", "observatory"] },
    "backgroundObservatory": { "subjectSelector": ["nothing"] }`,
    },
  ),

  jsonV5Case("api-inbound-missing", undefined, { apiInbound: "" }),
  jsonV5Case("api-rule-missing", apiEndsWith("no-answer"), { apiRule: "" }),
  jsonV5Case("api-rule-shadowed", apiEndsWith("no-answer"), {
    rulesBefore: `{ "networks": "tcp,udp", "tag": "direct" }`,
  }),
  jsonV5Case(
    "api-rule-shadowed",
    apiEndsWith("no-answer"),
    { rulesBefore: `{ "geoip": [{ "cidr": [{ "ipAddr": "127.0.0.0", "prefix": 8 }] }], "tag": "direct" }` },
    { rulesBefore: `{ "geoip": [{ "cidr": [{ "ipAddr": "10.0.0.0", "prefix": 8 }] }], "tag": "direct" }` },
    "by a rule for this machine",
  ),
  jsonV5Case("api-rule-tag-mismatch", apiEndsWith("no-answer"), {
    apiRule: `{ "inboundTag": ["API-in"], "tag": "api" }`,
  }),
  jsonV5Case(
    "api-rule-tag-mismatch",
    apiEndsWith("no-answer"),
    { apiRule: `{ "inboundTag": ["api-in"], "tag": "Api" }` },
    {},
    "of the API",
  ),
  jsonV5Case("api-rule-narrowed", apiEndsWith("no-answer"), {
    apiRule: `{ "inboundTag": ["api-in"], "portList": "20000", "userEmail": ["alice"], "tag": "api" }`,
  }),

  jsonV5Case("api-inbound-protocol", apiEndsWith("no-answer"), apiInbound("", undefined, "socks")),
  jsonV5Case(
    "api-inbound-no-address",
    apiEndsWith("no-answer"),
    apiInbound(`"networks": "tcp"`),
    apiInbound(`"networks": "tcp", "address": "127.0.0.1"`),
  ),
  jsonV5Case(
    "api-inbound-network",
    apiEndsWith("unreachable"),
    apiInbound(`"address": "127.0.0.1", "networks": "udp"`),
  ),
  jsonV5Case(
    "api-inbound-network",
    async (faulty, fixed) => {
      const { exitCode, output } = await faulty.check();
      equal(exitCode, 2);
      match(output, /panic/);
      await answers()(faulty, fixed);
    },
    apiInbound(`"address": "127.0.0.1"`),
    apiInbound(`"address": "127.0.0.1", "networks": ["tcp"]`),
    "none",
  ),
  jsonV5Case(
    "api-tunnel-name",
    isRefused(/cannot find implementation by alias: tunnel/),
    apiInbound(`"address": "127.0.0.1", "networks": "tcp"`, undefined, "tunnel"),
  ),
  jsonV5Case(
    "api-listen-public",
    undefined,
    apiInbound(`"address": "127.0.0.1", "networks": "tcp"`, `"listen": "0.0.0.0", `),
  ),

  jsonV5Case("api-is-default-outbound", carriesNothing, { outbounds: "" }),
  jsonV5Case(
    "api-is-default-outbound",
    carriesNothing,
    { outbounds: `{ "tag": "api", "protocol": "freedom" }` },
    {},
    "by its tag",
  ),
  jsonV5Case(
    "api-tag-taken",
    carriesNothing,
    {
      outbounds: outboundsOf("direct", "api"),
      rulesAfter: `{ "userEmail": ["alice"], "tag": "api" }`,
    },
    {
      outbounds: outboundsOf("direct", "Api"),
      rulesAfter: `{ "userEmail": ["alice"], "tag": "Api" }`,
    },
  ),
  jsonV5Case(
    "balancer-unknown",
    isRefused(/balancer out not found/),
    { rulesAfter: toBalancer },
    { rulesAfter: toBalancer, balancers },
  ),
  jsonV5Case(
    "rule-without-condition",
    isRefused(/this rule has no effective fields/),
    { rulesAfter: `{ "inboundTag": [], "tag": "direct" }` },
    { rulesAfter: `{ "networks": "tcp", "tag": "direct" }` },
  ),
  jsonV5Case("api-open-to-proxy-users", opensTo("127.0.0.1"), { guard: "" }),
  {
    rule: "api-inbound-counted",
    target: "v2ray5-jsonv5",
    also: ["system-flag-missing"],
    faulty: jsonV5Server().replace('"outboundUplink": true', '"inboundUplink": true'),
    fixed: jsonV5Server(),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await run.counters(); // the counters of this call are in the next one's answer
      }
      const counter = "inbound>>>api-in>>>traffic>>>uplink";
      equal(((await faulty.counters()).get(counter) ?? 0n) > 100n, true);
      equal((await fixed.counters()).has(counter), false);
    },
  },
];
