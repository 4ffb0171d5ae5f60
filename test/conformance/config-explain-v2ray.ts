import {
  bothFlags,
  client,
  type ExplainCase,
  each,
  idOf,
  inbound,
  sendOften,
  shadowsocks2022,
  shadowsocksUser,
  systemFlags,
  trojan,
  userKey,
  v2ray,
  v2rays,
  vless,
  vmess,
} from "./config-explain-cases.ts";

type Common = Omit<ExplainCase, "target">;

const oddNames = ["a>>>b", "__proto__", "Größe 🙂", "toString", " x ", "UPPER@Example.com"];

const common: readonly Common[] = [
  {
    title: "levels, flags and tags of every kind",
    text: v2ray(
      [
        inbound("in", 20001, "vmess", {
          clients: [
            client("alice"),
            client("bob", { level: 1 }),
            client("carol", { level: 2 }),
            { id: idOf("nameless") },
            client("erin", { level: 3 }),
          ],
        }),
        inbound(undefined, 20002, "vless", { decryption: "none", clients: [client("frank", { level: 300 })] }),
      ],
      {
        policy: {
          levels: { 0: bothFlags, 2: { statsUserUplink: true }, 3: { handshake: 4 }, 300: bothFlags },
          system: { statsInboundUplink: true, statsOutboundDownlink: true },
        },
        outbounds: [
          { tag: "direct", protocol: "freedom" },
          { tag: "spare", protocol: "blackhole" },
          { protocol: "freedom" },
        ],
      },
    ),
    listens: [20000, 20001, 20002],
    traffic: each(
      ...["alice", "bob", "carol", "nameless", "erin"].map((name) => vmess(20001, name)),
      vless(20002, "frank"),
    ),
  },
  {
    title: "logins of socks and http, and those that nobody asks for",
    text: v2ray(
      [
        inbound("socks", 20001, "socks", { auth: "password", accounts: [{ user: "alice", pass: "a" }], userLevel: 1 }),
        inbound("http", 20002, "http", { accounts: [{ user: "bob", pass: "b" }] }),
        inbound("open", 20003, "socks", { auth: "noauth", accounts: [{ user: "carol", pass: "c" }] }),
      ],
      { policy: { levels: { 1: bothFlags } } },
    ),
    listens: [20000, 20001, 20002, 20003],
    traffic: async (run) => {
      await run.traffic({ via: "socks", port: 20001, user: "alice", password: "a" });
      await run.traffic({ via: "http", port: 20002, user: "bob", password: "b" });
      await run.traffic({ via: "socks", port: 20003 });
    },
  },
  {
    title: "trojan and shadowsocks",
    text: v2ray(
      [
        inbound("trojan", 20001, "trojan", {
          clients: [
            { password: idOf("alice"), email: "alice" },
            { password: idOf("bob"), email: "bob", level: 9 },
          ],
        }),
        inbound("ss", 20002, "shadowsocks", { method: "aes-128-gcm", password: "secret", email: "carol", level: 7 }),
      ],
      { policy: { levels: { 0: bothFlags, 7: { statsUserDownlink: true } } } },
    ),
    listens: [20000, 20001, 20002],
    traffic: each(trojan(20001, "alice"), trojan(20001, "bob"), {
      protocol: "shadowsocks",
      port: 20002,
      method: "aes-128-gcm",
      password: "secret",
    }),
  },
  {
    title: "one name in two inbounds, and two spellings of another",
    text: v2ray([
      inbound("a", 20001, "vmess", { clients: [client("alice", { level: 5 }), client("Bob")] }),
      inbound("b", 20002, "vless", {
        decryption: "none",
        clients: [client("alice"), client("bob")],
      }),
    ]),
    listens: [20000, 20001, 20002],
    traffic: each(vmess(20001, "alice"), vmess(20001, "Bob"), vless(20002, "alice"), vless(20002, "bob")),
  },
  ...["vmess", "vless", "trojan"].map((protocol): Common => {
    const same = (email: string): object => ({ id: idOf("one"), password: idOf("one"), email });
    const clients = [same("first"), same("last"), { ...same("other"), id: idOf("other"), password: idOf("other") }];
    return {
      title: `one secret for two users of ${protocol}`,
      text: v2ray([inbound("in", 20001, protocol, { clients, decryption: "none" })]),
      listens: [20000, 20001],
      traffic: each(...["one", "other"].map((name) => ({ vmess, vless, trojan })[protocol as "vmess"](20001, name))),
    };
  }),
  {
    title: "names that are none for a plain object",
    text: v2ray([inbound("in>>>bound", 20001, "vmess", { clients: oddNames.map((name) => client(name)) })], {
      outbounds: ["direct", "__proto__", "ü>>>x"].map((tag) => ({ tag, protocol: "freedom" })),
    }),
    listens: [20000, 20001],
    traffic: each(...oddNames.map((name) => vmess(20001, name))),
  },
  {
    title: "an outbound with the tag of the API",
    text: v2ray([inbound("in", 20001, "vmess", { clients: [client("alice")] })], {
      outbounds: ["direct", "api"].map((tag) => ({ tag, protocol: "freedom" })),
    }),
    listens: [20000, 20001],
    traffic: each(vmess(20001, "alice")),
  },
  {
    title: "names of keys in any case, and flags in the wrong block",
    text: v2ray([inbound("in", 20001, "vmess", { CLIENTS: [{ ID: idOf("alice"), Email: "alice" }] })], {
      policy: undefined,
      Policy: { LEVELS: { "00": { STATSUSERUPLINK: true } }, system: { ...bothFlags, STATSinboundUPLINK: true } },
    }),
    listens: [20000, 20001],
    traffic: each(vmess(20001, "alice")),
  },
  {
    title: "an e-mail at an outbound",
    text: v2ray([inbound("in", 20001, "socks", { auth: "noauth" })], {
      outbounds: [
        { tag: "direct", protocol: "freedom" },
        {
          tag: "next",
          protocol: "vmess",
          settings: { vnext: [{ address: "127.0.0.1", port: 9, users: [client("alice")] }] },
        },
      ],
    }),
    listens: [20000, 20001],
    traffic: (run) => run.traffic({ via: "socks", port: 20001 }),
  },
  {
    title: "no level has an entry",
    text: v2ray([inbound("in", 20001, "vmess", { clients: [client("alice")] })], { policy: { system: systemFlags } }),
    listens: [20000, 20001],
    traffic: each(vmess(20001, "alice")),
  },
];

