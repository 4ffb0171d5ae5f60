import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import type { ClientTraffic } from "../support/case-traffic.ts";
import { until } from "../support/until.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Case, jsonv5Inbound, jsonv5User, singBoxCase, singBoxInbound } from "./stats-and-users-other-texts.ts";
import { alice, assertCounts, assertNoUsers, bob, both, counter, passes, refusal } from "./stats-and-users-shows.ts";
import { aliceId, bobId, v2rayCases, vmessWith } from "./stats-and-users-texts.ts";

/** The inbound of one user with these members beside the id. */
function userWith(members: string): string {
  return vmessWith(`"clients": [{ "id": "${aliceId}"${members && `, ${members}`} }]`);
}

/** Two inbounds with a user each, of these names. */
function twoInbounds(first: string, second: string): string {
  return `${userWith(`"email": "${first}"`)},
    { "tag": "trojan-in", "listen": "127.0.0.1", "port": 20002, "protocol": "trojan",
      "settings": { "clients": [{ "password": "secret", "email": "${second}" }] } }`;
}

/** One inbound with two users of these names. */
function twoUsers(protocol: "vmess" | "vless" | "trojan", first: string, second: string): string {
  const secrets =
    protocol === "trojan" ? [`"password": "a"`, `"password": "b"`] : [`"id": "${aliceId}"`, `"id": "${bobId}"`];
  return `{ "tag": "in", "listen": "127.0.0.1", "port": 20001, "protocol": "${protocol}", "settings": {
        "clients": [
          { ${secrets[0]}, "email": "${first}" },
          { ${secrets[1]}, "email": "${second}" } // the other's phone
        ]${protocol === "vless" ? `, "decryption": "none"` : ""} } }`;
}

const trojan: ClientTraffic = { user: { protocol: "trojan", port: 20002, password: "secret" } };
const secondVmess: ClientTraffic = { user: { protocol: "vmess", port: 20002, id: bobId } };
/** What a transfer of the usual size brings a user. */
const downloaded = 10_118n;

