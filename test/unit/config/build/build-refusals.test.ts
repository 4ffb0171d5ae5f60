// Wrong values are refused before anything is built, with what to do. `never` stands for callers without a compiler.
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildStatsBlocks } from "../../../../src/config/build/build-stats-blocks.ts";
import { buildStatsConfig } from "../../../../src/config/build/build-stats-config.ts";

const id = "8f0c1b8e-6f52-4ed8-9a53-0c5d3c0f6a11";
const otherId = "8f0c1b8e-6f52-4ed8-9a53-0c5d3c0f6a12";
const alice = { email: "alice", id };
const bob = { email: "bob", id: otherId };
const tls = { certificateFile: "cert.pem", keyFile: "key.pem" };
const good = {
  target: "v2ray5",
  api: { port: 10085 },
  inbounds: [{ protocol: "vmess", port: 443, users: [alice, bob] }],
};

interface Refusal {
  /** What differs from what is good. */
  readonly change: object;
  readonly error: typeof TypeError | typeof RangeError;
  readonly message: RegExp;
}

function refuses(name: string, refusals: readonly Refusal[]): void {
  test(name, () => {
    buildStatsConfig(good as never);
    for (const { change, error, message } of refusals) {
      const wrong = { ...good, ...change };
      assert.throws(() => buildStatsConfig(wrong as never), { name: error.name, message }, JSON.stringify(change));
    }
  });
}

function inbound(change: object): object {
  return { inbounds: [{ ...good.inbounds[0], ...change }] };
}

function users(...users: readonly object[]): object {
  return inbound({ users });
}

refuses("ports that cannot be, or are taken", [
  {
    change: { api: { port: 0 } },
    error: RangeError,
    message: /^api\.port must be a whole number from 1 to 65535, not 0$/,
  },
  { change: { api: { port: 65536 } }, error: RangeError, message: /65536/ },
  { change: { api: { port: "10085" } }, error: TypeError, message: /^api\.port must be a number, not "10085"$/ },
  { change: inbound({ port: 44.3 }), error: RangeError, message: /^inbounds\[0\]\.port .*44\.3$/ },
  {
    change: { api: { port: 443 } },
    error: RangeError,
    message: /^inbounds\[0\]\.port 443 is taken by api; choose another/,
  },
  {
    change: { inbounds: [good.inbounds[0], { protocol: "socks", port: 443 }] },
    error: RangeError,
    message: /^inbounds\[1\]\.port 443 is taken by inbounds\[0\]/,
  },
]);

test("a port may be taken once on each address", () => {
  const inbounds = ["127.0.0.1", "127.0.0.2", "::1"].map((host) => ({ ...good.inbounds[0], host }));
  buildStatsConfig({ ...good, inbounds } as never);
  for (const host of [undefined, "0.0.0.0", "::", "127.0.0.2"]) {
    const taken = { ...good, inbounds: [...inbounds, { ...good.inbounds[0], host }] };
    assert.throws(() => buildStatsConfig(taken as never), /^RangeError: inbounds\[3\]\.port 443 is taken by/);
  }
});