const parts = {
  "1-base.json": { stats: {}, api: { tag: "api", services: ["StatsService"] }, policy: { levels: { 0: bothFlags } } },
  "2-in.json": {
    inbounds: [inbound("api-in", 20000, "dokodemo-door", { address: "127.0.0.1", port: 1 })],
    routing: { rules: [{ type: "field", inboundTag: ["api-in"], outboundTag: "api" }] },
  },
  "3-out.json": { outbounds: [{ tag: "direct", protocol: "freedom" }] },
  "4-more.json": {
    policy: { levels: { 1: bothFlags }, system: { statsInboundUplink: true } },
    inbounds: [inbound("in", 20001, "vmess", { clients: [client("alice"), client("bob", { level: 1 })] })],
  },
};

const directories: readonly Common[] = [
  {
    title: "a directory of files, the policy in two of them",
    text: Object.entries(parts).map(([name, json]) => ({ name, text: JSON.stringify(json) })),
    listens: [20000, 20001],
    traffic: each(vmess(20001, "alice"), vmess(20001, "bob")),
  },
];

const xrayOnly: readonly Common[] = [
  {
    title: "shadowsocks 2022: a level that is ignored, and users without names",
    text: v2ray([
      inbound("one", 20001, "shadowsocks", { ...shadowsocks2022, email: "alice", level: 4 }),
      inbound("many", 20002, "shadowsocks", {
        ...shadowsocks2022,
        clients: [{ password: userKey(2), email: "bob" }, { password: userKey(3) }],
      }),
    ]),
    listens: [20000, 20001, 20002],
    traffic: each(
      { protocol: "shadowsocks", port: 20001, ...shadowsocks2022 },
      shadowsocksUser(20002, 2),
      shadowsocksUser(20002, 3),
    ),
  },
  {
    title: "shadowsocks with several users, two of one password",
    text: v2ray([
      inbound("ss", 20001, "shadowsocks", {
        clients: ["first", "last", "other"].map((email) => ({
          method: "aes-128-gcm",
          password: email === "other" ? "other" : "one",
          email,
        })),
      }),
    ]),
    listens: [20000, 20001],
    traffic: each(
      ...["one", "other"].map((password) => ({
        protocol: "shadowsocks" as const,
        port: 20001,
        method: "aes-128-gcm",
        password,
      })),
    ),
  },
  {
    title: "shadowsocks 2022 with one key for two users",
    text: v2ray([
      inbound("ss", 20001, "shadowsocks", {
        ...shadowsocks2022,
        clients: ["first", "last"].map((email) => ({ password: userKey(2), email })),
      }),
    ]),
    listens: [20000, 20001],
    traffic: each(shadowsocksUser(20001, 2)),
  },
  {
    title: "vless ids that differ in what Xray does not look at",
    text: v2ray([
      inbound("in", 20001, "vless", {
        decryption: "none",
        clients: [client("first"), { ...client("last"), id: idOf("first").replace(/-49d3-/, "-4AAA-") }],
      }),
    ]),
    listens: [20000, 20001],
    traffic: each(vless(20001, "first")),
  },
  {
    title: "api.listen and the word tunnel",
    text: v2ray([inbound("in", 20001, "vmess", { clients: [client("alice")] })], {
      api: { tag: "api", listen: "127.0.0.1:20000", services: ["StatsService"] },
      inbounds: [
        inbound("in", 20001, "vmess", { clients: [client("alice")] }),
        inbound("through", 20002, "tunnel", { address: "127.0.0.1", port: 1 }),
      ],
      routing: {},
    }),
    listens: [20000, 20001, 20002],
    traffic: each(vmess(20001, "alice")),
  },
];