/** Cases of the rules about the names of users. */
export const nameCases: readonly RuleCase[] = [
  ...["", `"email": ""`, `"email": null`].flatMap((email) =>
    v2rayCases({
      rule: "user-without-email",
      title: email === "" ? undefined : email,
      faulty: { inbounds: userWith(email) },
      fixed: { inbounds: userWith(`"EMAIL": "alice"`) },
      shows: assertNoUsers,
    }),
  ),
  jsonv5Case({
    rule: "user-without-email",
    faulty: { inbounds: jsonv5Inbound(jsonv5User("")) },
    fixed: { inbounds: jsonv5Inbound(jsonv5User(`"email": "alice"`)) },
    shows: assertNoUsers,
  }),
  ...v2rayCases({
    rule: "user-email-not-string",
    faulty: { inbounds: userWith(`"email": 42`) },
    fixed: { inbounds: userWith(`"email": "42"`) },
    shows: refusal(/cannot unmarshal number into Go struct field User\.email of type string/),
  }),
  ...v2rayCases({
    rule: "user-email-not-string",
    title: "of an account",
    faulty: { inbounds: socksWith(`{ "user": 42, "pass": "a" }`) },
    fixed: { inbounds: socksWith(`{ "user": "42", "pass": "a" }`) },
    xrayAlso: ["splice-late-counts"],
    notAlso: ["raw-tcp-undercount", "api-open-to-proxy-users"],
    shows: refusal(/cannot unmarshal number into Go struct field SocksAccount\S*\.user of type string/),
  }),
  jsonv5Case({
    rule: "user-email-not-string",
    faulty: { inbounds: jsonv5Inbound(jsonv5User(`"email": true`)) },
    fixed: { inbounds: jsonv5Inbound(jsonv5User(`"email": "true"`)) },
    shows: refusal(/cannot unmarshal bool into Go value of type string/),
  }),
  ...(["vmess", "vless", "trojan"] as const).flatMap((protocol) =>
    v2rayCases({
      rule: "user-email-duplicate",
      title: protocol,
      notAlso: protocol === "trojan" ? ["raw-tcp-undercount"] : [],
      faulty: { inbounds: twoUsers(protocol, "alice", protocol === "vmess" ? "alice" : "Alice") },
      fixed: { inbounds: twoUsers(protocol, "alice", "alice-phone") },
      shows: refusal(/User [Aa]lice already exists\./),
    }),
  ),
  jsonv5Case({
    rule: "user-email-duplicate",
    faulty: { inbounds: jsonv5Inbound(`${jsonv5User(`"email": "a"`)}, ${jsonv5User(`"email": "A"`, bobId)}`) },
    fixed: { inbounds: jsonv5Inbound(`${jsonv5User(`"email": "a"`)}, ${jsonv5User(`"email": "b"`, bobId)}`) },
    shows: refusal(/User A already exists\./),
  }),
  ...v2rayCases({
    rule: "user-email-merged",
    title: "in two inbounds",
    faulty: { inbounds: twoInbounds("alice", "alice") },
    fixed: { inbounds: twoInbounds("alice", "bob") },
    shows: async (faulty, fixed) => assertMerged(faulty, fixed, [alice, trojan]),
  }),
  ...v2rayCases({
    rule: "user-email-merged",
    title: "of two accounts",
    faulty: { inbounds: socksWith(`{ "user": "alice", "pass": "a" }, { "user": "alice", "pass": "b" }`) },
    fixed: { inbounds: socksWith(`{ "user": "alice", "pass": "a" }, { "user": "bob", "pass": "b" }`) },
    xrayAlso: ["splice-late-counts"],
    notAlso: ["raw-tcp-undercount", "api-open-to-proxy-users"],
    shows: async (faulty, fixed) => {
      await passes(faulty);
      await faulty.traffic({ via: "socks", port: 20001, user: "alice", password: "b" });
      const first = { via: "socks", port: 20001, user: "alice", password: "a" } as const;
      await assert.rejects(faulty.traffic(first), /answered 1,255/);
      await passes(fixed);
      await fixed.traffic(first);
    },
  }),
  ...v2rayCases({
    rule: "user-email-merged",
    targets: ["xray"],
    title: "shadowsocks",
    faulty: { inbounds: shadowsocksWith("alice", "alice") },
    fixed: { inbounds: shadowsocksWith("alice", "bob") },
    shows: async (faulty, fixed) => assertMerged(faulty, fixed, [shadowsocksUser("a"), shadowsocksUser("b")]),
  }),
  jsonv5Case({
    rule: "user-email-merged",
    faulty: { inbounds: twoJsonv5("alice", "alice") },
    fixed: { inbounds: twoJsonv5("alice", "bob") },
    shows: async (faulty, fixed) => assertMerged(faulty, fixed, [alice, secondVmess]),
  }),
  singBoxCase({
    rule: "user-email-merged",
    faulty: twoSingBoxUsers("alice", "alice"),
    fixed: twoSingBoxUsers("alice", "bob"),
    shows: async (faulty, fixed) => assertMerged(faulty, fixed, [alice, bob]),
  }),
  singBoxCase({
    rule: "user-email-merged",
    title: "in two inbounds",
    faulty: twoSingBoxInbounds("alice", "alice"),
    fixed: twoSingBoxInbounds("alice", "bob"),
    shows: async (faulty, fixed) => assertMerged(faulty, fixed, [alice, secondVmess]),
  }),
  ...v2rayCases({
    rule: "user-email-case-variant",
    faulty: { inbounds: twoInbounds("alice", "Alice") },
    fixed: { inbounds: twoInbounds("alice", "bob") },
    shows: assertTwoSpellings,
  }),
  jsonv5Case({
    rule: "user-email-case-variant",
    faulty: { inbounds: twoJsonv5("alice", "Alice") },
    fixed: { inbounds: twoJsonv5("alice", "bob") },
    shows: assertTwoSpellings,
  }),
  ...v2rayCases({
    rule: "user-email-separator",
    faulty: { inbounds: userWith(`"email": "team>>>alice"`) },
    fixed: { inbounds: userWith(`"email": "team-alice"`) },
    shows: showsName("team>>>alice"),
  }),
  jsonv5Case({
    rule: "user-email-separator",
    faulty: { inbounds: jsonv5Inbound(jsonv5User(`"email": "team>>>alice"`)) },
    fixed: { inbounds: jsonv5Inbound(jsonv5User(`"email": "team-alice"`)) },
    shows: showsName("team>>>alice"),
  }),
  singBoxCase({
    rule: "user-email-separator",
    faulty: namedSingBox("team>>>alice"),
    fixed: namedSingBox("team-alice"),
    shows: showsName("team>>>alice"),
  }),
  ...v2rayCases({
    rule: "user-email-separator",
    title: "in a tag",
    faulty: { outbounds: `{ "tag": "to>>>all", "protocol": "freedom" }` },
    fixed: { outbounds: `{ "tag": "to-all", "protocol": "freedom" }` },
    shows: async (faulty) => {
      await assertCounts(faulty, both("outbound", "to>>>all"));
    },
  }),
  ...["alice ", " ", "alice\\nbob"].flatMap((name) => [
    ...v2rayCases({
      rule: "user-email-whitespace",
      title: JSON.stringify(name),
      faulty: { inbounds: userWith(`"email": "${name}"`) },
      fixed: { inbounds: userWith(`"email": "${name.trim().replace("\\n", "-") || "alice"}"`) },
      shows: showsName(JSON.parse(`"${name}"`)),
    }),
  ]),
  jsonv5Case({
    rule: "user-email-whitespace",
    faulty: { inbounds: jsonv5Inbound(jsonv5User(`"email": "\\talice"`)) },
    fixed: { inbounds: jsonv5Inbound(jsonv5User(`"email": "alice"`)) },
    shows: showsName("\talice"),
  }),
  singBoxCase({
    rule: "user-email-whitespace",
    faulty: namedSingBox("alice "),
    fixed: namedSingBox("alice"),
    shows: showsName("alice "),
  }),
  ...v2rayCases({
    rule: "users-key-wrong",
    title: "name for email",
    faulty: { inbounds: userWith(`"name": "alice"`) },
    fixed: { inbounds: userWith(`"email": "alice"`) },
    shows: assertNoUsers,
  }),
  ...v2rayCases({
    rule: "users-key-wrong",
    title: "users for clients",
    notAlso: ["raw-tcp-undercount"],
    faulty: { inbounds: twoUsers("trojan", "alice", "bob").replace("clients", "users") },
    fixed: { inbounds: twoUsers("trojan", "alice", "bob") },
    shows: async (faulty, fixed) => {
      const traffic: ClientTraffic = { user: { protocol: "trojan", port: 20001, password: "a" } };
      await passes(faulty);
      await assert.rejects(faulty.clientTraffic(traffic));
      await assertCounts(fixed, both("user", "alice"), [traffic]);
    },
  }),
  ...v2rayCases({
    rule: "users-key-wrong",
    title: "clients for accounts",
    faulty: { inbounds: httpWith("clients") },
    fixed: { inbounds: httpWith("accounts") },
    xrayAlso: ["splice-late-counts"],
    alsoFaulty: ["user-needs-password"],
    notAlso: ["raw-tcp-undercount", "api-open-to-proxy-users"],
    shows: async (faulty, fixed) => {
      await passes(faulty);
      await faulty.traffic({ via: "http", port: 20001 });
      await passes(fixed);
      await assert.rejects(fixed.traffic({ via: "http", port: 20001 }), / 407 /);
    },
  }),
  jsonv5Case({
    rule: "users-key-wrong",
    faulty: { inbounds: jsonv5Inbound(jsonv5User(`"email": "alice"`)).replace(`"user"`, `"clients"`) },
    fixed: { inbounds: jsonv5Inbound(jsonv5User(`"email": "alice"`)) },
    shows: refusal(/unknown field "clients"/),
  }),
];

