import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import { bytesOf } from "../support/peculiar-case-run.ts";
import { until } from "../support/until.ts";
import { aliceClient, aliceId, alwaysOf, inboundFlags, outboundFlags, server, userFlags } from "./peculiar-texts.ts";
import type { CaseText, RuleCase } from "./rule-case.ts";

const alice = { user: { protocol: "vmess", port: 20001, id: aliceId } } as const;

/** Some traffic of alice by the core, in which these counters exist and those do not. */
async function assertCounts(run: CaseRun, there: readonly string[], absent: readonly string[]): Promise<void> {
  assert.equal((await run.check()).exitCode, 0);
  await run.startsWell([20000, 20001]);
  await run.clientTraffic(alice);
  for (const name of there) await until(async () => (await bytesOf(run, name)) > 0n);
  for (const name of absent) assert.equal(await bytesOf(run, name), 0n, name);
}

/** The counters are there in the twin; in the faulty text only the witness is. */
export function showsLost(witness: string, ...lost: readonly string[]): RuleCase["shows"] {
  return async (faulty, fixed) => {
    await assertCounts(faulty, [witness], lost);
    await assertCounts(fixed, [witness, ...lost], []);
  };
}

const yaml = (level: string): CaseText => [
  {
    name: "config.yaml",
    text: `log: { loglevel: warning }
stats: {}
api: { tag: api, services: [StatsService] }
policy:
  levels:
    ${level}: { statsUserUplink: true, statsUserDownlink: true }
  system: { ${[inboundFlags, outboundFlags].join(", ").replaceAll('"', "")} }
inbounds:
  - tag: api-in
    listen: 127.0.0.1
    port: 20000
    protocol: dokodemo-door
    settings: { address: 127.0.0.1 }
  - tag: vmess-in
    listen: 127.0.0.1
    port: 20001
    protocol: vmess
    settings: { clients: [${aliceClient}] }
outbounds:
  - { tag: direct, protocol: freedom }
  - { tag: block, protocol: blackhole }
routing:
  rules:
    - { type: field, inboundTag: [api-in], outboundTag: api }
    - { type: field, port: 20000, outboundTag: block }
`,
  },
];

const yamlCase: RuleCase = {
  rule: "yaml-level-key-unquoted",
  target: "v2ray5",
  also: alwaysOf("v2ray5"),
  faulty: yaml("0"),
  fixed: yaml(`"0"`),
  shows: async (faulty, fixed) => {
    for (const end of [await faulty.check(), await faulty.start()]) {
      assert.ok(end !== "listening");
      assert.equal(end.exitCode, 1);
      assert.match(end.output, /unsupported type: map\[interface \{\}\]interface \{\}/);
    }
    await assertCounts(fixed, ["user/alice/up"], []);
  },
};

const systemFlags = `"system": { ${inboundFlags}, ${outboundFlags} }`;

function inTwoFiles(base: string, more: string): CaseText {
  return [
    { name: "10-base.json", text: base },
    { name: "20-more.json", text: more },
  ];
}

const policyFiles = (["v2ray4", "xray"] as const).map((target): RuleCase => {
  const base = server(target);
  return {
    rule: "merge-drops-block",
    target,
    title: "policy",
    also: [...alwaysOf(target), ...(target === "xray" ? ["raw-tcp-undercount"] : [])],
    alsoFaulty: ["user-level-uncovered"],
    faulty: inTwoFiles(base, `{ "policy": { "levels": { "1": { ${userFlags} } }, ${systemFlags} } }\n`),
    fixed: inTwoFiles(base, `{ "policy": { "levels": { "0": { ${userFlags} } }, ${systemFlags} } }\n`),
    shows: showsLost("outbound/direct/up", "user/alice/up"),
  };
});

const routingFiles: RuleCase = {
  rule: "merge-drops-block",
  target: "v2ray4",
  title: "routing",
  also: ["system-flag-missing"],
  alsoFaulty: ["api-rule-missing"],
  faulty: inTwoFiles(
    server("v2ray4", { system: outboundFlags }),
    `{ "routing": { "rules": [{ "type": "field", "port": "25", "outboundTag": "direct" }] } }\n`,
  ),
  fixed: inTwoFiles(
    server("v2ray4", {
      system: outboundFlags,
      rules: [`{ "type": "field", "port": "25", "outboundTag": "direct" }`],
    }),
    `{ "log": { "loglevel": "info" } }\n`,
  ),
  shows: async (faulty, fixed) => {
    await faulty.startsWell([20000, 20001]);
    assert.equal(await faulty.apiOutcome(), "no-answer");
    await fixed.startsWell([20000, 20001]);
    assert.equal(await fixed.apiOutcome(), "answers");
  },
};

/** The notation of files, and what becomes of several. */
export const peculiarFileCases: readonly RuleCase[] = [yamlCase, ...policyFiles, routingFiles];
