import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import type { ClientTraffic, ClientUser } from "../support/case-traffic.ts";
import { until } from "../support/until.ts";
import type { RuleCase } from "./rule-case.ts";
import { jsonv5Case, jsonv5Inbound, jsonv5User, singBoxCase } from "./stats-and-users-other-texts.ts";
import { assertCounts, both, refusal } from "./stats-and-users-shows.ts";
import { aliceId, bobId, type V2rayParts, v2rayCases, v2rays } from "./stats-and-users-texts.ts";

/** Alice's id with other bytes 7 and 8, which Xray's vless does not look at. */
const nearlyAliceId = aliceId.replace("-49d3-", "-1234-");
const mine = { port: 20001 } as const;
const secretOf = { password: "secret" } as const;
const shadowsocks = { protocol: "shadowsocks", method: "aes-128-gcm", ...mine, ...secretOf } as const;

function inbound(protocol: string, first: string, second: string, more = ""): V2rayParts {
  return {
    inbounds: `{ "tag": "in", "listen": "127.0.0.1", "port": 20001, "protocol": "${protocol}", "settings": { ${more}
        "clients": [{ ${first}, "email": "alice" }, { ${second}, "email": "bob" }] } }`,
  };
}

function singBoxUsers(type: string, first: string, second: string, more = ""): { inbounds: string; stats: string } {
  return {
    inbounds: `{ "type": "${type}", "tag": "in", "listen": "127.0.0.1", "listen_port": 20001, ${more}
      "users": [{ "name": "alice", ${first} }, { "name": "bob", ${second} }] }`,
    stats: `"enabled": true, "inbounds": ["in"], "users": ["alice", "bob"]`,
  };
}

/** Cases of the rule about secrets that two users share. */
export const secretCases: readonly RuleCase[] = [
  ...v2rays.flatMap((target) => [
    ...v2rayCases({
      rule: "user-id-duplicate",
      title: "vmess",
      targets: [target],
      faulty: inbound("vmess", `"id": "${aliceId}"`, `"id": "${aliceId.toUpperCase()}"`),
      fixed: inbound("vmess", `"id": "${aliceId}"`, `"id": "${bobId}"`),
      shows: showsWinner("bob", { protocol: "vmess", id: aliceId, ...mine }),
    }),
    ...v2rayCases({
      rule: "user-id-duplicate",
      title: "trojan",
      notAlso: ["raw-tcp-undercount"],
      targets: [target],
      faulty: inbound("trojan", `"password": "secret"`, `"password": "secret"`),
      fixed: inbound("trojan", `"password": "secret"`, `"password": "Secret"`),
      shows: showsWinner("bob", { protocol: "trojan", ...mine, ...secretOf }),
    }),
  ]),
  ...v2rayCases({
    rule: "user-id-duplicate",
    title: "vless, bytes 7 and 8",
    targets: ["xray"],
    faulty: inbound("vless", `"id": "${aliceId}"`, `"id": "${nearlyAliceId}"`, `"decryption": "none",`),
    fixed: inbound("vless", `"id": "${aliceId}"`, `"id": "${bobId}"`, `"decryption": "none",`),
    shows: showsWinner("bob", { protocol: "vless", id: aliceId, ...mine }),
  }),
  ...v2rayCases({
    rule: "user-id-duplicate",
    title: "shadowsocks",
    targets: ["xray"],
    faulty: inbound("shadowsocks", cipherWith("secret"), cipherWith("secret")),
    fixed: inbound("shadowsocks", cipherWith("secret"), cipherWith("other")),
    shows: showsWinner("alice", shadowsocks),
  }),
  jsonv5Case({
    rule: "user-id-duplicate",
    faulty: { inbounds: jsonv5Inbound(`${jsonv5User(`"email": "alice"`)}, ${jsonv5User(`"email": "bob"`)}`) },
    fixed: { inbounds: jsonv5Inbound(`${jsonv5User(`"email": "alice"`)}, ${jsonv5User(`"email": "bob"`, bobId)}`) },
    shows: showsWinner("bob", { protocol: "vmess", id: aliceId, ...mine }),
  }),
  singBoxCase({
    rule: "user-id-duplicate",
    title: "vmess",
    faulty: singBoxUsers("vmess", `"uuid": "${aliceId}"`, `"uuid": "${aliceId}"`),
    fixed: singBoxUsers("vmess", `"uuid": "${aliceId}"`, `"uuid": "${bobId}"`),
    shows: showsChance({ protocol: "vmess", id: aliceId, ...mine }),
  }),
  singBoxCase({
    rule: "user-id-duplicate",
    title: "vless",
    faulty: singBoxUsers("vless", `"uuid": "${aliceId}"`, `"uuid": "${aliceId}"`),
    fixed: singBoxUsers("vless", `"uuid": "${aliceId}"`, `"uuid": "${bobId}"`),
    shows: showsWinner("bob", { protocol: "vless", id: aliceId, ...mine }),
  }),
  singBoxCase({
    rule: "user-id-duplicate",
    title: "trojan",
    faulty: singBoxUsers("trojan", `"password": "secret"`, `"password": "secret"`),
    fixed: singBoxUsers("trojan", `"password": "secret"`, `"password": "other"`),
    shows: refusal(/user already exists: password used by 0/),
  }),
  singBoxCase({
    rule: "user-id-duplicate",
    title: "shadowsocks",
    faulty: singBoxUsers("shadowsocks", `"password": "secret"`, `"password": "secret"`, `"method": "aes-128-gcm",`),
    fixed: singBoxUsers("shadowsocks", `"password": "secret"`, `"password": "other"`, `"method": "aes-128-gcm",`),
    shows: showsChance(shadowsocks),
  }),
];

function cipherWith(password: string): string {
  return `"method": "aes-128-gcm", "password": "${password}"`;
}

/** One of them gets all that comes with the secret; in the twin it is alice's own. */
function showsWinner(winner: "alice" | "bob", user: ClientUser): (faulty: CaseRun, fixed: CaseRun) => Promise<void> {
  return async (faulty, fixed) => {
    const traffic: readonly ClientTraffic[] = [{ user }, { user }];
    const counters = await assertCounts(faulty, both("user", winner), traffic);
    for (const name of both("user", winner === "bob" ? "alice" : "bob")) assert.equal(counters.get(name), undefined);
    const apart = await assertCounts(fixed, both("user", "alice"), traffic);
    for (const name of both("user", "bob")) assert.equal(apart.get(name), undefined);
  };
}

/** Each connection is counted for one of them, and not always for the same; in the twin for alice. */
function showsChance(user: ClientUser): (faulty: CaseRun, fixed: CaseRun) => Promise<void> {
  return async (faulty, fixed) => {
    await faulty.startsWell();
    await until(async () => {
      await faulty.clientTraffic({ user });
      const counters = await faulty.counters();
      return ["alice", "bob"].every((name) => (counters.get(both("user", name)[0] as string) ?? 0n) > 0n);
    });
    const apart = await assertCounts(fixed, both("user", "alice"), [{ user }, { user }]);
    for (const name of both("user", "bob")) assert.equal(apart.get(name), undefined);
  };
}
