import { type CorpusEntry, http, over, shadowsocks, socks, trojan, vmess, vmessPeer } from "./corpus-entry.ts";

/** Configurations of V2Ray 4. */
export const v2ray4: readonly CorpusEntry[] = [
  {
    target: "v2ray4",
    name: "vmess-server.json",
    traffic: [
      vmess(20001, "6b3d0a52-8a8e-4c2b-9e06-2f3b2d6f9a11"),
      vmess(20001, "6b3d0a52-8a8e-4c2b-9e06-2f3b2d6f9a12"),
    ],
    moves: ["user alice@example.com", "inbound vmess-in", "outbound direct"],
    idle: [],
  },
  {
    target: "v2ray4",
    name: "websocket-behind-nginx.json",
    traffic: ["0f0c2f0b-3a55-4b36-9d0b-2e7b9a9c0001", "0f0c2f0b-3a55-4b36-9d0b-2e7b9a9c0002"].map((id) => {
      return over({ network: "ws", wsSettings: { path: "/ray" } }, { port: 20001, protocol: "vmess", id });
    }),
    moves: ["user paying@shop", "user trial@shop", "inbound ws", "outbound out"],
    idle: ["outbound blocked"],
  },
  {
    target: "v2ray4",
    name: "legacy-keys.json",
    traffic: [vmess(20001, "2c0b8f0a-6f1f-4f43-9f0e-7b1f7f0c5a01")],
    moves: ["user old@mail.example", "inbound vmess-in", "outbound freedom-out"],
    idle: ["inbound local-socks", "outbound blocked"],
  },
  {
    target: "v2ray4",
    name: "client-mux-dns.json",
    traffic: [socks(20001), http(20002)],
    peers: [vmessPeer(20005, "a8a1a1c5-4f1c-4d8c-8c2f-0a0b0c0d0e01")],
    moves: ["inbound socks", "inbound http", "outbound proxy"],
    idle: ["outbound direct", "outbound block"],
  },
  {
    target: "v2ray4",
    name: "minified.json",
    traffic: [vmess(20001, "ad806487-2d26-4636-98b6-ab85cc8521f7"), shadowsocks(20002, "aes-128-gcm", 'p,a]s"s{')],
    moves: ["user a@b.c", "user ss@b.c", "inbound in", "inbound shadowsocks-in", "outbound o"],
    idle: ["outbound blackhole-out"],
  },
  {
    target: "v2ray4",
    name: "crlf-comments.json",
    traffic: [socks(20001, "bob", "secret"), socks(20001, "eve", "geheim"), http(20002, "bob", "secret")],
    moves: ["user bob", "user eve", "inbound socks-in", "inbound http-in", "outbound direct"],
    idle: [],
  },
  {
    target: "v2ray4",
    name: "trailing-text.json",
    traffic: [socks(20001)],
    moves: ["inbound in", "outbound direct"],
    idle: [],
  },
  {
    target: "v2ray4",
    name: "api-without-rule.json",
    traffic: [vmess(20001, "d64b2fa1-9c1c-4a9b-9c4f-6f6f6f6f0001")],
    moves: ["user u1", "inbound in-vmess", "outbound direct"],
    idle: [],
  },
  {
    target: "v2ray4",
    name: "rule-shadowed.json",
    traffic: [vmess(20001, "8f8a0a43-31d4-4d0e-8c5c-1f1e1d1c0001")],
    moves: ["user zoe", "inbound in", "outbound direct"],
    idle: ["outbound block"],
  },
  {
    target: "v2ray4",
    name: "policy-level-one-only.json",
    traffic: [
      vmess(20001, "b831381d-6324-4d53-ad4f-8cda48b30811"),
      vmess(20001, "b831381d-6324-4d53-ad4f-8cda48b30812"),
    ],
    moves: ["user zero@x", "user one@x", "inbound main", "outbound freedom-out"],
    idle: [],
  },
  {
    target: "v2ray4",
    name: "balancer-prefix-a.json",
    traffic: Array.from({ length: 12 }, () => socks(20001)),
    peers: [vmessPeer(20005, "c0ffee00-1111-4222-8333-444455556666")],
    moves: ["inbound socks", "outbound a-tokyo", "outbound a-osaka"],
    idle: ["outbound eu-paris", "outbound out-freedom"],
  },
  { target: "v2ray4", name: "reverse-bridge.json", moves: [], idle: ["outbound tunnel", "outbound web"] },
  {
    target: "v2ray4",
    name: "reverse-portal.json",
    traffic: [vmess(20003, "27848739-7e62-4138-9fd3-098a63964b6c")],
    moves: ["user carol@home", "inbound users", "outbound out"],
    idle: ["inbound external", "inbound interconn"],
  },
  {
    target: "v2ray4",
    name: "transparent-proxy.json",
    notStarted: "a transparent proxy needs rights that tests do not have",
    moves: [],
    idle: [],
  },
  { target: "v2ray4", name: "no-outbounds.json", moves: [], idle: ["inbound in", "outbound blackhole-out"] },
  { target: "v2ray4", name: "no-inbounds.json", moves: [], idle: ["outbound freedom-out"] },
  { target: "v2ray4", name: "dynamic-ports.json", notStarted: "its range of ports is fixed", moves: [], idle: [] },
  {
    target: "v2ray4",
    name: "confdir-six",
    traffic: [vmess(20001, "aa1f1f1f-0000-4000-8000-000000000001"), trojan(20002, "two two")],
    moves: ["user one@six", "user two@six", "inbound one", "inbound two", "outbound direct"],
    idle: ["outbound blocked"],
  },
  {
    target: "v2ray4",
    name: "confdir-inbound-files",
    traffic: [
      vmess(20001, "ab1f1f1f-0000-4000-8000-000000000001"),
      shadowsocks(20002, "chacha20-ietf-poly1305", "sesame"),
    ],
    moves: ["user vera", "user sam", "inbound vmess", "inbound ss", "outbound direct"],
    idle: ["outbound blocked"],
  },
];
