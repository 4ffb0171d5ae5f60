import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import type { ClientTraffic } from "../support/case-traffic.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Case, jsonv5Flags, jsonv5Inbound, jsonv5User } from "./stats-and-users-other-texts.ts";
import { alice, assertCounts, assertNoUsers, bob, both, counter, refusal } from "./stats-and-users-shows.ts";
import { aliceId, bobId, bothUserFlags, v2rayCases, vmessWith } from "./stats-and-users-texts.ts";

const level0 = `"0": { ${bothUserFlags} }`;

/** An inbound whose users are alice of level 0 and bob of this one. */
function bobOfLevel(level: string): string {
  return vmessWith(`"clients": [
        { "id": "${aliceId}", "email": "alice" },
        { "id": "${bobId}", "email": "bob", "level": ${level} }
      ]`);
}

function jsonv5BobOfLevel(level: string): string {
  const bobsNode = jsonv5User(`"email": "bob", "level": ${level}`, bobId);
  return jsonv5Inbound(`${jsonv5User(`"email": "alice"`)}, ${bobsNode}`);
}

function trojanOfLevel(level: string): string {
  return `{ "tag": "trojan-in", "listen": "127.0.0.1", "port": 20001, "protocol": "trojan",
      "settings": { "clients": [{ "password": "secret", "email": "alice", "level": ${level} }] } }`;
}

function socksOfLevel(level: string): string {
  return `{ "tag": "socks-in", "listen": "127.0.0.1", "port": 20001, "protocol": "socks",
      "settings": { "auth": "password", "accounts": [{ "user": "alice", "pass": "secret" }], "userLevel": ${level} } }`;
}

function shadowsocksOfLevel(level: string): string {
  return `{ "tag": "ss-in", "listen": "127.0.0.1", "port": 20001, "protocol": "shadowsocks",
      "settings": { "method": "aes-128-gcm", "password": "secret", "email": "alice", "level": ${level} } }`;
}

const secretOf = { password: "secret", port: 20001 };
const trojanAlice: ClientTraffic = { user: { protocol: "trojan", ...secretOf } };
const shadowsocksAlice: ClientTraffic = { user: { protocol: "shadowsocks", method: "aes-128-gcm", ...secretOf } };

