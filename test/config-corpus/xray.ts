import {
  type CorpusEntry,
  http,
  over,
  shadowsocks,
  socks,
  tlsSettings,
  trojan,
  trojanPeer,
  vless,
  vmess,
} from "./corpus-entry.ts";

const keys = "AAECAwQFBgcICQoLDA0ODw==";

/** Configurations of Xray. */
export const xray: readonly CorpusEntry[] = [
  {
    target: "xray",
    name: "reality-vision.json",
    traffic: [
      over(
        {
          network: "raw",
          security: "reality",
          realitySettings: {
            fingerprint: "chrome",
            serverName: "core.test",
            password: "x7m6pHZ8YFivBPOlzPefSCj6PqcHU3m-jgPXrOSvlXo",
            shortId: "0123456789abcdef",
          },
        },
        { port: 20001, protocol: "vless", id: "4ea11700-0000-4000-8000-000000000001" },
        { flow: "xtls-rprx-vision" },
      ),
    ],
    // The web site behind which it hides.
    peers: [
      {
        ...trojanPeer(20006, "unused"),
        streamSettings: {
          security: "tls",
          tlsSettings: { certificates: [{ certificateFile: "/case/cert.pem", keyFile: "/case/key.pem" }] },
        },
      },
    ],
    moves: ["user rita@reality", "inbound vless-in", "outbound direct"],
    idle: ["outbound block"],
  },
  {
    target: "xray",
    name: "panel-template.json",
    traffic: [
      over(
        { network: "ws", wsSettings: { path: "/" } },
        { port: 20001, protocol: "vless", id: "9a7e1000-0000-4000-8000-000000000001" },
      ),
    ],
    moves: ["user x1a2b3c4", "inbound inbound-1", "outbound direct"],
    idle: ["outbound blocked"],
  },
  {
    target: "xray",
    name: "shadowsocks-2022-many.json",
    traffic: ["EBESExQVFhcYGRobHB0eHw==", "ICEiIyQlJicoKSorLC0uLw=="].map((key) => {
      return shadowsocks(20001, "2022-blake3-aes-128-gcm", `${keys}:${key}`);
    }),
    moves: ["user first", "user second", "inbound ss2022", "outbound direct"],
    idle: [],
  },
  {
    target: "xray",
    name: "shadowsocks-one-user-2022.json",
    traffic: [shadowsocks(20001, "2022-blake3-aes-256-gcm", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")],
    moves: ["user solo", "inbound one", "outbound freedom-out"],
    idle: [],
  },
  {
    target: "xray",
    name: "shadowsocks-classic-many.json",
    traffic: [shadowsocks(20001, "aes-128-gcm", "one"), shadowsocks(20001, "chacha20-poly1305", "two")],
    moves: ["user one@ss", "user two@ss", "inbound ss-many", "outbound direct"],
    idle: [],
  },
  {
    target: "xray",
    name: "wireguard.json",
    traffic: [socks(20002)],
    moves: ["inbound socks", "outbound direct"],
    idle: ["inbound wg", "outbound warp"],
  },
  {
    target: "xray",
    name: "hysteria.json",
    traffic: [socks(20002)],
    moves: ["inbound socks", "outbound direct"],
    idle: ["inbound hy2", "outbound block"],
    leaves: ["hysteria-user-lost"],
  },
  {
    target: "xray",
    name: "xhttp-tls.json",
    traffic: [2, 3, 4, 5].map((index) => {
      const stream = {
        network: "xhttp",
        security: "tls",
        xhttpSettings: { path: "/up" },
        tlsSettings: { ...tlsSettings, alpn: ["h2"] },
      };
      return over(stream, { port: 20001, protocol: "vless", id: `47770000-0000-4000-8000-00000000000${index}` });
    }),
    moves: [
      "user Яна Петрова 🚀",
      "user 王小明@例え.jp",
      "user a>>>b",
      "user __proto__",
      "inbound xhttp",
      "outbound direct",
    ],
    idle: [],
  },
  {
    target: "xray",
    name: "api-listen-without-stats.json",
    traffic: [trojan(20001, "t")],
    moves: ["user theo", "inbound trojan", "outbound api"],
    idle: [],
  },
  {
    target: "xray",
    name: "api-public.json",
    notStarted: "its API listens on all addresses, and that is left to its owner",
    moves: [],
    idle: [],
    leaves: ["api-listen-public"],
  },
  {
    target: "xray",
    name: "api-old-way-half.json",
    traffic: [vmess(20001, "01d3a700-0000-4000-8000-000000000001")],
    moves: ["user hal", "inbound vm", "outbound direct"],
    idle: ["outbound dead"],
  },
  {
    target: "xray",
    name: "client-big-routing.json",
    traffic: [socks(20001), socks(20001)],
    peers: [
      {
        listen: "127.0.0.1",
        port: 20005,
        protocol: "vless",
        settings: { clients: [{ id: "b1640000-0000-4000-8000-000000000001" }], decryption: "none" },
        streamSettings: { network: "ws", wsSettings: { path: "/in" } },
      },
    ],
    moves: ["inbound mixed-in", "outbound proxy", "outbound second"],
    idle: ["inbound dns-in", "outbound fragment", "outbound direct", "outbound block", "outbound dns-out"],
  },
  {
    target: "xray",
    name: "balancer-everything.json",
    traffic: [socks(20001)],
    moves: ["inbound socks-in", "outbound b"],
    idle: [],
  },
  {
    target: "xray",
    name: "fallback-sockets.json",
    traffic: [over({ security: "tls", tlsSettings }, { port: 20001, protocol: "trojan", password: "front door" })],
    moves: ["user fay", "inbound front", "outbound direct"],
    idle: ["inbound vmess-behind"],
  },
  {
    target: "xray",
    name: "crlf-tabs.json",
    traffic: [vmess(20001, "c41f0000-0000-4000-8000-000000000001")],
    moves: ["user cr@lf", "inbound vmess", "outbound direct"],
    idle: ["outbound block"],
  },
  {
    target: "xray",
    name: "duplicate-keys.json",
    traffic: [vmess(20001, "d0b1e000-0000-4000-8000-000000000001")],
    moves: ["user dot", "inbound in", "outbound direct"],
    idle: [],
  },
  {
    target: "xray",
    name: "reverse.json",
    traffic: [vless(20003, "4e5e4300-0000-4000-8000-000000000002")],
    moves: ["user peggy", "inbound people", "outbound out"],
    idle: ["inbound external", "inbound interconn", "outbound interconn-out"],
  },
  {
    target: "xray",
    name: "loopback-and-balancer.json",
    traffic: [http(20001, "leo", "leo")],
    moves: ["user leo", "inbound users", "outbound direct"],
    idle: ["outbound loop-1"],
  },
  {
    target: "xray",
    name: "server.yaml",
    traffic: ["7a310000-0000-4000-8000-000000000001", "7a310000-0000-4000-8000-000000000002"].map((id) => {
      return over({ network: "ws", wsSettings: { path: "/y" } }, { port: 20001, protocol: "vless", id });
    }),
    moves: ["user yara@yaml", "user yuri@yaml", "inbound vless-in", "outbound direct"],
    idle: ["outbound block"],
  },
  {
    target: "xray",
    name: "server.toml",
    traffic: [
      vless(20001, "70310000-0000-4000-8000-000000000001"),
      vless(20001, "70310000-0000-4000-8000-000000000002"),
    ],
    moves: ["user theo@toml", "user tara@toml", "inbound vless-in", "outbound direct"],
    idle: [],
  },
  {
    target: "xray",
    name: "client.json",
    traffic: [socks(20001)],
    peers: [trojanPeer(20005, "pass")],
    moves: ["inbound socks-in", "outbound trojan-out"],
    idle: [],
  },
  { target: "xray", name: "no-outbound.json", moves: [], idle: ["inbound in"] },
  { target: "xray", name: "empty.json", moves: [], idle: [] },
  {
    target: "xray",
    name: "confdir-six",
    traffic: [vless(20001, "c0d10000-0000-4000-8000-000000000001"), trojan(20002, "bea")],
    moves: ["user ada", "user bea", "inbound a", "inbound b", "outbound direct"],
    idle: [],
  },
  {
    target: "xray",
    name: "confdir-tail",
    traffic: [vmess(20001, "7a110000-0000-4000-8000-000000000001"), socks(20002)],
    moves: ["user tia", "inbound in", "inbound socks-in", "outbound direct"],
    idle: ["outbound last"],
  },
];
