import assert from "node:assert/strict";
import type { CaseRun } from "../support/case-run.ts";
import { bytesOf } from "../support/peculiar-case-run.ts";
import {
  aliceClient,
  aliceId,
  alwaysOf,
  direct,
  inbound,
  outboundFlags,
  server,
  v2rays,
  webSocket,
} from "./peculiar-texts.ts";
import type { RuleCase } from "./rule-case.ts";

const alice = { user: { protocol: "vmess", port: 20001, id: aliceId } } as const;

function rule(from: string, to: string): string {
  return `{ "type": "field", "inboundTag": ["${from}"], "outboundTag": "${to}" }`;
}

const vlessInbound = (stream = ""): string =>
  inbound(
    "vless-in",
    20001,
    `"protocol": "vless", "settings": { "decryption": "none", "clients": [${aliceClient}] }${stream}`,
  );
const vlessServer = {
  vnext: [{ address: "127.0.0.1", port: 20001, users: [{ id: aliceId, encryption: "none" }] }],
};

/** Alice by the direct outbound: how often each of her bytes was counted as hers. */
async function timesCounted(run: CaseRun): Promise<number> {
  await run.startsWell([20000, 20001]);
  await run.clientTraffic(alice);
  await run.countersWith(["user>>>alice>>>traffic>>>downlink", "outbound>>>direct>>>traffic>>>downlink"]);
  return Number(await bytesOf(run, "user/alice/down")) / Number(await bytesOf(run, "outbound/direct/down"));
}

const loopback = `{ "tag": "again", "protocol": "loopback", "settings": { "inboundTag": "second" } }`;

const showsDouble: RuleCase["shows"] = async (faulty, fixed) => {
  assert.equal(await timesCounted(faulty), 2);
  assert.equal(await timesCounted(fixed), 1);
};

const loopbackCases = (["v2ray5", "xray"] as const).flatMap((target): RuleCase[] => {
  const also = [...alwaysOf(target), ...(target === "xray" ? ["raw-tcp-undercount"] : [])];
  const outbounds = [direct, loopback];
  const second = rule("second", "direct");
  return [
    {
      rule: "loopback-counts-twice",
      target,
      title: "by a rule",
      also,
      faulty: server(target, { outbounds, rules: [second, rule("vmess-in", "again")] }),
      fixed: server(target, { outbounds, rules: [second, rule("vmess-in", "direct")] }),
      shows: showsDouble,
    },
    {
      rule: "loopback-counts-twice",
      target,
      title: "by default",
      also,
      faulty: server(target, { outbounds: outbounds.toReversed(), rules: [second] }),
      fixed: server(target, { outbounds, rules: [second] }),
      shows: showsDouble,
    },
  ];
});

/** What both outbounds have counted after a download. */
async function countedByBoth(run: CaseRun): Promise<readonly [front: bigint, hop: bigint]> {
  await run.startsWell([20000, 20001]);
  await run.clientTraffic(alice);
  await run.countersWith(["outbound>>>front>>>traffic>>>downlink"]);
  return [await bytesOf(run, "outbound/front/down"), await bytesOf(run, "outbound/hop/down")];
}

function chained(members: string): readonly string[] {
  return [`{ "tag": "front", "protocol": "freedom"${members} }`, `{ "tag": "hop", "protocol": "freedom" }`];
}

const showsChain: RuleCase["shows"] = async (faulty, fixed) => {
  const [front, hop] = await countedByBoth(faulty);
  assert.equal(hop, front);
  assert.deepEqual(await countedByBoth(fixed), [front, 0n]);
};

const chainCases: readonly RuleCase[] = [
  ...v2rays.map((target) => ({
    rule: "chain-counts-each",
    target,
    also: [...alwaysOf(target), ...(target === "xray" ? ["raw-tcp-undercount"] : [])],
    faulty: server(target, { outbounds: chained(`, "proxySettings": { "tag": "hop" }`) }),
    fixed: server(target, { outbounds: chained("") }),
    shows: showsChain,
  })),
  {
    rule: "chain-counts-each",
    target: "xray",
    title: "dialerProxy",
    also: ["raw-tcp-undercount"],
    faulty: server("xray", {
      outbounds: chained(`, "streamSettings": { "sockopt": { "dialerProxy": "hop" } }`),
    }),
    fixed: server("xray", { outbounds: chained(`, "streamSettings": { "sockopt": { "mark": 0 } }`) }),
    shows: showsChain,
  },
];