function socksWith(accounts: string): string {
  return `{ "tag": "socks-in", "listen": "127.0.0.1", "port": 20001, "protocol": "socks",
      "settings": { "auth": "password", "accounts": [${accounts}] } }`;
}

function httpWith(key: string): string {
  return `{ "tag": "http-in", "listen": "127.0.0.1", "port": 20001, "protocol": "http",
      "settings": { "${key}": [{ "user": "alice", "pass": "secret" }] } }`;
}

function shadowsocksWith(first: string, second: string): string {
  return `{ "tag": "ss-in", "listen": "127.0.0.1", "port": 20001, "protocol": "shadowsocks", "settings": { "clients": [
        { "method": "aes-128-gcm", "password": "a", "email": "${first}" },
        { "method": "aes-128-gcm", "password": "b", "email": "${second}" }
      ] } }`;
}

function shadowsocksUser(password: string): ClientTraffic {
  return { user: { protocol: "shadowsocks", port: 20001, method: "aes-128-gcm", password } };
}

function twoJsonv5(first: string, second: string): string {
  const one = jsonv5Inbound(jsonv5User(`"email": "${first}"`));
  return `${one},\n    ${jsonv5Inbound(jsonv5User(`"email": "${second}"`, bobId), 20002, `"tag": "second-in", `)}`;
}

