import assert from "node:assert/strict";
import { bytesOf } from "../support/peculiar-case-run.ts";
import { until } from "../support/until.ts";
import { aliceId, bobId } from "./peculiar-texts.ts";
import type { RuleCase } from "./rule-case.ts";

const aliceUser = `{ "name": "alice", "uuid": "${aliceId}" }`;
const direct = `{ "type": "direct", "tag": "direct" }`;

interface Parts {
  readonly users?: string;
  readonly outbounds?: string;
  /** Text behind the inbound and behind the rule. */
  readonly moreInbounds?: string;
  readonly rules?: string;
  /** Members of `v2ray_api`. */
  readonly api?: string;
  readonly stats?: string;
  /** A whole `experimental` and its comma, or nothing. */
  readonly experimental?: string;
}

function statsOf(inbounds: string, outbounds: string, users: string): string {
  return `"stats": { "enabled": true, "inbounds": [${inbounds}], "outbounds": [${outbounds}], "users": [${users}] }`;
}

const allStats = statsOf(`"vmess-in"`, `"direct"`, `"alice"`);

/** A server of sing-box whose traffic leaves by its first outbound. */
function server(parts: Parts = {}): string {
  const { users = aliceUser, outbounds = direct, stats = allStats, moreInbounds = "", rules = "" } = parts;
  const { api = `"listen": "127.0.0.1:20000", ${stats}` } = parts;
  const { experimental = `,\n  "experimental": { "v2ray_api": { ${api} } }` } = parts;
  return `{
  "log": { "level": "warn" },
  "inbounds": [
    { "type": "vmess", "tag": "vmess-in", "listen": "127.0.0.1", "listen_port": 20001, "users": [${users}] }${moreInbounds}
  ],
  "outbounds": [${outbounds}],
  "route": { "rules": [{ "port": 20000, "action": "reject" }${rules}] }${experimental}
}
`;
}

const alice = { user: { protocol: "vmess", port: 20001, id: aliceId } } as const;
const bob = { user: { protocol: "vmess", port: 20001, id: bobId } } as const;

/** Its check passes, it starts, and the first connection ends it; that of the twin does not. */
const showsCrash: RuleCase["shows"] = async (faulty, fixed) => {
  for (const run of [faulty, fixed]) {
    assert.equal((await run.check()).exitCode, 0);
    await run.startsWell([20000, 20001]);
  }
  await assert.rejects(faulty.clientTraffic(alice));
  const { exitCode, output } = await faulty.ended();
  assert.equal(exitCode, 2);
  assert.match(output, /nil pointer dereference/);
  await fixed.clientTraffic(alice);
  await fixed.countersWith(["user>>>alice>>>traffic>>>uplink"]);
};

/** After some traffic the subject counts in the twin; in the faulty text only the witness does. */
function showsAbsent(subject: string, witness: string, traffic: typeof alice | typeof bob = alice): RuleCase["shows"] {
  return async (faulty, fixed) => {
    for (const run of [faulty, fixed]) {
      assert.equal((await run.check()).exitCode, 0);
      await run.startsWell([20000, 20001]);
      await run.clientTraffic(traffic);
      await until(async () => (await bytesOf(run, `${witness}/up`)) > 0n);
    }
    await until(async () => (await bytesOf(fixed, `${subject}/up`)) > 0n);
    assert.equal(await bytesOf(faulty, `${subject}/up`), 0n);
  };
}

const always = ["singbox-build-tag"];
const base = { target: "sing-box", also: always } as const;

const group = `{ "type": "selector", "tag": "pick", "outbounds": ["direct"] }, ${direct}`;
const bobStats = statsOf(`"vmess-in"`, `"direct"`, `"alice", "bob"`);
// The traffic comes back by a second inbound, as direct outbounds take no detour.
const detoured = `
    { "type": "socks", "tag": "front", "server": "127.0.0.1", "server_port": 20002, "detour": "hop" },
    { "type": "direct", "tag": "hop", "connect_timeout": "5s" },
    ${direct}
  `;
const backIn = `,
    { "type": "socks", "tag": "socks-in", "listen": "127.0.0.1", "listen_port": 20002 }`;
const backOut = `, { "inbound": "socks-in", "outbound": "direct" }`;

const chain = { outbounds: detoured, moreInbounds: backIn, rules: backOut };

