import { type CorpusEntry, http, shadowsocks, socks, vless, vmess } from "./corpus-entry.ts";

const clientTls = { enabled: true, server_name: "core.test", certificate_path: "/case/ca.pem" };

/** Configurations of sing-box; it makes a counter with its first connection, so none is idle. */
export const singBox: readonly CorpusEntry[] = [
  {
    target: "sing-box",
    name: "vmess-server.json",
    traffic: [
      vmess(20001, "bf000d23-0752-40b4-affe-68f7707a9661"),
      vmess(20001, "bf000d23-0752-40b4-affe-68f7707a9662"),
    ],
    moves: ["user sekai", "inbound vmess-in", "outbound direct"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "shadowsocks-2022.json",
    traffic: ["EBESExQVFhcYGRobHB0eHw==", "ICEiIyQlJicoKSorLC0uLw=="].map((key) => {
      return shadowsocks(20001, "2022-blake3-aes-128-gcm", `AAECAwQFBgcICQoLDA0ODw==:${key}`);
    }),
    moves: ["user sally", "user Ünïcødé ☃", "inbound ss-in"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "client-groups.json",
    traffic: [socks(20001)],
    peers: [{ type: "trojan", listen: "127.0.0.1", listen_port: 20005, users: [{ name: "t", password: "tokyo" }] }],
    moves: ["inbound mixed-in", "outbound proxy"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "trojan-websocket-tls.json",
    traffic: ["helen", "apple"].map((password) => ({
      outbound: {
        type: "trojan",
        server: "127.0.0.1",
        server_port: 20001,
        password,
        tls: clientTls,
        transport: { type: "ws", path: "/tr" },
      },
    })),
    moves: ["user troy", "user paris", "inbound trojan-ws", "outbound out", "outbound other-address"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "comments.json",
    traffic: [socks(20001, "sue", "1"), socks(20001, "sid", "2"), http(20002, "sue", "1")],
    moves: ["user sue", "user sid", "inbound socks", "inbound web", "outbound d"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "partial-lists.json",
    traffic: [
      vless(20001, "9a471a10-0000-4000-8000-000000000001"),
      vless(20001, "9a471a10-0000-4000-8000-000000000002"),
      vless(20002, "9a471a10-0000-4000-8000-000000000003"),
    ],
    moves: ["user old", "user new", "user New", "inbound v1", "inbound v2", "outbound direct", "outbound spare"],
    idle: [],
    leaves: ["singbox-tag-unknown"],
  },
  {
    target: "sing-box",
    name: "stats-off.json",
    traffic: [socks(20001, "max", "min"), http(20001, "max", "min")],
    moves: ["user max", "inbound m", "outbound direct-out"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "untagged.json",
    traffic: [socks(20001), http(20002)],
    moves: ["inbound socks-in", "inbound http-in"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "minified.json",
    traffic: [shadowsocks(20001, "aes-128-gcm", "x{y}z"), vmess(20002, "3e3e0000-0000-4000-8000-000000000001")],
    moves: ["user wim", "inbound s", "inbound w", "outbound a"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "anytls-shadowtls.json",
    traffic: [
      {
        outbound: { type: "anytls", server: "127.0.0.1", server_port: 20001, password: "any password", tls: clientTls },
      },
    ],
    moves: ["user anya", "inbound any", "outbound direct"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "naive.json",
    moves: [],
    idle: [],
  },
  {
    target: "sing-box",
    name: "transparent.json",
    notStarted: "a transparent proxy needs rights that tests do not have",
    moves: [],
    idle: [],
  },
  {
    target: "sing-box",
    name: "crlf-trailing-commas.json",
    traffic: [
      {
        outbound: {
          type: "vless",
          server: "127.0.0.1",
          server_port: 20001,
          uuid: "c41f5b00-0000-4000-8000-000000000001",
          transport: { type: "ws", path: "/up" },
        },
      },
    ],
    moves: ["user crlf", "inbound vless", "outbound direct"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "upper-keys.json",
    traffic: [vmess(20001, "0b9e4000-0000-4000-8000-000000000001")],
    moves: ["user Una", "inbound In", "outbound Out"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "confdir",
    traffic: [vmess(20001, "5b0c0000-0000-4000-8000-000000000001"), socks(20002, "dirk", "d")],
    moves: ["user dora", "user dirk", "inbound vmess", "inbound mixed", "outbound direct"],
    idle: [],
  },
  {
    target: "sing-box",
    name: "confdir-api",
    traffic: [socks(20001), socks(20002, "ted", "t")],
    moves: ["user ted", "inbound one", "inbound two", "outbound direct"],
    idle: [],
  },
];
