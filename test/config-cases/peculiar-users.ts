import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import type { ClientUser } from "../support/case-traffic.ts";
import { fetchUntil, knock } from "../support/peculiar-case-client.ts";
import { withCertificates } from "../support/peculiar-case-run.ts";
import { until } from "../support/until.ts";
import { aliceClient, aliceId, alwaysOf, inbound, outboundFlags, server, userFlags, v2rays } from "./peculiar-texts.ts";
import type { RuleCase } from "./rule-case.ts";
import { singBoxServer } from "./stats-and-users-other-texts.ts";

const up = "traffic>>>uplink";
const down = "traffic>>>downlink";

const alice = { protocol: "vmess", port: 20001, id: aliceId } as const;

function detour(client: string, level: number): readonly string[] {
  const clients = `"clients": [${client}]`;
  return [
    inbound("vmess-in", 20001, `"protocol": "vmess", "settings": { ${clients}, "detour": { "to": "dynamic" } }`),
    inbound("dynamic", 20002, `"protocol": "vmess", "settings": { "default": { "level": ${level} } }`),
  ];
}

/** Alice by both ports: what is counted for her under her own name, and whether under a name in lower case. */
async function countByDetour(run: CaseRun, name: string): Promise<{ isAll: boolean; isSplit: boolean }> {
  await run.startsWell([20000, 20001, 20002]);
  await fetchUntil(run, alice, async () => ((await run.counters()).get(`inbound>>>dynamic>>>${down}`) ?? 0n) > 0n);
  const counters = await run.countersWith([`user>>>${name}>>>${down}`]);
  const isAll = counters.get(`user>>>${name}>>>${down}`) === counters.get(`outbound>>>direct>>>${down}`);
  return { isAll, isSplit: name !== "alice" && counters.has(`user>>>alice>>>${down}`) };
}

const detourCases = (["v2ray4", "v2ray5"] as const).flatMap((target): RuleCase[] => [
  {
    rule: "vmess-detour",
    target,
    title: "a name with a capital letter",
    also: alwaysOf(target),
    faulty: server(target, { inbounds: detour(aliceClient.replace("alice", "Alice"), 0) }),
    fixed: server(target, { inbounds: detour(aliceClient, 0) }),
    shows: async (faulty, fixed) => {
      assert.deepEqual(await countByDetour(faulty, "Alice"), { isAll: false, isSplit: true });
      assert.deepEqual(await countByDetour(fixed, "alice"), { isAll: true, isSplit: false });
    },
  },
  {
    rule: "vmess-detour",
    target,
    title: "a default level without flags",
    also: alwaysOf(target),
    faulty: server(target, { inbounds: detour(aliceClient, 1) }),
    fixed: server(target, {
      inbounds: detour(aliceClient, 1),
      levels: `"0": { ${userFlags} }, "1": { ${userFlags} }`,
    }),
    shows: async (faulty, fixed) => {
      assert.deepEqual(await countByDetour(faulty, "alice"), { isAll: false, isSplit: false });
      assert.deepEqual(await countByDetour(fixed, "alice"), { isAll: true, isSplit: false });
    },
  },
]);

const account = { user: "alice", password: "secret" } as const;
const accounts = `"accounts": [{ "user": "alice", "pass": "secret" }]`;

/** Nobody has a counter in the faulty text, alice has hers in its twin. */
function namesByPassword(via: "socks" | "http"): RuleCase["shows"] {
  return async (faulty, fixed) => {
    await faulty.startsWell([20000, 20001]);
    await faulty.traffic({ via, port: 20001 });
    const counters = await faulty.countersWith([`outbound>>>direct>>>${down}`]);
    assert.deepEqual(
      [...counters.keys()].filter((name) => name.startsWith("user>>>")),
      [],
    );
    await fixed.startsWell([20000, 20001]);
    await fixed.traffic({ via, port: 20001, ...account });
    await fixed.countersWith([`user>>>alice>>>${up}`, `user>>>alice>>>${down}`]);
  };
}