/** Cases of the rules about `policy.levels` and the levels of users. */
export const levelCases: readonly RuleCase[] = [
  ...[`"levels": { "0": {} }`, ""].flatMap((levels) =>
    v2rayCases({
      rule: "level-flag-missing",
      title: levels === "" ? "no levels" : undefined,
      faulty: { levels },
      fixed: { levels: `"levels": { ${level0} }` },
      shows: assertNoUsers,
    }),
  ),
  ...v2rayCases({
    rule: "level-one-direction",
    faulty: { levels: `"levels": { "0": { "statsUserDownlink": true, "statsUserUplink": false } }` },
    fixed: { levels: `"levels": { "0": { "statsUserDownlink": true, "statsUserUplink": true } }` },
    shows: assertDownlinkAlone,
  }),
  ...v2rayCases({
    rule: "user-level-uncovered",
    faulty: { levels: `"levels": { ${level0} }`, inbounds: bobOfLevel("1") },
    fixed: { levels: `"levels": { ${level0} }`, inbounds: bobOfLevel("0") },
    shows: assertBobUncounted,
  }),
  ...v2rayCases({
    rule: "user-level-uncovered",
    title: "an entry without flags",
    faulty: { levels: `"levels": { ${level0}, "1": { "handshake": 4 } }`, inbounds: bobOfLevel("1") },
    // "01" is level 1, too.
    fixed: { levels: `"levels": { ${level0}, "01": { "handshake": 4, ${bothUserFlags} } }`, inbounds: bobOfLevel("1") },
    shows: assertBobUncounted,
  }),
  ...v2rayCases({
    rule: "user-level-uncovered",
    title: "userLevel of socks",
    faulty: { levels: `"levels": { ${level0} }`, inbounds: socksOfLevel("7") },
    fixed: { levels: `"levels": { ${level0}, "7": { ${bothUserFlags} } }`, inbounds: socksOfLevel("7") },
    xrayAlso: ["splice-late-counts"],
    notAlso: ["raw-tcp-undercount", "api-open-to-proxy-users"],
    shows: async (faulty, fixed) => {
      const socks = { via: "socks", port: 20001, user: "alice", password: "secret" } as const;
      await faulty.startsWell();
      await faulty.traffic(socks);
      const counters = await faulty.countersWith(both("inbound", "socks-in"));
      for (const name of both("user", "alice")) assert.equal(counters.get(name), undefined);
      await fixed.startsWell();
      await fixed.traffic(socks);
      await fixed.countersWith(both("user", "alice"));
    },
  }),
  ...v2rayCases({
    rule: "user-level-uncovered",
    title: "shadowsocks",
    faulty: { levels: `"levels": { ${level0} }`, inbounds: shadowsocksOfLevel("2") },
    fixed: { levels: `"levels": { ${level0} }`, inbounds: shadowsocksOfLevel("0") },
    shows: async (faulty, fixed) => {
      const counters = await assertCounts(faulty, [counter("inbound", "ss-in", "up")], [shadowsocksAlice]);
      for (const name of both("user", "alice")) assert.equal(counters.get(name), undefined);
      await assertCounts(fixed, both("user", "alice"), [shadowsocksAlice]);
    },
  }),
  ...[`"0"`, "-1", "0.5"].flatMap((level) =>
    v2rayCases({
      rule: "level-wrong-type",
      title: level,
      faulty: { inbounds: bobOfLevel(level) },
      fixed: { inbounds: bobOfLevel("0") },
      shows: refusal(/cannot unmarshal (string|number \S+) into Go struct field User\.level/),
    }),
  ),
  ...v2rayCases({
    rule: "level-wrong-type",
    title: "0.0, which only V2Ray 5 takes",
    targets: ["v2ray4", "xray"],
    faulty: { inbounds: bobOfLevel("0.0") },
    fixed: { inbounds: bobOfLevel("0") },
    shows: refusal(/cannot unmarshal number 0\.0 into Go struct field User\.level/),
  }),
  ...v2rayCases({
    rule: "level-wrong-type",
    title: "300 for trojan",
    notAlso: ["raw-tcp-undercount"],
    faulty: { levels: `"levels": { ${level0}, "300": { ${bothUserFlags} } }`, inbounds: trojanOfLevel("300") },
    fixed: { levels: `"levels": { ${level0}, "255": { ${bothUserFlags} } }`, inbounds: trojanOfLevel("255") },
    shows: async (faulty, fixed) => {
      await refusal(/cannot unmarshal number 300 into Go struct field \S+\.level/)(faulty, fixed);
      await fixed.clientTraffic(trojanAlice);
      await fixed.countersWith(both("user", "alice"));
    },
  }),
  ...v2rayCases({
    rule: "level-wrong-type",
    title: "300 for shadowsocks",
    faulty: { levels: `"levels": { ${level0}, "300": { ${bothUserFlags} } }`, inbounds: shadowsocksOfLevel("300") },
    fixed: { levels: `"levels": { ${level0}, "255": { ${bothUserFlags} } }`, inbounds: shadowsocksOfLevel("255") },
    shows: refusal(/cannot unmarshal number 300 into Go struct field \S+\.level/),
  }),
  ...[`[{ ${bothUserFlags} }]`, `{ "default": { ${bothUserFlags} } }`, `{ ${level0}, "-1": {} }`].flatMap((levels) =>
    v2rayCases({
      rule: "levels-wrong-shape",
      title: /\[|default|-1/.exec(levels)?.[0],
      faulty: { levels: `"levels": ${levels}` },
      fixed: { levels: `"levels": { ${level0} }` },
      shows: refusal(/cannot unmarshal (array|number \S+|string) into Go/),
    }),
  ),
  jsonv5Case({
    rule: "level-flag-missing",
    faulty: { level: `"level": { "0": {} }` },
    fixed: {},
    shows: assertNoUsers,
  }),
  jsonv5Case({
    rule: "level-one-direction",
    faulty: { level: `"level": { "0": { "stats": { "userDownlink": true } } }` },
    fixed: {},
    shows: assertDownlinkAlone,
  }),
  jsonv5Case({
    rule: "user-level-uncovered",
    faulty: { inbounds: jsonv5BobOfLevel("1") },
    // jsonv5 takes levels as texts, too.
    fixed: { inbounds: jsonv5BobOfLevel(`"0"`) },
    shows: assertBobUncounted,
  }),
  jsonv5Case({
    rule: "level-wrong-type",
    faulty: { inbounds: jsonv5BobOfLevel("-1") },
    fixed: { inbounds: jsonv5BobOfLevel("0") },
    shows: refusal(/cannot unmarshal number -1 into Go value of type uint32/),
  }),
  ...[`{ "default": {} }`, `{ "00": { "stats": { ${jsonv5Flags} } } }`, "[]"].map((level) =>
    jsonv5Case({
      rule: "levels-wrong-shape",
      title: /default|00|\[/.exec(level)?.[0],
      faulty: { level: `"level": ${level}` },
      fixed: {},
      shows: refusal(/failed to parse policy config in Services/),
    }),
  ),
];

async function assertBobUncounted(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const counters = await assertCounts(faulty, both("user", "alice"), [bob, alice]);
  for (const name of both("user", "bob")) assert.equal(counters.get(name), undefined);
  await assertCounts(fixed, [...both("user", "alice"), ...both("user", "bob")], [bob, alice]);
}

async function assertDownlinkAlone(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const counters = await assertCounts(faulty, [counter("user", "alice", "down")]);
  assert.equal(counters.get(counter("user", "alice", "up")), undefined);
  await assertCounts(fixed, both("user", "alice"));
}
