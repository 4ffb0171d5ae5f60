import {
  client,
  type ExplainCase,
  each,
  idOf,
  inbound,
  sendOften,
  shadowsocks2022,
  shadowsocksUser,
  singBox,
  singBoxInbound,
  trojan,
  userKey,
  vless,
  vmess,
} from "./config-explain-cases.ts";

type Common = Omit<ExplainCase, "target">;

const user = (name: string): object => ({ name, uuid: idOf(name) });
const lists = (inbounds: readonly string[], outbounds: readonly string[], users: readonly string[]): object => {
  return { inbounds, outbounds, users };
};

const singBoxCases: readonly Common[] = [
  {
    title: "what is listed, what is not, and what is listed in vain",
    text: singBox(
      {
        inbounds: [
          singBoxInbound("vmess", "in", 20001, { users: [user("alice"), user("Bob"), user("carol")] }),
          singBoxInbound("socks", undefined, 20002),
          singBoxInbound("mixed", "mixed", 20003, { users: [{ username: "dave", password: "d" }] }),
        ],
      },
      lists(["in", "0", "1", "nowhere"], ["direct", "gone"], ["alice", "bob", "dave", "nobody", "a>>>b"]),
    ),
    listens: [20000, 20001, 20002, 20003],
    traffic: async (run) => {
      await each(vmess(20001, "alice"), vmess(20001, "Bob"), vmess(20001, "carol"))(run);
      await run.traffic({ via: "socks", port: 20002 });
      await run.traffic({ via: "http", port: 20003, user: "dave", password: "d" });
    },
  },
  {
    title: "groups, members, detours and the route",
    text: singBox(
      {
        inbounds: [
          singBoxInbound("socks", "a", 20001),
          singBoxInbound("socks", "b", 20002),
          singBoxInbound("socks", "c", 20003),
        ],
        outbounds: [
          { type: "direct", tag: "first" },
          { type: "direct", tag: "member" },
          { type: "selector", tag: "group", outbounds: ["member"] },
          { type: "direct", tag: "ruled" },
          { type: "socks", tag: "chained", server: "127.0.0.1", server_port: 20001, detour: "dialled" },
          { type: "direct", tag: "dialled", bind_interface: "lo" },
        ],
        route: {
          rules: [
            { inbound: "a", outbound: "ruled" },
            { inbound: ["b"], action: "route", outbound: "chained" },
          ],
          final: "group",
        },
      },
      lists(["a", "b", "c"], ["first", "member", "group", "ruled", "chained", "dialled"], []),
    ),
    listens: [20000, 20001, 20002, 20003],
    traffic: async (run) => {
      for (const port of [20001, 20002, 20003]) await run.traffic({ via: "socks", port });
    },
  },
  {
    title: "no outbound at all",
    text: singBox(
      { inbounds: [singBoxInbound("socks", "in", 20001)], outbounds: [] },
      lists(["in"], ["direct", "DIRECT"], []),
    ),
    listens: [20000, 20001],
    traffic: (run) => run.traffic({ via: "socks", port: 20001 }),
  },
  {
    title: "an inbound that sends all on to another",
    text: singBox(
      {
        inbounds: [
          singBoxInbound("direct", "door", 20001, { detour: "vless" }),
          singBoxInbound("vless", "vless", 20002, { users: [user("alice")] }),
          singBoxInbound("trojan", "trojan", 20003, { users: [{ name: "bob", password: idOf("bob") }] }),
        ],
      },
      lists(["door", "vless", "trojan"], ["direct"], ["alice", "bob"]),
    ),
    listens: [20000, 20001, 20002, 20003],
    traffic: each(vless(20001, "alice"), trojan(20003, "bob")),
  },
  {
    title: "one id for two users of vless",
    text: singBox(
      {
        inbounds: [
          singBoxInbound("vless", "in", 20001, { users: [user("one"), { ...user("last"), uuid: idOf("one") }] }),
        ],
      },
      lists([], [], ["one", "last"]),
    ),
    listens: [20000, 20001],
    traffic: each(vless(20001, "one")),
  },
  {
    title: "one id for two users of vmess, who get it by chance",
    text: singBox(
      {
        inbounds: [
          singBoxInbound("vmess", "in", 20001, { users: [user("one"), { ...user("last"), uuid: idOf("one") }] }),
        ],
      },
      lists([], [], ["one", "last"]),
    ),
    listens: [20000, 20001],
    traffic: (run) => sendOften(run, vmess(20001, "one"), 24),
  },
  {
    title: "one password for two users of shadowsocks, of the new kind and of the old",
    text: singBox(
      {
        inbounds: [
          singBoxInbound("shadowsocks", "new", 20001, {
            ...shadowsocks2022,
            users: ["first", "last"].map((name) => ({ name, password: userKey(2) })),
          }),
          singBoxInbound("shadowsocks", "old", 20002, {
            method: "aes-128-gcm",
            users: ["one", "other"].map((name) => ({ name, password: "same" })),
          }),
        ],
      },
      lists([], [], ["first", "last", "one", "other"]),
    ),
    listens: [20000, 20001, 20002],
    traffic: async (run) => {
      await run.clientTraffic({ user: shadowsocksUser(20001, 2) });
      const old = { protocol: "shadowsocks", port: 20002, method: "aes-128-gcm", password: "same" } as const;
      await sendOften(run, old, 24);
    },
  },
];