const passwordCases = v2rays.flatMap((target): RuleCase[] =>
  (["socks", "http"] as const).map((via) => ({
    rule: "user-needs-password",
    target,
    title: via,
    also: [...alwaysOf(target), ...(target === "xray" ? ["splice-late-counts"] : [])],
    faulty: server(target, { inbounds: [inbound("proxy-in", 20001, `"protocol": "${via}"`)] }),
    fixed: server(target, {
      inbounds: [inbound("proxy-in", 20001, `"protocol": "${via}", "settings": { "auth": "password", ${accounts} }`)],
    }),
    shows: namesByPassword(via),
  })),
);

function mixedInbound(users: string): string {
  return `{ "type": "mixed", "tag": "vmess-in", "listen": "127.0.0.1", "listen_port": 20001${users} }`;
}

const singBoxPassword: RuleCase = {
  rule: "user-needs-password",
  target: "sing-box",
  also: ["singbox-build-tag"],
  faulty: singBoxServer({ inbounds: mixedInbound("") }),
  fixed: singBoxServer({ inbounds: mixedInbound(`, "users": [{ "username": "alice", "password": "secret" }]`) }),
  shows: namesByPassword("socks"),
};

const hysteriaInbound = inbound(
  "hysteria-in",
  20001,
  `"protocol": "hysteria",
      "settings": { "version": 2, "clients": [{ "auth": "secret", "email": "alice" }] },
      "streamSettings": {
        "network": "hysteria", "hysteriaSettings": { "version": 2, "auth": "secret" },
        "security": "tls", "tlsSettings": {
          "alpn": ["h3"],
          "certificates": [{ "certificateFile": "/case/server.pem", "keyFile": "/case/server.key" }]
        }
      }`,
);
const hysteriaOutbound = {
  protocol: "hysteria",
  settings: { version: 2, address: "127.0.0.1", port: 20001 },
  streamSettings: {
    network: "hysteria",
    hysteriaSettings: { version: 2, auth: "secret" },
    security: "tls",
    tlsSettings: {
      serverName: "core.test",
      alpn: ["h3"],
      certificates: [{ usage: "verify", certificateFile: "/case/ca.pem" }],
    },
  },
};

async function countHysteria(run: CaseRun): Promise<ReadonlyMap<string, bigint>> {
  withCertificates(run);
  await run.startsWell();
  await run.clientTraffic({ outbound: hysteriaOutbound });
  return run.countersWith([`outbound>>>direct>>>${down}`]);
}

const hysteriaCase: RuleCase = {
  rule: "hysteria-user-lost",
  target: "xray",
  faulty: server("xray", { inbounds: [hysteriaInbound], system: `${outboundFlags}, "statsInboundUplink": true` }),
  fixed: server("xray", { inbounds: [hysteriaInbound], system: outboundFlags }),
  shows: async (faulty, fixed) => {
    assert.equal((await countHysteria(faulty)).get(`user>>>alice>>>${down}`), undefined);
    assert.ok(((await countHysteria(fixed)).get(`user>>>alice>>>${down}`) ?? 0n) > 0n);
  },
};

const method = "2022-blake3-aes-128-gcm";
const serverKey = "MDEyMzQ1Njc4OWFiY2RlZg==";
const aliceKey = "ZmVkY2JhOTg3NjU0MzIxMA==";

function shadowsocks2022(members: string): readonly string[] {
  const settings = `"method": "${method}", "password": "${serverKey}", ${members}`;
  return [inbound("shadowsocks-in", 20001, `"protocol": "shadowsocks", "settings": { ${settings} }`)];
}