function twoSingBoxUsers(first: string, second: string): { inbounds: string; stats: string } {
  const users = `{ "name": "${first}", "uuid": "${aliceId}" }, { "name": "${second}", "uuid": "${bobId}" }`;
  return {
    inbounds: singBoxInbound(users),
    stats: `"enabled": true, "inbounds": ["vmess-in"], "users": ["alice", "bob"]`,
  };
}

function twoSingBoxInbounds(first: string, second: string): { inbounds: string; stats: string } {
  const one = singBoxInbound(`{ "name": "${first}", "uuid": "${aliceId}" }`);
  const two = singBoxInbound(`{ "name": "${second}", "uuid": "${bobId}" }`, 20002, "second-in");
  return {
    inbounds: `${one},\n    ${two}`,
    stats: `"enabled": true, "inbounds": ["vmess-in", "second-in"], "users": ["alice", "bob"]`,
  };
}

function namedSingBox(name: string): { inbounds: string; stats: string } {
  return {
    inbounds: singBoxInbound(`{ "name": "${name}", "uuid": "${aliceId}" }`),
    stats: `"enabled": true, "inbounds": ["vmess-in"], "users": ["${name}"]`,
  };
}

/** The counters carry this name as it is. */
function showsName(name: string): (faulty: CaseRun, fixed: CaseRun) => Promise<void> {
  return async (faulty, fixed) => {
    await assertCounts(faulty, both("user", name));
    await passes(fixed);
  };
}

/** Both users' bytes are in alice's counter; in the twin each has its own. */
async function assertMerged(faulty: CaseRun, fixed: CaseRun, traffic: readonly ClientTraffic[]): Promise<void> {
  await assertCounts(faulty, both("user", "alice"), traffic);
  await until(async () => (await faulty.counters()).get(counter("user", "alice", "down")) === 2n * downloaded);
  const apart = await assertCounts(fixed, [...both("user", "alice"), ...both("user", "bob")], traffic);
  assert.equal(apart.get(counter("user", "alice", "down")), downloaded);
}

async function assertTwoSpellings(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const second = faulty.target === "v2ray5-jsonv5" ? secondVmess : trojan;
  const counters = await assertCounts(faulty, [...both("user", "alice"), ...both("user", "Alice")], [alice, second]);
  assert.equal(counters.get(counter("user", "alice", "down")), downloaded);
  await passes(fixed);
}