const apiOfJsonV5 = {
  router: { rule: [{ inboundTag: ["api-in"], tag: "api" }] },
  outbounds: [{ tag: "direct", protocol: "freedom" }],
};
const account = (name: string, level: number): object => ({
  email: name,
  level,
  account: { "@type": "types.v2fly.org/v2ray.core.proxy.vmess.Account", id: idOf(name) },
});

const jsonV5: Common = {
  title: "users of the full and of the short form",
  text: JSON.stringify({
    ...apiOfJsonV5,
    inbounds: [
      inbound("api-in", 20000, "dokodemo-door", { address: "127.0.0.1", networks: "tcp" }),
      inbound("full", 20001, "#v2ray.core.proxy.vmess.inbound.Config", {
        user: [account("alice", 0), account("bob", 1)],
      }),
      inbound("short", 20002, "vmess", { users: [idOf("carol")] }),
    ],
    services: {
      stats: {},
      policy: {
        level: { 0: { stats: { userUplink: true, userDownlink: true } } },
        system: { stats: { inboundUplink: true, outboundDownlink: true } },
      },
      commander: { tag: "api", name: ["stats"] },
    },
  }),
  listens: [20000, 20001, 20002],
  traffic: each(vmess(20001, "alice"), vmess(20001, "bob"), vmess(20002, "carol")),
};

const merged: Common = {
  title: "two inbounds of one tag, which become one, and services.stats",
  text: JSON.stringify({
    services: { stats: {} },
    api: { tag: "api", services: ["StatsService"] },
    policy: { levels: { 0: { statsUserUplink: true } }, system: { statsInboundUplink: true } },
    inbounds: [
      inbound("api-in", 20000, "dokodemo-door", { address: "127.0.0.1" }),
      inbound("in", 20001, "vmess", { clients: [client("alice")] }),
      { tag: "in", settings: { clients: [client("bob")] } },
    ],
    outbounds: [{ tag: "direct", protocol: "freedom" }],
    routing: { rules: [{ type: "field", inboundTag: ["api-in"], outboundTag: "api" }] },
  }),
  listens: [20000, 20001],
  traffic: each(vmess(20001, "alice"), vmess(20001, "bob")),
};

/** Configurations of sing-box, and what V2Ray 5 alone does. */
export const otherExplainCases: readonly ExplainCase[] = [
  ...singBoxCases.map((each) => ({ ...each, target: "sing-box" as const })),
  { ...jsonV5, target: "v2ray5-jsonv5" },
  { ...merged, target: "v2ray5" },
];
