import { deepEqual } from "node:assert/strict";
import { listServices, removeInbound } from "../support/api-case-calls.ts";
import { apiEndsWith, isRefused } from "../support/api-case-proofs.ts";
import { asIfOfUsers, casesFor, family, server } from "./api-texts.ts";
import type { RuleCase } from "./rule-case.ts";

/** The `api` block: its tag and its services. */
export const apiBlockCases: readonly RuleCase[] = [
  ...casesFor(family, (core) => ({
    rule: "api-block-missing",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ api: "" }),
    fixed: server(),
    shows: apiEndsWith("no-answer"),
  })),
  ...casesFor(family, (core) => ({
    rule: "api-tag-missing",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ api: `"api": { "services": ["StatsService"] }` }),
    fixed: server(),
    shows: isRefused(/API tag can't be empty/),
  })),
  ...casesFor(family, (core) => ({
    rule: "api-tag-missing",
    title: "empty",
    alsoFaulty: asIfOfUsers(core),
    faulty: server({ api: `"api": { "tag": "", "services": ["StatsService"] }` }),
    fixed: server(),
    shows: isRefused(/API tag can't be empty/),
  })),

  ...casesFor(family, () => ({
    rule: "api-service-missing",
    faulty: server({ api: `"api": { "tag": "api", "services": [] }` }),
    fixed: server({ api: `"api": { "tag": "api", "services": ["StatsService"] }` }),
    shows: apiEndsWith("unsupported"),
  })),
  ...casesFor(family, () => ({
    rule: "api-service-missing",
    title: "no list",
    faulty: server({ api: `"api": { "tag": "api" }` }),
    fixed: server({ api: `"API": { "Tag": "api", "Services": ["statsservice"] }` }),
    shows: apiEndsWith("unsupported"),
  })),
  ...casesFor(family, () => ({
    rule: "api-service-missing",
    title: "misspelt",
    faulty: server({ api: `"api": { "tag": "api", "services": ["StatService"] }` }),
    fixed: server(),
    shows: apiEndsWith("unsupported"),
  })),

  ...casesFor(family, () => ({
    rule: "api-service-unknown",
    faulty: server({ api: `"api": { "tag": "api", "services": ["StatsService", "Reflection"] }` }),
    fixed: server({ api: `"api": { "tag": "api", "services": ["StatsService", "ReflectionService"] }` }),
    shows: async (faulty, fixed) => {
      await faulty.startsWell();
      await fixed.startsWell();
      deepEqual([await listServices(faulty), await listServices(fixed)], [12, 0]);
    },
  })),
  {
    rule: "api-service-unknown",
    target: "v2ray4",
    title: "V2Ray 5's alone",
    faulty: server({ api: `"api": { "tag": "api", "services": ["StatsService", "RoutingService"] }` }),
    fixed: server(),
    also: ["system-flag-missing"],
  },

  ...casesFor(family, () => ({
    rule: "api-service-needless",
    faulty: server({ api: `"api": { "tag": "api", "services": ["HandlerService", "StatsService"] }` }),
    fixed: server(),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await removeInbound(run, "vmess-in");
      }
      deepEqual([await faulty.accepts(20001), await fixed.accepts(20001)], [false, true]);
    },
  })),

  ...casesFor(["v2ray5", "xray"], () => ({
    rule: "api-observatory-missing",
    faulty: server({ api: `"api": { "tag": "api", "services": ["StatsService", "ObservatoryService"] }` }),
    fixed: server(),
    shows: isRefused(/not all dependenc(y|ies) are resolved/),
  })),
];
