import { equal, rejects } from "node:assert/strict";
import { answers, apiEndsWith, type Proof } from "../support/api-case-proofs.ts";
import { writeCertificates } from "../support/api-case-tls.ts";
import { aliceId, casesFor, family, outboundsOf, server } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

const alice = { protocol: "vmess", port: 20001, id: aliceId } as const;

/** The faulty text's outbounds carry nothing for users. */
const carriesNothing: Proof = async (faulty, fixed) => {
  for (const run of [faulty, fixed]) await run.startsWell([20000, 20001]);
  await rejects(faulty.clientTraffic({ user: alice }));
  await fixed.clientTraffic({ user: alice });
};

function tlsInbound(settings: string, authority = ""): string {
  return `{ "tag": "api-in", "listen": "127.0.0.1", "port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1", "port": 1 },
      "streamSettings": { "network": "tcp", "security": "tls", "tlsSettings": {
        ${settings}"certificates": [{ "certificateFile": "/case/server.pem", "keyFile": "/case/server.key" }${authority}]
      } } }`;
}

const verify = `, { "usage": "verify", "certificateFile": "/case/ca.pem" }`;
const verifyClient = `, { "usage": "verifyclient", "certificateFile": "/case/ca.pem" }`;

/** Any client is let in, as nobody asks for its certificate. */
const asksNobody: Proof = async (faulty, fixed) => {
  const place = writeCertificates(faulty, fixed);
  await answers(place)(fixed, faulty);
};

/** Who can reach the API, and what it does to the traffic of users. */
export const apiExposureCases: readonly RuleCase[] = [
  ...casesFor(family, () => ({
    rule: "api-tls-alpn",
    faulty: server({ apiInbound: tlsInbound(`"alpn": ["http/1.1"], `) }),
    fixed: server({ apiInbound: tlsInbound(`"ALPN": ["h2", "http/1.1"], `) }),
    shows: (faulty, fixed) => apiEndsWith("tls", writeCertificates(faulty, fixed))(faulty, fixed),
  })),
  ...casesFor(family, () => ({
    rule: "api-tls-alpn",
    title: "one in a string, its case wrong",
    faulty: server({ apiInbound: tlsInbound(`"alpn": "H2", `) }),
    fixed: server({ apiInbound: tlsInbound(`"alpn": [], `) }),
    shows: (faulty, fixed) => apiEndsWith("tls", writeCertificates(faulty, fixed))(faulty, fixed),
  })),
  ...casesFor(family, () => ({
    rule: "api-client-cert-unchecked",
    faulty: server({ apiInbound: tlsInbound("", verify) }),
    fixed: server({ apiInbound: tlsInbound("") }),
    shows: asksNobody,
  })),
  ...casesFor(["v2ray4", "xray"], () => ({
    rule: "api-client-cert-unchecked",
    title: "what only V2Ray 5 knows",
    faulty: server({ apiInbound: tlsInbound(`"verifyClientCertificate": true, `, verifyClient) }),
    fixed: server({ apiInbound: tlsInbound("") }),
    shows: asksNobody,
  })),
  ...casesFor(["v2ray5"], () => ({
    rule: "api-client-cert-unchecked",
    title: "the switch is missing",
    faulty: server({ apiInbound: tlsInbound("", verifyClient) }),
    fixed: server({ apiInbound: tlsInbound(`"verifyClientCertificate": true, `, verifyClient) }),
    shows: async (faulty, fixed) => {
      await asksNobody(faulty, fixed);
      const place = writeCertificates(fixed);
      await fixed.startsWell([]);
      equal(await fixed.apiOutcome(place), "tls");
    },
  })),

  ...casesFor(family, () => ({
    rule: "api-is-default-outbound",
    faulty: server({ outbounds: "" }),
    fixed: server(),
    shows: carriesNothing,
  })),
  ...casesFor(family, () => ({
    rule: "api-is-default-outbound",
    title: "by its tag",
    faulty: server({ outbounds: `{ "tag": "api", "protocol": "freedom" }` }),
    fixed: server({ outbounds: outboundsOf("direct") }),
    shows: carriesNothing,
  })),
  ...casesFor(family, () => {
    const userRule = (tag: string): string => `{ "type": "field", "user": ["alice"], "outboundTag": "${tag}" }`;
    return {
      rule: "api-tag-taken",
      faulty: server({ outbounds: outboundsOf("direct", "api"), rulesAfter: userRule("api") }),
      fixed: server({ outbounds: outboundsOf("direct", "Api"), rulesAfter: userRule("Api") }),
      shows: carriesNothing,
    };
  }),

  ...casesFor(family, (core) => {
    const policy = `"policy": {
    "levels": { "0": { "statsUserUplink": true, "statsUserDownlink": true } },
    "system": { "statsInboundUplink": true }
  }`;
    const listen = `"api": { "tag": "api", "listen": "127.0.0.1:20000", "services": ["StatsService"] }`;
    return {
      rule: "api-inbound-counted",
      faulty: server({ policy }),
      fixed: core === "xray" ? server({ policy, api: listen, apiInbound: "", apiRule: "" }) : server(),
      shows: async (faulty, fixed) => {
        const counter = "inbound>>>api-in>>>traffic>>>uplink";
        for (const run of [faulty, fixed]) {
          await run.startsWell([20000, 20001]);
          await run.counters(); // the counters of this call are in the next one's answer
        }
        equal(((await faulty.counters()).get(counter) ?? 0n) > 100n, true);
        equal((await fixed.counters()).has(counter), false);
      },
    };
  }),
];
