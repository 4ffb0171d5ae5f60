// What cannot work does not compile; what a compiler did not see is refused when run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectTypeOf } from "expect-type";
import type { StatsConfigOptions } from "../../../../src/config/build/build-options.ts";
import { buildStatsBlocks } from "../../../../src/config/build/build-stats-blocks.ts";
import { buildStatsConfig } from "../../../../src/config/build/build-stats-config.ts";
import type {
  Jsonv5StatsBlocks,
  Jsonv5StatsConfig,
  SingBoxStatsConfig,
  V2rayStatsBlocks,
  V2rayStatsConfig,
} from "../../../../src/config/build/config-blocks.ts";

const api = { port: 10085 };
const alice = { email: "alice", password: "secret" };
const bob = { email: "bob", password: "another" };
const id = "8f0c1b8e-6f52-4ed8-9a53-0c5d3c0f6a11";
const vmess = { protocol: "vmess", port: 443, users: [{ email: "alice", id }] } as const;
const tls = { certificateFile: "/etc/cert.pem", keyFile: "/etc/key.pem" };
const mutual = { ...tls, clientAuthorityFile: "/etc/ca.pem" };

test("the target decides what comes out", () => {
  expectTypeOf(buildStatsConfig({ target: "v2ray4", api, inbounds: [vmess] })).toEqualTypeOf<V2rayStatsConfig>();
  expectTypeOf(buildStatsConfig({ target: "xray", api, inbounds: [vmess] })).toEqualTypeOf<V2rayStatsConfig>();
  const jsonv5 = buildStatsConfig({ target: "v2ray5-jsonv5", api, inbounds: [vmess] });
  expectTypeOf(jsonv5).toEqualTypeOf<Jsonv5StatsConfig>();
  const singBox = buildStatsConfig({ target: "sing-box", api, inbounds: [vmess] });
  expectTypeOf(singBox).toEqualTypeOf<SingBoxStatsConfig>();
  const options: StatsConfigOptions = { target: "v2ray5", api, inbounds: [vmess] };
  expectTypeOf(buildStatsConfig(options)).toEqualTypeOf<V2rayStatsConfig>();
  const any = options as StatsConfigOptions;
  expectTypeOf(buildStatsConfig(any)).toEqualTypeOf<V2rayStatsConfig | Jsonv5StatsConfig | SingBoxStatsConfig>();
  expectTypeOf(buildStatsBlocks({ target: "v2ray5", api })).toEqualTypeOf<V2rayStatsBlocks>();
  expectTypeOf(buildStatsBlocks({ target: "v2ray5-jsonv5", api })).toEqualTypeOf<Jsonv5StatsBlocks>();
});