function selfChain(stream: string): string {
  const settings = JSON.stringify(vlessServer);
  return server("xray", {
    system: `${outboundFlags}`,
    inbounds: [inbound("door-in", 20002, `"protocol": "socks"${webSocket}`), vlessInbound(stream)],
    outbounds: [`{ "tag": "vless-out", "protocol": "vless", "settings": ${settings}${stream} }`, direct],
    rules: [rule("vless-in", "direct")],
  });
}

/** A small download by alice: the answer fits into the first buffer. */
async function vlessDownload(run: CaseRun, stream: object): Promise<readonly [user: bigint, inbound: bigint]> {
  await run.startsWell([20000, 20001]);
  await run.clientTraffic({ outbound: { protocol: "vless", settings: vlessServer, ...stream }, bytes: 1000 });
  await run.countersWith(["user>>>alice>>>traffic>>>downlink"]);
  return [await bytesOf(run, "user/alice/down"), await bytesOf(run, "inbound/vless-in/down")];
}

const socksOverWebSocket = {
  protocol: "socks",
  settings: { servers: [{ address: "127.0.0.1", port: 20002 }] },
  streamSettings: { network: "ws" },
};

function shadowsocks(method: string, password: string): string {
  const settings = `"settings": { "method": "${method}", "password": "${password}", "email": "alice" }`;
  return server("xray", { inbounds: [inbound("shadowsocks-in", 20001, `"protocol": "shadowsocks", ${settings}`)] });
}

const aead = ["aes-128-gcm", "secret"] as const;
const of2022 = ["2022-blake3-aes-128-gcm", "MDEyMzQ1Njc4OWFiY2RlZg=="] as const;

const undercountCases: readonly RuleCase[] = [
  {
    rule: "raw-tcp-undercount",
    target: "xray",
    title: "shadowsocks, but not that of 2022",
    faulty: shadowsocks(...aead),
    fixed: shadowsocks(...of2022),
    shows: async (faulty, fixed) => {
      for (const [run, [method, password]] of [
        [faulty, aead],
        [fixed, of2022],
      ] as const) {
        await run.startsWell([20000, 20001]);
        await run.clientTraffic({ user: { protocol: "shadowsocks", port: 20001, method, password }, bytes: 100 });
        await run.countersWith(["user>>>alice>>>traffic>>>downlink"]);
      }
      assert.ok((await bytesOf(faulty, "inbound/shadowsocks-in/down")) < (await bytesOf(faulty, "user/alice/down")));
      assert.ok((await bytesOf(fixed, "inbound/shadowsocks-in/down")) > (await bytesOf(fixed, "user/alice/down")));
    },
  },
  {
    rule: "raw-tcp-undercount",
    target: "xray",
    title: "inbound",
    faulty: server("xray", { inbounds: [vlessInbound()] }),
    fixed: server("xray", { inbounds: [vlessInbound(webSocket)] }),
    shows: async (faulty, fixed) => {
      const [user, counted] = await vlessDownload(faulty, {});
      assert.ok(counted < user, `${counted} of ${user}`);
      const [sameUser, all] = await vlessDownload(fixed, { streamSettings: { network: "ws" } });
      assert.equal(sameUser, user);
      assert.ok(all >= user, `${all} of ${user}`);
    },
  },
  {
    rule: "raw-tcp-undercount",
    target: "xray",
    title: "outbound",
    also: ["system-flag-missing", "user-needs-password"],
    faulty: selfChain(""),
    fixed: selfChain(webSocket),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        await run.startsWell([20000, 20001, 20002]);
        await run.clientTraffic({ outbound: socksOverWebSocket });
        await run.countersWith(["outbound>>>vless-out>>>traffic>>>downlink", "user>>>alice>>>traffic>>>uplink"]);
      }
      const [some, all] = [
        await bytesOf(faulty, "outbound/vless-out/up"),
        await bytesOf(fixed, "outbound/vless-out/up"),
      ];
      assert.ok(some < all, `${some} of ${all}`);
      assert.ok(all > (await bytesOf(fixed, "user/alice/up")));
    },
  },
];

/** Bytes that are counted twice, too late or not at all. */
export const peculiarCountingCases: readonly RuleCase[] = [...loopbackCases, ...chainCases, ...undercountCases];