/** Users of "main" are sent on to "second", which has one of them itself. */
function detour(level: number): string {
  return v2ray(
    [
      inbound("main", 20001, "vmess", {
        clients: [client("Alice"), client("bob", { level: 8 }), client("Own")],
        detour: { to: "second" },
      }),
      inbound("second", 20002, "vmess", { clients: [client("oWN", { id: idOf("x"), level: 2 })], default: { level } }),
    ],
    { policy: { levels: { 0: bothFlags, 1: { statsUserUplink: true }, 2: bothFlags }, system: systemFlags } },
  );
}

const oldV2rays: readonly Common[] = [
  ...[0, 1, 9].map((level): Common => {
    return {
      title: `users sent on by a detour, to level ${level}`,
      text: detour(level),
      listens: [20000, 20001, 20002],
      traffic: async (run) => {
        for (const name of ["Alice", "bob", "Own"]) await sendOften(run, vmess(20001, name), 4);
      },
    };
  }),
  {
    title: "keys of old",
    text: v2ray([], {
      inbounds: [inbound("api-in", 20000, "dokodemo-door", { address: "127.0.0.1" })],
      inboundDetour: [inbound("in", 20001, "vmess", { clients: [client("alice")] })],
      outboundDetour: [{ tag: "old", protocol: "freedom", settings: {} }],
    }),
    listens: [20000, 20001],
    traffic: each(vmess(20001, "alice")),
  },
];

/** Configurations of V2Ray 4, V2Ray 5 and Xray. */
export const v2rayExplainCases: readonly ExplainCase[] = [
  ...v2rays.flatMap((target) => [...common, ...directories].map((each) => ({ ...each, target }))),
  ...xrayOnly.map((each) => ({ ...each, target: "xray" as const })),
  ...(["v2ray4", "v2ray5"] as const).flatMap((target) => oldV2rays.map((each) => ({ ...each, target }))),
];