test("the API is where the core can have it", () => {
  const inbounds = [vmess];
  buildStatsConfig({ target: "v2ray5", api: { port: 10085, tls: mutual }, inbounds });
  buildStatsConfig({ target: "v2ray5-jsonv5", api: { port: 10085, tls: mutual }, inbounds });
  buildStatsConfig({ target: "xray", api: { port: 10085, way: "listen" }, inbounds });
  buildStatsConfig({ target: "xray", api: { port: 10085, way: "inbound", inboundTag: "x", tls }, inbounds });
  buildStatsConfig({ target: "xray", api: { socket: "@api", inboundTag: "x" }, inbounds });
  refused(() => {
    // @ts-expect-error: sing-box has no Unix socket for its API
    buildStatsConfig({ target: "sing-box", api: { socket: "/run/api" }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: nor TLS
    buildStatsConfig({ target: "sing-box", api: { port: 1, tls }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: nor a tag
    buildStatsConfig({ target: "sing-box", api: { port: 1, tag: "api" }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: V2Ray 4 does not look at client certificates
    buildStatsConfig({ target: "v2ray4", api: { port: 1, tls: mutual }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: nor does Xray
    buildStatsConfig({ target: "xray", api: { port: 1, way: "inbound", tls: mutual }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: Xray's own listener has no TLS
    buildStatsConfig({ target: "xray", api: { port: 10085, tls }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: and no inbound that could have a tag
    buildStatsConfig({ target: "xray", api: { port: 10085, inboundTag: "x" }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: V2Ray has no listener of its own
    buildStatsConfig({ target: "v2ray5", api: { port: 10085, way: "listen" }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: a port or a socket
    buildStatsConfig({ target: "v2ray5", api: { port: 10085, socket: "@api" }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: a socket needs no TLS
    buildStatsConfig({ target: "v2ray5", api: { socket: "@api", tls }, inbounds });
  });
  refused(() => {
    // @ts-expect-error: somewhere
    buildStatsConfig({ target: "v2ray5", api: {}, inbounds });
  });
});

test("inbounds have the users that the core can have", () => {
  const aes = { protocol: "shadowsocks", method: "aes-128-gcm", port: 443 } as const;
  const key = Buffer.alloc(16).toString("base64");
  const method = "2022-blake3-aes-128-gcm";
  const modern = { ...aes, method, serverKey: key, users: [{ email: "alice", password: key }] } as const;
  buildStatsConfig({ target: "v2ray4", api, inbounds: [{ ...aes, users: [alice] }] });
  buildStatsConfig({ target: "xray", api, inbounds: [{ ...aes, users: [alice, bob] }] });
  buildStatsConfig({ target: "sing-box", api, inbounds: [modern] });
  refused(() => {
    // @ts-expect-error: V2Ray's shadowsocks has one user
    buildStatsConfig({ target: "v2ray4", api, inbounds: [{ ...aes, users: [alice, bob] }] });
  });
  refused(() => {
    // @ts-expect-error: V2Ray 5's, too
    buildStatsConfig({ target: "v2ray5", api, inbounds: [{ ...aes, users: [alice, bob] }] });
  });
  refused(() => {
    // @ts-expect-error: V2Ray does not know shadowsocks 2022
    buildStatsConfig({ target: "v2ray5", api, inbounds: [modern] });
  });
  refused(() => {
    // @ts-expect-error: sing-box has no levels
    buildStatsConfig({ target: "sing-box", api, inbounds: [{ ...aes, users: [{ ...alice, level: 1 }] }] });
  });
  refused(() => {
    // @ts-expect-error: neither for all users of an inbound
    buildStatsConfig({ target: "sing-box", api, inbounds: [{ protocol: "http", port: 80, level: 1 }] });
  });
  refused(() => {
    // @ts-expect-error: who has no e-mail is not counted
    buildStatsConfig({ target: "xray", api, inbounds: [{ ...vmess, users: [{ id }] }] });
  });
  refused(() => {
    // @ts-expect-error: a password is no id
    buildStatsConfig({ target: "xray", api, inbounds: [{ protocol: "vless", port: 443, users: [alice] }] });
  });
  refused(() => {
    // @ts-expect-error: shadowsocks speaks neither TLS nor WebSocket
    buildStatsConfig({ target: "xray", api, inbounds: [{ ...aes, users: [alice], tls }] });
  });
});

test("options are of their target alone", () => {
  const inbounds = [vmess];
  buildStatsConfig({ target: "xray", version: "25.1.1", online: true, api, inbounds });
  refused(() => {
    // @ts-expect-error: only Xray keeps who is online
    buildStatsConfig({ target: "v2ray5", online: true, api, inbounds });
  });
  refused(() => {
    // @ts-expect-error: only of Xray does the version matter
    buildStatsConfig({ target: "sing-box", version: "1.14.1", api, inbounds });
  });
  refused(() => {
    // @ts-expect-error: no such core
    buildStatsConfig({ target: "v2ray6", api, inbounds });
  });
  const method = "2022-blake3-aes-128-gcm";
  const outbounds = [{ protocol: "shadowsocks", method, host: "a.example", port: 1, password: "p" }] as const;
  buildStatsConfig({ target: "xray", api, inbounds, outbounds });
  refused(() => {
    // @ts-expect-error: V2Ray does not know shadowsocks 2022
    buildStatsConfig({ target: "v2ray4", api, inbounds, outbounds });
  });
  refused(() => {
    // @ts-expect-error: sing-box must be told the names
    buildStatsBlocks({ target: "sing-box", api });
  });
  refused(() => {
    // @ts-expect-error: sing-box has no levels
    buildStatsBlocks({ target: "sing-box", api, inbounds: [], outbounds: [], users: [], levels: [0] });
  });
  refused(() => {
    // @ts-expect-error: the names are the configuration's own
    buildStatsBlocks({ target: "v2ray5", api, users: ["alice"] });
  });
});

/** What does not compile does not run either. */
function refused(build: () => void): void {
  assert.throws(build, (error) => error instanceof TypeError || error instanceof RangeError);
}
