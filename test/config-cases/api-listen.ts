import { equal } from "node:assert/strict";
import { answers, apiEndsWith, failsAtStart } from "../support/api-case-proofs.ts";
import { casesFor, family, server, singBoxServer } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

function apiListen(listen: string): string {
  return `"api": { "tag": "api", "listen": "${listen}", "services": ["StatsService"] }`;
}

/** A server of Xray whose API listens by itself. */
function listeningServer(listen: string): string {
  return server({ api: apiListen(listen), apiInbound: "", apiRule: "" });
}

const guard = `{ "type": "field", "port": "20000-20002", "outboundTag": "block" }`;

function inboundAt(place: string, more = ""): string {
  return `{ "tag": "api-in", ${place}"port": 20000, "protocol": "dokodemo-door",
      "settings": { "address": "127.0.0.1", "port": 1 }${more} }`;
}

/** Where the API listens. */
export const apiListenCases: readonly RuleCase[] = [
  ...casesFor(family, () => ({
    rule: "api-listen-public",
    faulty: server({ apiInbound: inboundAt("") }),
    fixed: server({ apiInbound: inboundAt(`"listen": "127.0.0.1", `) }),
  })),
  ...casesFor(family, () => ({
    rule: "api-listen-public",
    title: "all addresses",
    faulty: server({ apiInbound: inboundAt(`"listen": "::", `) }),
    fixed: server({ apiInbound: inboundAt(`"listen": "::1", `) }),
  })),
  ...casesFor(family, () => ({
    rule: "api-listen-public",
    title: "an address of the network",
    faulty: server({ apiInbound: inboundAt(`"listen": "192.0.2.7", `) }),
    fixed: server({ apiInbound: inboundAt(`"listen": "127.0.0.53", `) }),
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-listen-public",
    title: "api.listen",
    faulty: listeningServer("0.0.0.0:20000"),
    fixed: listeningServer("localhost:20000"),
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-listen-public",
    title: "api.listen without a host",
    faulty: listeningServer(":20000"),
    fixed: listeningServer("[::1]:20000"),
  })),
  ...casesFor(["sing-box"], () => ({
    rule: "api-listen-public",
    faulty: singBoxServer({ listen: ":20000" }),
    fixed: singBoxServer({ listen: "127.0.0.1:20000" }),
  })),
  ...casesFor(["sing-box"], () => ({
    rule: "api-listen-public",
    title: "all addresses",
    faulty: singBoxServer({ listen: "[::]:20000" }),
    fixed: singBoxServer({ listen: "[::1]:20000" }),
  })),

  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "api-listen-unsupported",
    faulty: listeningServer("127.0.0.1:20000"),
    fixed: server(),
    shows: apiEndsWith("unreachable"),
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "api-listen-unsupported",
    title: "beside an inbound",
    faulty: server({ api: apiListen("127.0.0.1:20002") }),
    fixed: server(),
    shows: async (faulty, fixed) => {
      await faulty.startsWell();
      equal(await faulty.apiOutcome({ address: "127.0.0.1:20002" }), "unreachable");
      await answers()(faulty, fixed);
    },
  })),
  {
    rule: "api-listen-unsupported",
    target: "xray",
    title: "before 1.8.12",
    version: "1.8.11",
    faulty: listeningServer("127.0.0.1:20000"),
    fixed: server(),
    also: ["system-flag-missing"],
  },
  ...["127.0.0.1", "::1:20000", "127.0.0.1:99999", "@api", "/case/api.sock"].flatMap((listen) =>
    casesFor(["xray", "sing-box"], (core) => {
      const [make, exitCode] = core === "xray" ? ([listeningServer, 255] as const) : ([singBoxListening, 1] as const);
      return {
        rule: "api-listen-invalid",
        title: listen,
        faulty: `// 20000\n${make(listen)}`,
        fixed: make("127.0.0.1:20000"),
        shows: failsAtStart(/listen tcp: address .*: (missing port|too many colons|invalid port)/, exitCode),
      };
    }),
  ),
  {
    rule: "api-listen-invalid",
    target: "xray",
    title: "sockets are new",
    version: "26.5.3",
    faulty: listeningServer("127.0.0.1"),
    fixed: listeningServer("/run/xray/api.sock"),
    also: ["system-flag-missing"],
  },

  ...casesFor(["xray"], () => ({
    rule: "api-listen-leftover-rule",
    faulty: server({ api: apiListen("127.0.0.1:20002"), guard }),
    fixed: server({ api: apiListen("127.0.0.1:20002"), guard, apiInbound: "", apiRule: "" }),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) await run.startsWell([20002]);
      const place = { address: "127.0.0.1:20002" };
      equal(await faulty.apiOutcome(), "no-answer");
      equal(await faulty.apiOutcome(place), "answers");
      await answers(place)(faulty, fixed);
    },
  })),
];

function singBoxListening(listen: string): string {
  return singBoxServer({ listen });
}