/** What is peculiar to sing-box. */
export const peculiarSingBoxCases: readonly RuleCase[] = [
  {
    ...base,
    rule: "singbox-stats-off",
    title: "no stats",
    faulty: server({ api: `"listen": "127.0.0.1:20000"` }),
    fixed: server(),
    shows: showsCrash,
  },
  {
    ...base,
    rule: "singbox-stats-off",
    title: "not enabled",
    faulty: server({ stats: allStats.replace("true", "false") }),
    fixed: server(),
    shows: showsCrash,
  },
  {
    target: "sing-box",
    rule: "singbox-api-missing",
    faulty: server({ experimental: "" }),
    fixed: server(),
    alsoFixed: always,
    shows: async (faulty, fixed) => {
      await faulty.startsWell([20001]);
      await fixed.startsWell([20000, 20001]);
      for (const run of [faulty, fixed]) await run.clientTraffic(alice);
      assert.equal(await faulty.apiOutcome(), "unreachable");
      await fixed.countersWith(["user>>>alice>>>traffic>>>uplink"]);
    },
  },
  {
    ...base,
    rule: "singbox-listen-missing",
    faulty: `// nothing listens on 127.0.0.1:20000\n${server({ api: allStats })}`,
    fixed: server(),
    shows: async (faulty, fixed) => {
      for (const run of [faulty, fixed]) {
        assert.equal((await run.check()).exitCode, 0);
        await run.startsWell([20001]);
        await run.clientTraffic(alice);
      }
      assert.equal(await faulty.apiOutcome(), "unreachable");
      assert.equal(await fixed.apiOutcome(), "answers");
    },
  },
  {
    ...base,
    rule: "singbox-tag-unknown",
    title: "inbound",
    faulty: server({ stats: statsOf(`"VMess-in"`, `"direct"`, `"alice"`) }),
    fixed: server(),
    shows: showsAbsent("inbound/vmess-in", "outbound/direct"),
  },
  {
    ...base,
    rule: "singbox-tag-unknown",
    title: "outbound",
    faulty: server({ stats: statsOf(`"vmess-in"`, `"freedom"`, `"alice"`) }),
    fixed: server(),
    shows: showsAbsent("outbound/direct", "inbound/vmess-in"),
  },
  {
    ...base,
    rule: "singbox-tag-unknown",
    title: "an index in place of a tag",
    faulty: server({ outbounds: `{ "type": "direct" }`, stats: statsOf(`"vmess-in"`, `"1"`, `"alice"`) }),
    fixed: server({ outbounds: `{ "type": "direct" }`, stats: statsOf(`"vmess-in"`, `"0"`, `"alice"`) }),
    shows: showsAbsent("outbound/0", "inbound/vmess-in"),
  },
  {
    ...base,
    rule: "singbox-user-unlisted",
    faulty: server({ users: `${aliceUser}, { "name": "Bob", "uuid": "${bobId}" }` }),
    fixed: server({
      users: `${aliceUser}, { "name": "Bob", "uuid": "${bobId}" }`,
      stats: statsOf(`"vmess-in"`, `"direct"`, `"alice", "Bob"`),
    }),
    shows: showsAbsent("user/Bob", "inbound/vmess-in", bob),
  },
  {
    ...base,
    rule: "singbox-user-unlisted",
    title: "in another case",
    faulty: server({ stats: statsOf(`"vmess-in"`, `"direct"`, `"Alice"`) }),
    fixed: server(),
    shows: showsAbsent("user/alice", "inbound/vmess-in"),
  },
  {
    ...base,
    rule: "singbox-user-unnamed",
    faulty: server({ users: `${aliceUser}, { "uuid": "${bobId}" }`, stats: bobStats }),
    fixed: server({ users: `${aliceUser}, { "name": "bob", "uuid": "${bobId}" }`, stats: bobStats }),
    shows: showsAbsent("user/bob", "inbound/vmess-in", bob),
  },
  {
    ...base,
    rule: "singbox-group-member",
    title: "selector",
    faulty: server({ outbounds: group }),
    fixed: server({ outbounds: group, stats: statsOf(`"vmess-in"`, `"pick"`, `"alice"`) }),
    shows: async (faulty, fixed) => {
      await showsAbsent("outbound/pick", "inbound/vmess-in")?.(faulty, fixed);
      assert.equal(await bytesOf(faulty, "outbound/direct/up"), 0n);
    },
  },
  {
    ...base,
    rule: "singbox-group-member",
    title: "detour",
    also: [...always, "user-needs-password"],
    faulty: server({ ...chain, stats: statsOf(`"vmess-in"`, `"hop"`, `"alice"`) }),
    fixed: server({ ...chain, stats: statsOf(`"vmess-in"`, `"front"`, `"alice"`) }),
    shows: async (faulty, fixed) => {
      await showsAbsent("outbound/front", "inbound/vmess-in")?.(faulty, fixed);
      assert.equal(await bytesOf(faulty, "outbound/hop/up"), 0n);
    },
  },
  {
    rule: "singbox-build-tag",
    target: "sing-box",
    faulty: server(),
    fixed: server({ experimental: "" }),
    alsoFixed: ["singbox-api-missing"],
  },
];
