import { rejects } from "node:assert/strict";
import { answers, apiEndsWith, isRefused } from "../support/api-case-proofs.ts";
import { aliceId, apiRule, asIfOfUsers, casesFor, family, outboundsOf, server, vmessInbound } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

const alice = { protocol: "vmess", port: 20001, id: aliceId } as const;
const usersToBalancer = `{ "type": "field", "inboundTag": ["vmess-in"], "balancerTag": "out" }`;
const apiInbound = `{ "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1", "port": 1 } }`;

/** Rules, balancers, and blocks that only some cores read. */
export const routingCases: readonly RuleCase[] = [
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "rule-type-missing",
    faulty: server({ apiRule: `{ "inboundTag": ["api-in"], "outboundTag": "api" }` }),
    fixed: server({ apiRule: `{ "TYPE": "Field", "inboundTag": ["api-in"], "outboundTag": "api" }` }),
    shows: isRefused(/unknown router rule type: *$/m),
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "rule-type-missing",
    title: "another",
    faulty: server({ rulesAfter: `{ "type": "geo", "network": "udp", "outboundTag": "direct" }` }),
    fixed: server({ rulesAfter: `{ "type": "field", "network": "udp", "outboundTag": "direct" }` }),
    shows: isRefused(/unknown router rule type: geo/),
  })),

  ...casesFor(family, () => ({
    rule: "rule-without-condition",
    faulty: server({ rulesAfter: `{ "type": "field", "outboundTag": "direct" }` }),
    fixed: server({ rulesAfter: `{ "type": "field", "network": "tcp,udp", "outboundTag": "direct" }` }),
    shows: isRefused(/this rule has no effective fields/),
  })),
  ...casesFor(family, () => ({
    rule: "rule-without-condition",
    title: "empty lists",
    faulty: server({ rulesAfter: `{ "type": "field", "inboundTag": [], "ip": [], "outboundTag": "direct" }` }),
    fixed: server({ rulesAfter: `{ "type": "field", "inboundTag": "", "ip": [], "outboundTag": "direct" }` }),
    shows: isRefused(/this rule has no effective fields/),
  })),
  ...casesFor(family, () => ({
    rule: "rule-without-target",
    faulty: server({ rulesAfter: `{ "type": "field", "network": "udp" }` }),
    fixed: server({ rulesAfter: `{ "type": "field", "network": "udp", "outboundTag": "direct" }` }),
    shows: isRefused(/neither outboundTag nor balancerTag is specified in routing rule/),
  })),

  ...casesFor(family, () => ({
    rule: "balancer-unknown",
    faulty: server({ routing: `"balancers": [{ "tag": "Out", "selector": ["direct"] }]`, rulesAfter: usersToBalancer }),
    fixed: server({ routing: `"balancers": [{ "tag": "out", "selector": ["direct"] }]`, rulesAfter: usersToBalancer }),
    shows: isRefused(/balancer out not found/),
  })),
  ...casesFor(family, () => ({
    rule: "balancer-unknown",
    title: "an outbound's tag beside it wins",
    faulty: server({ rulesAfter: usersToBalancer }),
    fixed: server({
      rulesAfter: `{ "type": "field", "inboundTag": ["vmess-in"], "balancerTag": "out", "outboundTag": "direct" }`,
    }),
    shows: isRefused(/balancer out not found/),
  })),
  ...casesFor(family, () => ({
    rule: "balancer-selects-api",
    faulty: server({ routing: `"balancers": [{ "tag": "out", "selector": ["a"] }]`, rulesAfter: usersToBalancer }),
    fixed: server({ routing: `"balancers": [{ "tag": "out", "selector": ["d"] }]`, rulesAfter: usersToBalancer }),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) await run.startsWell([20000, 20001]);
      await rejects(faulty.clientTraffic({ user: alice }));
      await fixed.clientTraffic({ user: alice });
    },
  })),

  ...casesFor(["xray"], (core) => ({
    rule: "routing-settings-rules",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ apiRule: "", routing: `"settings": { "rules": [${apiRule}] }` }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "routing-settings-rules",
    title: "read behind the others",
    faulty: server({
      apiRule: "",
      rulesAfter: `{ "type": "field", "network": "tcp,udp", "outboundTag": "direct" }`,
      routing: `"settings": { "rules": [${apiRule}] }`,
    }),
    fixed: server({ rulesAfter: `{ "type": "field", "network": "tcp,udp", "outboundTag": "direct" }` }),
    alsoFaulty: ["api-rule-shadowed"],
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "routing-settings-rules",
    title: "read alone",
    faulty: server({ apiRule: "", routing: `"settings": { "rules": [${apiRule}] }` }),
    fixed: server(),
    shows: async (faulty, fixed) => {
      await answers()(fixed, faulty);
      await answers()(faulty, fixed);
    },
  })),

  ...casesFor(["xray"], () => ({
    rule: "legacy-inbound-keys",
    title: "of inbounds",
    faulty: server({
      apiInbound: "",
      userInbound: "",
      more: `"inbound": ${apiInbound},\n  "inboundDetour": [${vmessInbound}]`,
    }),
    fixed: server(),
    shows: apiEndsWith("unreachable"),
  })),
  ...casesFor(["xray"], () => ({
    rule: "legacy-inbound-keys",
    title: "of outbounds",
    faulty: server({ outbounds: "", more: `"outbound": { "tag": "direct", "protocol": "freedom" }` }),
    fixed: server(),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) await run.startsWell([20000, 20001]);
      await rejects(faulty.clientTraffic({ user: alice }));
      await fixed.clientTraffic({ user: alice });
    },
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "legacy-inbound-keys",
    faulty: server({
      apiInbound: "",
      userInbound: "",
      outbounds: "",
      more: `"inbound": ${vmessInbound},
  "inboundDetour": [${apiInbound}],
  "outboundDetour": [${outboundsOf("direct")}]`,
    }),
    fixed: server(),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await run.clientTraffic({ user: alice });
      }
      await answers()(fixed, faulty);
      await answers()(faulty, fixed);
    },
  })),
];