refuses("tags that name two things", [
  {
    change: { inbounds: [1, 2].map((port) => ({ ...good.inbounds[0], tag: "in", port })) },
    error: RangeError,
    message: /^inbounds\[1\]\.tag "in" is given twice; give one of both another tag$/,
  },
  { change: inbound({ tag: "api" }), error: RangeError, message: /^inbounds\[0\]\.tag "api" is the API's/ },
  {
    change: { outbounds: [{ protocol: "freedom", tag: "api" }] },
    error: RangeError,
    message: /^outbounds\[0\]\.tag "api" is the API's; give one of both another tag$/,
  },
  {
    change: { api: { port: 1, tag: "x" }, outbounds: [{ protocol: "freedom" }, { protocol: "freedom", tag: "x" }] },
    error: RangeError,
    message: /^outbounds\[1\]\.tag "x" is the API's/,
  },
  {
    change: { outbounds: [1, 2].map(() => ({ protocol: "freedom", tag: "out" })) },
    error: RangeError,
    message: /^outbounds\[1\]\.tag "out" is given twice/,
  },
]);

refuses("users that would be counted as one, or under two names", [
  {
    change: users(alice, { email: "alice", id: otherId }),
    error: RangeError,
    message: /^inbounds\[0\]\.users\[1\]\.email "alice" is given twice; give one of both another e-mail$/,
  },
  {
    change: users(alice, { email: "Alice", id: otherId }),
    error: RangeError,
    message: /^inbounds\[0\]\.users\[1\]\.email "Alice" is "alice" elsewhere; spell it alike$/,
  },
  {
    change: {
      inbounds: [good.inbounds[0], { protocol: "trojan", port: 1, users: [{ email: "ALICE", password: "p" }] }],
    },
    error: RangeError,
    message: /^inbounds\[1\]\.users\[0\]\.email "ALICE" is "alice" elsewhere/,
  },
  {
    change: users(alice, { email: "bob", id: id.toUpperCase() }),
    error: RangeError,
    message: /^inbounds\[0\]\.users\[1\]\.id is another user's/,
  },
  {
    change: inbound({ protocol: "trojan", users: ["a", "b"].map((email) => ({ email, password: "same" })) }),
    error: RangeError,
    message: /^inbounds\[0\]\.users\[1\]\.password is another user's/,
  },
]);

test("Xray's vless tells ids apart without their seventh and eighth byte, others with them", () => {
  const near = "8f0c1b8e-6f52-aaaa-9a53-0c5d3c0f6a11";
  const inbounds = [{ protocol: "vless", port: 443, users: [alice, { email: "bob", id: near }] }];
  buildStatsConfig({ ...good, inbounds } as never);
  assert.throws(() => buildStatsConfig({ ...good, target: "xray", inbounds } as never), /users\[1\]\.id is another/);
});

refuses("names that would be mistaken in a counter", [
  ...["", " alice", "alice\t", "a>>>b", "a\nb", "a\u0000", "\ud800"].map((email): Refusal => {
    return {
      change: users({ email, id }),
      error: RangeError,
      message: /^inbounds\[0\]\.users\[0\]\.email must be a name/,
    };
  }),
  { change: users({ email: 7, id }), error: TypeError, message: /email must be a name .*, not 7$/ },
  { change: users({ id }), error: TypeError, message: /^inbounds\[0\]\.users\[0\]\.email is missing$/ },
  { change: inbound({ tag: "" }), error: RangeError, message: /^inbounds\[0\]\.tag must be a name/ },
  {
    change: inbound({ protocol: "http", users: [{ email: "a:b", password: "p" }] }),
    error: RangeError,
    message: /email must be a name of 255 bytes at most, without a colon/,
  },
]);

refuses("secrets of the wrong form, without repeating them", [
  {
    change: users({ email: "a", id: "hunter2" }),
    error: RangeError,
    message: /^inbounds\[0\]\.users\[0\]\.id must be a UUID such as [0-9a-f-]+$/,
  },
  { change: users({ email: "a", id: 2 }), error: TypeError, message: /a UUID/ },
  {
    change: inbound({ protocol: "trojan", users: [{ email: "a", password: "" }] }),
    error: RangeError,
    message: /password must be a password$/,
  },
  {
    change: {
      target: "xray",
      inbounds: [
        { protocol: "shadowsocks", method: "2022-blake3-aes-256-gcm", port: 1, serverKey: "c2hvcnQ=", users: [] },
      ],
    },
    error: RangeError,
    message: /^inbounds\[0\]\.serverKey must be a key of 32 bytes in base64$/,
  },
]);

refuses("levels that the protocol does not have", [
  {
    change: users({ ...alice, level: -1 }),
    error: RangeError,
    message: /level must be a whole number from 0 to 4294967295/,
  },
  { change: users({ ...alice, level: "0" }), error: TypeError, message: /level must be a number/ },
  {
    change: inbound({ protocol: "trojan", users: [{ email: "a", password: "p", level: 256 }] }),
    error: RangeError,
    message: /level must be a whole number from 0 to 255, not 256/,
  },
]);

refuses("an API that anyone could reach", [
  {
    change: { api: { host: "0.0.0.0", port: 1 } },
    error: RangeError,
    message:
      /^api\.host 0\.0\.0\.0 lets anyone who reaches it read and reset the counters; keep 127\.0\.0\.1, or add tls/,
  },
  { change: { api: { host: "::", port: 1 } }, error: RangeError, message: /^api\.host :: lets anyone/ },
  { change: { api: { host: "192.0.2.1", port: 1 } }, error: RangeError, message: /lets anyone/ },
  {
    change: { target: "xray", api: { host: "10.0.0.1", port: 1 } },
    error: RangeError,
    message: /way "inbound" with tls/,
  },
  { change: { target: "sing-box", api: { host: "10.0.0.1", port: 1 } }, error: RangeError, message: /an SSH tunnel/ },
  { change: { api: { host: "localhost", port: 1 } }, error: RangeError, message: /^api\.host must be an IP address/ },
]);

test("an API that others could reach has TLS", () => {
  for (const host of ["0.0.0.0", "192.0.2.1", "2001:db8::1"]) {
    buildStatsConfig({ ...good, api: { host, port: 1, tls } } as never);
  }
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "0:0:0:0:0:0:0:1"]) {
    buildStatsConfig({ ...good, api: { host, port: 1 } } as never);
  }
});

refuses("what Xray's own listener does not have", [
  {
    change: { target: "xray", api: { port: 1, tls } },
    error: TypeError,
    message: /^api\.tls needs api\.way "inbound"/,
  },
  {
    change: { target: "xray", api: { port: 1, way: "listen", inboundTag: "x" } },
    error: TypeError,
    message: /^api\.inboundTag needs api\.way "inbound"; Xray's own listener has none$/,
  },
  {
    change: { target: "xray", api: { socket: "@x", way: "listen" } },
    error: RangeError,
    message: /^api\.way must be one of inbound/,
  },
]);

