import { deepEqual } from "node:assert/strict";
import type { Proof } from "../support/api-case-proofs.ts";
import { askedThroughProxy } from "../support/api-case-tunnel.ts";
import { aliceId, casesFor, family, server, singBoxServer } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

/** The API answers alice when she asks her proxy for it by this host, and that of the fixed twin does not. */
export function opensTo(host: string): Proof {
  return async (faulty, fixed) => {
    for (const run of [faulty, fixed]) await run.startsWell([20000, 20001]);
    const outcomes = [await askedThroughProxy(faulty, aliceId, host), await askedThroughProxy(fixed, aliceId, host)];
    deepEqual(outcomes, ["answers", "no-answer"]);
  };
}

const block = `{ "type": "field", "port": "20000", "network": "tcp", "outboundTag": "block" }`;
const blockAddresses = `{ "type": "field", "ip": ["127.0.0.0/8", "::1/128"], "outboundTag": "block" }`;
const all = `{ "type": "field", "network": "tcp,udp", "outboundTag": "direct" }`;
const reject = `{ "ip_cidr": ["127.0.0.0/8", "::1/128"], "action": "reject" }`;
const resolver = `"dns": { "servers": [{ "type": "hosts", "tag": "hosts", "predefined": { "api.test": ["127.0.0.1"] } }] }`;

const listening = {
  api: `"api": { "tag": "api", "listen": "127.0.0.1:20000", "services": ["StatsService"] }`,
  apiInbound: "",
  apiRule: "",
  guard: "",
};

/** Users who ask the proxy for the API. */
export const apiOpenCases: readonly RuleCase[] = [
  ...casesFor(family, () => ({
    rule: "api-open-to-proxy-users",
    faulty: server({ guard: "" }),
    fixed: server({ guard: block }),
    shows: opensTo("127.0.0.1"),
  })),
  ...casesFor(family, () => ({
    rule: "api-open-to-proxy-users",
    title: "by a name",
    faulty: server({ guard: blockAddresses }),
    fixed: server({ guard: blockAddresses, routing: `"domainStrategy": "IPIfNonMatch"` }),
    shows: opensTo("localhost"),
  })),
  ...casesFor(family, () => ({
    rule: "api-open-to-proxy-users",
    title: "a rule before lets them through",
    faulty: server({ guard: `${all},\n      ${block}` }),
    fixed: server({ guard: `${block},\n      ${all}` }),
    shows: opensTo("127.0.0.1"),
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-open-to-proxy-users",
    title: "api.listen",
    faulty: server(listening),
    fixed: server({ ...listening, guard: block }),
    shows: opensTo("127.0.0.1"),
  })),
  {
    rule: "api-open-to-proxy-users",
    target: "xray",
    title: "a list of private addresses",
    faulty: server({ ...listening, guard: `{ "ip": ["geoip:!private"], "outboundTag": "block" }` }),
    fixed: server({
      ...listening,
      guard: `{ "port": "1-65535", "ip": ["geoip:private"], "outboundTag": "block" }`,
      routing: `"domainStrategy": "IPOnDemand"`,
    }),
    also: ["system-flag-missing"],
  },
  ...casesFor(["sing-box"], () => ({
    rule: "api-open-to-proxy-users",
    faulty: singBoxServer({ rules: `{ "ip_cidr": ["10.0.0.0/8"], "action": "reject" }` }),
    fixed: singBoxServer({ rules: `{ "ip_is_private": true, "action": "reject" }` }),
    shows: opensTo("127.0.0.1"),
  })),
  ...casesFor(["sing-box"], () => ({
    rule: "api-open-to-proxy-users",
    title: "by a name",
    faulty: singBoxServer({ rules: reject, more: resolver }),
    fixed: singBoxServer({ rules: `{ "action": "resolve" }, ${reject}`, more: resolver }),
    shows: opensTo("api.test"),
  })),
];
