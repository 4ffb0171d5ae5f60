import { equal, match } from "node:assert/strict";
import { answers, apiEndsWith, isRefused } from "../support/api-case-proofs.ts";
import { runsOutOfFiles } from "../support/api-case-self.ts";
import { casesFor, family, server } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

const onPort = `"listen": "127.0.0.1", "port": 20000`;
const onSocket = `"listen": "/case/api.sock"`;
const socket = { address: "unix:/case/api.sock" };

function apiInbound(settings: string, place: string = onPort, protocol = "dokodemo-door"): string {
  return `{ "tag": "api-in", ${place}, "protocol": "${protocol}",
      "settings": { ${settings} } }`;
}

/** The inbound that leads to the API. */
export const apiInboundCases: readonly RuleCase[] = [
  ...casesFor(family, (core) => ({
    rule: "api-inbound-protocol",
    faulty: server({ apiInbound: apiInbound("", onPort, "socks") }),
    fixed: server(),
    shows: apiEndsWith(core === "xray" ? "wrong-protocol" : "no-answer"),
  })),
  ...casesFor(family, () => ({
    rule: "api-inbound-protocol",
    title: "http",
    faulty: server({ apiInbound: apiInbound("", onPort, "http") }),
    fixed: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "port": 1`, onPort, "Dokodemo-Door") }),
    shows: apiEndsWith("wrong-protocol"),
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "api-inbound-no-address",
    faulty: server({ apiInbound: apiInbound(`"port": 1`) }),
    fixed: server({ apiInbound: apiInbound(`"port": 1, "address": "127.0.0.1"`) }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "api-inbound-no-address",
    title: "no settings",
    faulty: server({ apiInbound: `{ "tag": "api-in", ${onPort}, "protocol": "dokodemo-door" }` }),
    fixed: server({ apiInbound: apiInbound(`"ADDRESS": "localhost" /* any will do */`) }),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-inbound-no-port-setting",
    faulty: server({ apiInbound: apiInbound(`"address": "127.0.0.1"`) }),
    fixed: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "port": 1`) }),
    shows: async (faulty, fixed) => {
      // What comes when the rule goes.
      const withoutRule = (settings: string): string => server({ apiInbound: apiInbound(settings), apiRule: "" });
      equal(await runsOutOfFiles(withoutRule(`"address": "127.0.0.1"`)), true);
      equal(await runsOutOfFiles(withoutRule(`"address": "127.0.0.1", "port": 1`)), false);
      await answers()(fixed, faulty);
      await answers()(faulty, fixed);
    },
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-inbound-no-port-setting",
    title: "tunnel without settings",
    faulty: server({ apiInbound: `{ "tag": "api-in", ${onPort}, "protocol": "tunnel" }` }),
    fixed: server({ apiInbound: apiInbound(`"port": 1`, onPort, "tunnel") }),
    shows: async () => {
      const inbound = `{ "tag": "api-in", ${onPort}, "protocol": "tunnel" }`;
      equal(await runsOutOfFiles(server({ apiInbound: inbound, apiRule: "" })), true);
    },
  })),
  {
    rule: "api-inbound-missing",
    target: "xray",
    title: "before api.listen was",
    version: "1.8.11",
    faulty: server({ apiInbound: "", apiRule: "" }),
    fixed: server({ apiInbound: apiInbound(`"address": "127.0.0.1"`) }),
    also: ["system-flag-missing"],
  },
  ...casesFor(family, () => ({
    rule: "api-inbound-network",
    title: "udp on a port",
    faulty: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "port": 1, "network": "udp"`) }),
    fixed: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "port": 1, "network": ["udp", "TCP"]`) }),
    shows: apiEndsWith("unreachable"),
  })),
  ...casesFor(family, () => ({
    rule: "api-inbound-network",
    title: "tcp on a socket",
    faulty: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "port": 1`, onSocket) }),
    fixed: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "port": 1, "network": "tcp,unix"`, onSocket) }),
    shows: apiEndsWith("unreachable", socket),
  })),
  ...casesFor(["xray"], () => ({
    rule: "api-inbound-socket-panic",
    faulty: server({ apiInbound: apiInbound(`"address": "127.0.0.1", "network": "unix"`, onSocket) }),
    fixed: server({
      apiInbound: apiInbound(`"port": 1, "network": "unix" /* the address may be missing */`, onSocket),
    }),
    shows: async (faulty, fixed) => {
      await faulty.startsWell([]);
      await faulty.accepts("/case/api.sock");
      const { exitCode, output } = await faulty.ended();
      equal(exitCode, 2);
      match(output, /panic/);
      await answers(socket)(faulty, fixed);
    },
  })),
  ...casesFor(["v2ray4", "v2ray5"], () => ({
    rule: "api-tunnel-name",
    faulty: server({ apiInbound: apiInbound(`"address": "127.0.0.1"`, onPort, "tunnel") }),
    fixed: server({ apiInbound: apiInbound(`"address": "127.0.0.1"`) }),
    shows: isRefused(/unknown config id: tunnel/),
  })),
];