refuses("routes that lead nowhere", [
  {
    change: { routes: [{ outbound: "direct" }] },
    error: TypeError,
    message: /^routes\[0\] names neither inbounds nor users/,
  },
  {
    change: { routes: [{ users: ["alice"], outbound: "out" }] },
    error: RangeError,
    message: /^routes\[0\]\.outbound names "out", which there is not; there is "direct"$/,
  },
  {
    change: { routes: [{ users: ["Alice"], outbound: "direct" }] },
    error: RangeError,
    message: /^routes\[0\]\.users names "Alice", which there is not; there is "alice", "bob"$/,
  },
  {
    change: { routes: [{ inbounds: ["api"], outbound: "direct" }] },
    error: RangeError,
    message: /^routes\[0\]\.inbounds names "api", which there is not; there is "vmess-in"$/,
  },
]);

refuses("what is missing, unknown or empty", [
  { change: { target: undefined }, error: TypeError, message: /^target must be one of v2ray4, .*, not undefined$/ },
  { change: { target: "toString" }, error: RangeError, message: /^target must be one of/ },
  { change: { api: undefined }, error: TypeError, message: /^api is missing$/ },
  { change: { api: null }, error: TypeError, message: /^api must be an object, not null$/ },
  { change: { inbounds: [] }, error: RangeError, message: /^inbounds must have 1 or more, not 0$/ },
  { change: { outbounds: [] }, error: RangeError, message: /^outbounds must have 1 or more, not 0$/ },
  { change: users(), error: RangeError, message: /^inbounds\[0\]\.users must have 1 or more/ },
  { change: { inbounds: {} }, error: TypeError, message: /^inbounds must be a list, not an object$/ },
  { change: { inbound: [] }, error: TypeError, message: /^inbound is no option here; known are target, api, inbounds/ },
  {
    change: inbound({ clients: [] }),
    error: TypeError,
    message: /^inbounds\[0\]\.clients is no option here; known are/,
  },
  { change: inbound({ protocol: "wireguard" }), error: RangeError, message: /^inbounds\[0\]\.protocol must be one of/ },
  {
    change: inbound({ host: "example.org" }),
    error: RangeError,
    message: /^inbounds\[0\]\.host must be an IP address/,
  },
  { change: inbound({ tls: {} }), error: TypeError, message: /^inbounds\[0\]\.tls\.certificateFile is missing$/ },
  {
    change: inbound({ webSocket: { path: "x" } }),
    error: RangeError,
    message: /path must be a path that begins with \//,
  },
  { change: { scopes: [] }, error: RangeError, message: /^scopes must have 1 or more/ },
  { change: { blockLoopback: "no" }, error: TypeError, message: /^blockLoopback must be true or false, not "no"$/ },
  {
    change: { api: { socket: "api.sock" } },
    error: RangeError,
    message: /^api\.socket must be a path that begins with \//,
  },
  { change: { api: { socket: `/${"x".repeat(107)}` } }, error: RangeError, message: /of 107 bytes at most/ },
]);

refuses("what the version of Xray does not have", [
  {
    change: { target: "xray", version: "1.8.11", api: { port: 1, way: "listen" } },
    error: RangeError,
    message: /^api\.way "listen" needs Xray 1\.8\.12 or newer, not 1\.8\.11; leave it out$/,
  },
  {
    change: { target: "xray", version: "24.11.4", online: true },
    error: RangeError,
    message: /^online needs Xray 24\.11\.5 or newer, not 24\.11\.4; leave it out$/,
  },
  { change: { target: "xray", version: "newest" }, error: RangeError, message: /^not a version/ },
]);

test("options that are none at all", () => {
  for (const options of [undefined, null, "v2ray5", 5, []]) {
    const error = { name: "TypeError", message: /^the options must be an object, not/ };
    assert.throws(() => buildStatsConfig(options as never), error);
    assert.throws(() => buildStatsBlocks(options as never), error);
  }
});

test("the blocks' options are looked at as well", () => {
  const api = { port: 1 };
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ target: "v2ray5", api, levels: [] }, /^levels must have 1 or more/],
    [{ target: "v2ray5", api, levels: ["0"] }, /^levels\[0\] must be a number/],
    [{ target: "v2ray5", api: { host: "0.0.0.0", port: 1 } }, /lets anyone/],
    [{ target: "sing-box", api, inbounds: [], outbounds: [] }, /^users is missing$/],
    [{ target: "sing-box", api, inbounds: [""], outbounds: [], users: [] }, /^inbounds\[0\] must be a name/],
  ];
  for (const [options, message] of cases) assert.throws(() => buildStatsBlocks(options as never), { message });
});
