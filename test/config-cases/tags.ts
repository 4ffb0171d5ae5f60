import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import type { ClientTraffic } from "../support/case-traffic.ts";
import { until } from "../support/until.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Case, jsonv5Inbound, jsonv5User, singBoxCase, singBoxInbound } from "./stats-and-users-other-texts.ts";
import { alice, assertCounts, bob, both, passes, refusal } from "./stats-and-users-shows.ts";
import { aliceId, aliceInbound, bobId, v2rayCases } from "./stats-and-users-texts.ts";

const bobOnSecond: ClientTraffic = { user: { protocol: "vmess", port: 20002, id: bobId } };
const aliceV5 = jsonv5User(`"email": "alice"`);
const bobV5 = jsonv5User(`"email": "bob"`, bobId);
const twoNames = `"enabled": true, "inbounds": ["vmess-in"], "users": ["alice", "bob"]`;

/** A second inbound, with this tag, for bob. */
function second(tag: string, port = 20002, id: string = bobId): string {
  return `${aliceInbound},
    { "tag": "${tag}", "listen": "127.0.0.1", "port": ${port}, "protocol": "vmess",
      "settings": { "clients": [{ "id": "${id}", "email": "bob" }] } }`;
}

function secondV5(tag: string, port = 20002, user = bobV5): string {
  return `${jsonv5Inbound(aliceV5)},\n    ${jsonv5Inbound(user, port, `"tag": "${tag}", `)}`;
}

function secondSingBox(tag: string, port = 20002): string {
  const first = singBoxInbound(`{ "name": "alice", "uuid": "${aliceId}" }`);
  return `${first},\n    ${singBoxInbound(`{ "name": "bob", "uuid": "${bobId}" }`, port, tag)}`;
}

const aliceToDirect = `{ "type": "field", "user": ["alice"], "outboundTag": "direct" }`;

/** Freedom, then a blackhole, by these tags. */
function outbounds(first: string, last: string): string {
  return `{ "tag": "${first}", "protocol": "freedom" },\n    { "tag": "${last}", "protocol": "blackhole" }`;
}

/** Cases of the rules about tags. */
export const tagCases: readonly RuleCase[] = [
  ...["", `"tag": "", `].flatMap((tag) =>
    v2rayCases({
      rule: "inbound-without-tag",
      title: tag === "" ? undefined : "empty",
      faulty: { inbounds: aliceInbound.replace(`"tag": "vmess-in", `, tag) },
      fixed: {},
      notFaulty: ["raw-tcp-undercount"],
      shows: assertInboundUncounted,
    }),
  ),
  jsonv5Case({
    rule: "inbound-without-tag",
    faulty: { inbounds: jsonv5Inbound(aliceV5, 20001, "") },
    fixed: {},
    shows: assertInboundUncounted,
  }),
  ...v2rayCases({
    rule: "outbound-without-tag",
    faulty: { outbounds: `{ "protocol": "freedom" }` },
    fixed: { outbounds: `{ "protocol": "freedom", "TAG": "direct" }` },
    shows: assertOutboundUncounted,
  }),
  jsonv5Case({
    rule: "outbound-without-tag",
    faulty: { outbounds: `{ "protocol": "freedom" }` },
    fixed: {},
    shows: assertOutboundUncounted,
  }),
  ...v2rayCases({
    rule: "inbound-tag-duplicate",
    targets: ["v2ray4", "v2ray5"],
    faulty: { inbounds: second("vmess-in") },
    fixed: { inbounds: second("Vmess-In") },
    shows: assertLastListens,
  }),
  ...v2rayCases({
    rule: "inbound-tag-duplicate",
    targets: ["xray"],
    faulty: { inbounds: second("vmess-in") },
    fixed: { inbounds: second("Vmess-In") },
    shows: refusal(/existing tag found: vmess-in/),
  }),
  jsonv5Case({
    rule: "inbound-tag-duplicate",
    faulty: { inbounds: secondV5("vmess-in") },
    fixed: { inbounds: secondV5("Vmess-In") },
    shows: assertLastListens,
  }),
  singBoxCase({
    rule: "inbound-tag-duplicate",
    faulty: { inbounds: secondSingBox("vmess-in"), stats: twoNames },
    fixed: { inbounds: secondSingBox("Vmess-In"), stats: twoNames },
    shows: refusal(/duplicate inbound tag: vmess-in/),
  }),
  ...(["v2ray4", "v2ray5"] as const).flatMap((target) =>
    v2rayCases({
      rule: "outbound-tag-duplicate",
      targets: [target],
      faulty: { outbounds: outbounds("direct", "direct"), rule: aliceToDirect },
      fixed: { outbounds: outbounds("direct", "block"), rule: aliceToDirect },
      // Merged by V2Ray 5, they are a blackhole, and nobody reaches the API through that.
      notFaulty: target === "v2ray5" ? ["api-open-to-proxy-users"] : [],
      shows: assertLastOutbound,
    }),
  ),
  ...v2rayCases({
    rule: "outbound-tag-duplicate",
    targets: ["xray"],
    faulty: { outbounds: outbounds("direct", "direct") },
    fixed: { outbounds: outbounds("direct", "block") },
    shows: refusal(/existing tag found: direct/),
  }),
  jsonv5Case({
    rule: "outbound-tag-duplicate",
    faulty: { outbounds: outbounds("direct", "direct") },
    fixed: { outbounds: outbounds("direct", "block") },
    shows: assertLastOutbound,
  }),
  singBoxCase({
    rule: "outbound-tag-duplicate",
    faulty: { outbounds: `{ "type": "direct", "tag": "direct" }, { "type": "block", "tag": "direct" }` },
    fixed: { outbounds: `{ "type": "direct", "tag": "direct" }, { "type": "block", "tag": "block" }` },
    shows: refusal(/duplicate outbound\/endpoint tag: direct/),
  }),
];

