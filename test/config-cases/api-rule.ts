import { equal } from "node:assert/strict";
import { answers, apiEndsWith } from "../support/api-case-proofs.ts";
import { runsOutOfFiles } from "../support/api-case-self.ts";
import { asIfOfUsers, casesFor, family, server, vmessInbound } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

const askedHere = `// the API is asked for at 127.0.0.1:20000
    ${vmessInbound}`;
const loopbackRule = `{ "type": "field", "ip": ["127.0.0.0/8", "::1/128"], "outboundTag": "block" }`;
const noPortSetting = `{ "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1" } }`;

/** The way from an inbound by a routing rule to the API. */
export const apiRuleCases: readonly RuleCase[] = [
  ...casesFor(family, () => ({
    rule: "api-inbound-missing",
    faulty: server({ apiInbound: "", userInbound: askedHere, apiRule: "" }),
    fixed: server(),
    shows: apiEndsWith("unreachable"),
  })),
  ...casesFor(family, () => ({
    rule: "api-inbound-missing",
    title: "a rule waits for it",
    faulty: server({ apiInbound: "", userInbound: askedHere }),
    fixed: server(),
    shows: apiEndsWith("unreachable"),
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-inbound-missing",
    title: "api.listen",
    faulty: server({ apiInbound: "", userInbound: askedHere, apiRule: "" }),
    fixed: server({
      apiInbound: "",
      apiRule: "",
      api: `"api": { "tag": "api", "listen": "127.0.0.1:20000", "services": ["StatsService"] }`,
    }),
    shows: apiEndsWith("unreachable"),
  })),

  ...casesFor(family, (core) => ({
    rule: "api-rule-missing",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ apiRule: "" }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(["xray"], (core) => ({
    rule: "api-rule-missing",
    title: "it connects to itself",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ apiInbound: noPortSetting, apiRule: "" }),
    fixed: server({ apiInbound: noPortSetting }),
    also: ["system-flag-missing", "api-inbound-no-port-setting"],
    shows: async (faulty, fixed) => {
      equal(await runsOutOfFiles(server({ apiInbound: noPortSetting, apiRule: "" })), true);
      await answers()(faulty, fixed);
    },
  })),

  ...casesFor(family, () => ({
    rule: "api-rule-shadowed",
    title: "by a rule for everything",
    faulty: server({ rulesBefore: `{ "type": "field", "network": "tcp,udp", "outboundTag": "direct" }` }),
    fixed: server({ rulesAfter: `{ "type": "field", "network": "tcp,udp", "outboundTag": "direct" }` }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-shadowed",
    title: "by a rule for this machine",
    faulty: server({ rulesBefore: loopbackRule }),
    fixed: server({ rulesAfter: loopbackRule }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-shadowed",
    title: "by a rule for the same inbound",
    faulty: server({ rulesBefore: `{ "type": "field", "inboundTag": "dns-in,api-in", "outboundTag": "direct" }` }),
    fixed: server({ rulesBefore: `{ "type": "field", "inboundTag": "dns-in", "outboundTag": "direct" }` }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-shadowed",
    title: "by a rule for a port, as the inbound's own is not it",
    faulty: server({ rulesBefore: `{ "type": "field", "port": "1-1023", "outboundTag": "direct" }` }),
    fixed: server({ rulesBefore: `{ "type": "field", "port": "2-1023", "outboundTag": "direct" }` }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-shadowed",
    title: "by a rule for callers on this machine, not by one for users, names or what is sniffed",
    faulty: server({ rulesBefore: `{ "type": "field", "source": ["127.0.0.1"], "outboundTag": "direct" }` }),
    fixed: server({
      rulesBefore: `{ "type": "field", "user": ["alice"], "outboundTag": "block" },
      { "type": "field", "domain": ["regexp:.*"], "outboundTag": "block" },
      { "type": "field", "protocol": ["http", "tls"], "outboundTag": "block" }`,
    }),
    shows: apiEndsWith("no-answer"),
  })),

  ...casesFor(family, (core) => ({
    rule: "api-rule-tag-mismatch",
    title: "of the inbound",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ apiRule: `{ "type": "field", "inboundTag": ["API-in"], "outboundTag": "api" }` }),
    fixed: server({ apiRule: `{ "type": "field", "InboundTag": ["api-in"], "OUTBOUNDTAG": "api" }` }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, (core) => ({
    rule: "api-rule-tag-mismatch",
    title: "of the API",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ apiRule: `{ "type": "field", "inboundTag": ["api-in"], "outboundTag": "Api" }` }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, (core) => ({
    rule: "api-rule-tag-mismatch",
    title: "of another name for the API",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ api: `"api": { "tag": "statistics", "services": ["StatsService"] }` }),
    fixed: server({
      api: `"api": { "tag": "statistics", "services": ["StatsService"] }`,
      apiRule: `{ "type": "field", "inboundTag": ["api-in"], "outboundTag": "statistics" }`,
    }),
    shows: apiEndsWith("no-answer"),
  })),

  ...casesFor(family, () => ({
    rule: "api-rule-narrowed",
    title: "to a port, as if it were the inbound's own",
    faulty: server({ apiRule: `{ "type": "field", "inboundTag": ["api-in"], "port": 20000, "outboundTag": "api" }` }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-narrowed",
    title: "to a name",
    faulty: server({
      apiRule: `{ "type": "field", "inboundTag": ["api-in"], "domain": ["full:localhost"], "outboundTag": "api" }`,
    }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-narrowed",
    title: "to a user",
    faulty: server({
      apiRule: `{ "type": "field", "inboundTag": ["api-in"], "user": ["alice"], "outboundTag": "api" }`,
    }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-rule-narrowed",
    title: "to addresses that are not the inbound's, which its own may be",
    faulty: server({
      apiRule: `{ "type": "field", "inboundTag": ["api-in"], "ip": ["10.0.0.0/8"], "outboundTag": "api" }`,
    }),
    fixed: server({
      apiRule: `{ "type": "field", "inboundTag": ["api-in"], "ip": ["127.0.0.1"], "network": "tcp", "outboundTag": "api" }`,
    }),
    shows: apiEndsWith("no-answer"),
  })),
];
