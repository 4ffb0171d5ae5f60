import assert from "node:assert/strict";
import { test } from "node:test";
import type { SingBoxConfigOptions } from "../../../../src/config/build/build-options.ts";
import { promisedCounters } from "../../../../src/config/build/promised-counters.ts";

const users = [
  { email: "alice", password: "p" },
  { email: "bob", password: "q" },
];
const parts = {
  api: { port: 10085 },
  inbounds: [
    { protocol: "trojan", tag: "a", port: 1, users },
    { protocol: "http", tag: "b", port: 2, users: users.slice(0, 1) },
    { protocol: "socks", tag: "c", port: 3 },
  ],
  blockLoopback: false,
} satisfies Omit<SingBoxConfigOptions, "target">;

function subjects(counters: ReturnType<typeof promisedCounters>): string[] {
  return [...new Set(counters.map(({ name, since }) => `${name.split(">>>traffic>>>")[0]} ${since}`))];
}

test("each inbound, outbound and user has two counters, a user of two inbounds too", () => {
  const counters = promisedCounters({ target: "v2ray4", ...parts });
  assert.equal(counters.length, 2 * 7);
  assert.deepEqual(counters.slice(0, 2), [
    { name: "inbound>>>a>>>traffic>>>uplink", since: "start" },
    { name: "inbound>>>a>>>traffic>>>downlink", since: "start" },
  ]);
  assert.deepEqual(subjects(counters), [
    "inbound>>>a start",
    "inbound>>>b start",
    "inbound>>>c start",
    "inbound>>>api start",
    "outbound>>>direct start",
    "user>>>alice first-connection",
    "user>>>bob first-connection",
  ]);
});

test("Xray's own listener is not counted, and sing-box counts nothing before it comes", () => {
  const ofXray = subjects(promisedCounters({ target: "xray", ...parts }));
  assert.ok(!ofXray.some((each) => each.startsWith("inbound>>>api")));
  const ofSingBox = promisedCounters({ target: "sing-box", ...parts });
  assert.deepEqual([...new Set(ofSingBox.map(({ since }) => since))], ["first-connection"]);
  assert.equal(ofSingBox.length, 2 * 6);
});

test("what is not to be counted is not promised, the blackhole we add is", () => {
  const inbound = promisedCounters({ target: "v2ray5", ...parts, scopes: ["user"] });
  assert.deepEqual(subjects(inbound), ["user>>>alice first-connection", "user>>>bob first-connection"]);
  const outbound = promisedCounters({ target: "v2ray5", ...parts, scopes: ["outbound"], blockLoopback: true });
  assert.deepEqual(subjects(outbound), ["outbound>>>direct start", "outbound>>>block start"]);
});

test("wrong options are refused here as well", () => {
  assert.throws(() => promisedCounters({ target: "xray", ...parts, inbounds: [] }), RangeError);
});