/** Cases of the rule about ports. */
export const portCases: readonly RuleCase[] = [
  ...v2rayCases({
    rule: "port-collision",
    faulty: { inbounds: second("second-in", 20001, aliceId) },
    fixed: { inbounds: second("second-in", 20002, aliceId) },
    shows: assertShared,
  }),
  ...v2rayCases({
    rule: "port-collision",
    title: "with all addresses",
    faulty: { inbounds: second("second-in", 20001).replace(`"listen": "127.0.0.1", `, "") },
    fixed: { inbounds: second("second-in", 20002).replace(`"listen": "127.0.0.1", `, "") },
    shows: async (faulty, fixed) => {
      await passes(faulty);
      for (let i = 0; i < 5; i++) await faulty.clientTraffic(bob);
      const counters = await faulty.countersWith(both("inbound", "second-in"));
      assert.equal(counters.get(both("inbound", "vmess-in")[0] as string), 0n);
      await assertCounts(fixed, both("inbound", "vmess-in"));
    },
  }),
  ...v2rayCases({
    rule: "port-collision",
    title: "with api.listen",
    targets: ["xray"],
    faulty: { inbounds: aliceInbound.replace("20001", "20000") },
    fixed: {},
    shows: assertPortRefused,
  }),
  jsonv5Case({
    rule: "port-collision",
    faulty: { inbounds: secondV5("second-in", 20001, jsonv5User(`"email": "bob"`)) },
    fixed: { inbounds: secondV5("second-in", 20002, jsonv5User(`"email": "bob"`)) },
    shows: assertShared,
  }),
  singBoxCase({
    rule: "port-collision",
    faulty: { inbounds: secondSingBox("second-in", 20001), stats: twoNames },
    fixed: { inbounds: secondSingBox("second-in", 20002), stats: twoNames },
    shows: assertPortRefused,
  }),
  singBoxCase({
    rule: "port-collision",
    title: "with the API",
    faulty: { inbounds: secondSingBox("second-in", 20000), stats: twoNames },
    fixed: { inbounds: secondSingBox("second-in", 20002), stats: twoNames },
    shows: assertPortRefused,
  }),
];

async function assertInboundUncounted(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const counters = await assertCounts(faulty, [...both("user", "alice"), ...both("outbound", "direct")]);
  const counted = [...counters.keys()].filter((name) => name.startsWith("inbound>>>") && !name.includes(">api-in>"));
  assert.deepEqual(counted, []);
  await assertCounts(fixed, both("inbound", "vmess-in"));
}

async function assertOutboundUncounted(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const counters = await assertCounts(faulty, [...both("user", "alice"), ...both("inbound", "vmess-in")]);
  const counted = [...counters.keys()].filter((name) => name.startsWith("outbound>>>"));
  assert.deepEqual(counted, []);
  await assertCounts(fixed, both("outbound", "direct"));
}

async function assertLastListens(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  await passes(faulty, [20000, 20002]);
  assert.equal(await faulty.accepts(20001), false);
  await passes(fixed, [20000, 20001, 20002]);
  await fixed.clientTraffic(alice);
  await fixed.clientTraffic(bobOnSecond);
}

/** What is routed to the tag goes to the last outbound of that name, the blackhole. */
async function assertLastOutbound(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  await passes(faulty);
  await assert.rejects(faulty.clientTraffic(alice), /ended early/);
  await passes(fixed);
  await fixed.clientTraffic(alice);
}

/** Some of a port's connections come to one inbound, some to the other. */
async function assertShared(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  await passes(faulty);
  const inbounds = [...both("inbound", "vmess-in"), ...both("inbound", "second-in")];
  await until(async () => {
    await faulty.clientTraffic(alice);
    const counters = await faulty.counters();
    return inbounds.every((name) => (counters.get(name) ?? 0n) > 0n);
  });
  await passes(fixed);
  await fixed.clientTraffic(alice);
  const counters = await fixed.countersWith(both("inbound", "vmess-in"));
  for (const name of both("inbound", "second-in")) assert.equal(counters.get(name), 0n);
}

/** The check passes and the start fails. */
async function assertPortRefused(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  assert.equal((await faulty.check()).exitCode, 0);
  // One of the two accepts connections until the other fails.
  const end = await faulty.start([]);
  assert.ok(end !== "listening", "it starts");
  assert.equal(end.exitCode, faulty.target === "xray" ? 255 : 1);
  assert.match(end.output, /address already in use/);
  await passes(fixed);
}