/** The names of users counted after some traffic. */
async function countedUsers(run: CaseRun, password: string): Promise<string[]> {
  await run.startsWell([20000, 20001]);
  await run.clientTraffic({ user: { protocol: "shadowsocks", port: 20001, method, password } });
  const counters = await run.countersWith([`outbound>>>direct>>>${down}`]);
  return [...counters.keys()].flatMap((name) => /^user>>>(.*)>>>traffic>>>uplink$/.exec(name)?.[1] ?? []);
}

const shadowsocksCases: readonly RuleCase[] = [
  {
    rule: "ss2022-unnamed",
    target: "xray",
    faulty: server("xray", { inbounds: shadowsocks2022(`"clients": [{ "password": "${aliceKey}" }]`) }),
    fixed: server("xray", {
      inbounds: shadowsocks2022(`"clients": [{ "password": "${aliceKey}", "email": "alice" }]`),
    }),
    shows: async (faulty, fixed) => {
      const password = `${serverKey}:${aliceKey}`;
      const [first] = await countedUsers(faulty, password);
      await faulty.stop();
      const [second] = await countedUsers(faulty, password);
      for (const name of [first, second]) assert.match(name ?? "", /^unnamed-user-0-[0-9a-f-]{36}$/);
      assert.notEqual(first, second);
      assert.deepEqual(await countedUsers(fixed, password), ["alice"]);
    },
  },
  {
    rule: "ss2022-level-ignored",
    target: "xray",
    alsoFaulty: ["user-level-uncovered"],
    faulty: server("xray", {
      inbounds: shadowsocks2022(`"email": "alice", "level": 1`),
      levels: `"1": { ${userFlags} }`,
    }),
    fixed: server("xray", {
      inbounds: shadowsocks2022(`"email": "alice", "level": 1`),
      levels: `"0": { ${userFlags} }, "1": { ${userFlags} }`,
    }),
    shows: async (faulty, fixed) => {
      assert.deepEqual(await countedUsers(faulty, serverKey), []);
      assert.deepEqual(await countedUsers(fixed, serverKey), ["alice"]);
    },
  },
];

function clientWithAlterId(alterId: number): readonly string[] {
  const client = aliceClient.replace(" }", `, "alterId": ${alterId} }`);
  return [inbound("vmess-in", 20001, `"protocol": "vmess", "settings": { "clients": [${client}] }`)];
}

/** As alice with 64 alternative ids: an outbound of the core that is checked. */
const oldAlice = {
  protocol: "vmess",
  settings: { vnext: [{ address: "127.0.0.1", port: 20001, users: [{ id: aliceId, alterId: 64, security: "auto" }] }] },
};

async function assertAliceCounts(run: CaseRun, user?: ClientUser): Promise<void> {
  await run.clientTraffic(user === undefined ? { outbound: oldAlice } : { user });
  await run.countersWith([`user>>>alice>>>${up}`]);
}

const alterIdCases = v2rays.map(
  (target): RuleCase => ({
    rule: "alterid-nonzero",
    target,
    also: [...alwaysOf(target), ...(target === "xray" ? ["raw-tcp-undercount"] : [])],
    faulty: server(target, { inbounds: clientWithAlterId(64) }),
    fixed: server(target, { inbounds: clientWithAlterId(0) }),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001]);
        await assertAliceCounts(run, alice);
      }
      if (target !== "v2ray5") return assertAliceCounts(faulty);
      // Only the core's own word, when the client gives up, says that it was refused.
      const before = (await faulty.counters()).get(`inbound>>>vmess-in>>>${up}`) ?? 0n;
      await knock(faulty, oldAlice, async () => {
        return ((await faulty.counters()).get(`inbound>>>vmess-in>>>${up}`) ?? 0n) > before;
      });
      await until(() => /VMessAEAD is enforced/.test(faulty.output()));
    },
  }),
);

/** What is peculiar to some kinds of users. */
export const peculiarUserCases: readonly RuleCase[] = [
  ...detourCases,
  ...passwordCases,
  singBoxPassword,
  hysteriaCase,
  ...shadowsocksCases,
  ...alterIdCases,
];
