// A core answers, but not as it should, or with what is rare: the client takes what is right and refuses the rest.
import assert from "node:assert/strict";
import { createServer as createHttp2Server } from "node:http2";
import { test } from "node:test";
import {
  GetStatsResponseSchema,
  QueryStatsResponseSchema,
} from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { StatsClient } from "../../src/index.ts";
import { startEmbeddedCore } from "../../src/testing/index.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { openServer } from "../support/raw-servers.ts";
import { framed } from "./embedded-core-calls.ts";

const name = "user>>>alice>>>traffic>>>uplink";
const malformed = { code: "malformed", advice: /really there/ } as const;

/** A gRPC answer's body: the flag and length in front may lie. */
function body(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

test("values beyond 2^53 come through exactly, by every read", async () => {
  const values = [2n ** 53n + 1n, 2n ** 62n + 12_345n, 2n ** 63n - 1n, 0n, 1n];
  for (const value of values) {
    await using core = await startEmbeddedCore({ dialect: "xray", counters: [[name, value]] });
    await using client = new StatsClient(core.address);
    assert.deepEqual(await client.get(name), { name, value });
    assert.deepEqual(await client.query(), [{ name, value }]);
    assert.equal((await client.snapshot()).get(name), value);
    assert.deepEqual(await client.resetCounters({ names: [name] }), [{ name, value }]);
    assert.deepEqual(await client.get(name), { name, value: 0n });
  }
});

test("a negative value is refused, not billed", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray5" });
  await using client = new StatsClient(core.address);
  for (const value of [-1n, -(2n ** 63n)]) {
    core.set(name, value);
    await expectFailure(client.get(name), { ...malformed, message: /negative/ });
    await expectFailure(client.query(), { ...malformed, message: /negative/ });
    await expectFailure(client.snapshot(), { ...malformed, message: /negative/ });
  }
});

test("names in broken UTF-8 are refused", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using client = new StatsClient(core.address);
  const brokenName = Uint8Array.of(0x0a, 4, 0x0a, 2, 0xff, 0xfe);
  core.fault({ method: "QueryStats", rawAnswer: body(brokenName) });
  await expectFailure(client.query(), { ...malformed, message: /UTF-8/ });
  core.clearFaults();
  await client.detect();
  core.fault({ method: "GetAllOnlineUsers", rawAnswer: body(Uint8Array.of(0x0a, 2, 0xff, 0xfe)) });
  await expectFailure(client.onlineUsers(), malformed);
});

test("malformed and truncated messages are refused", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray4", counters: [[name, 5n]] });
  await using client = new StatsClient(core.address);
  const whole = framed(QueryStatsResponseSchema, { stat: [{ name, value: 5n }] });
  const message = whole.subarray(5);
  const cases: [string, Buffer, RegExp][] = [
    ["no message at all", Buffer.alloc(0), /0 bytes came/],
    ["half a prefix", whole.subarray(0, 3), /3 bytes came/],
    ["a prefix alone", whole.subarray(0, 5), /5 bytes came/],
    ["the last byte is missing", whole.subarray(0, -1), /bytes came/],
    ["two messages", Buffer.concat([whole, whole]), /bytes came/],
    ["the length says less", body(message, { length: 3 }), /bytes came/],
    ["the length says 4 GiB", body(message, { length: 2 ** 32 - 1 }), /bytes came/],
    ["compressed", body(message, { flag: 1 }), /compressed/],
    ["a message cut within a counter", body(message.subarray(0, -3)), /beyond/],
    ["a value that never ends", body(Uint8Array.of(0x0a, 3, 0x10, 0xff, 0xff)), /ends nowhere/],
    ["not protobuf", body(Buffer.from("<html>")), /./],
  ];
  for (const [what, rawAnswer, text] of cases) {
    core.fault({ method: "QueryStats", rawAnswer });
    const error = await expectFailure(client.query(), { ...malformed, message: text }).catch((reason) => {
      throw new Error(`${what}: ${reason.message}`);
    });
    assert.match(error.message, /the answer to QueryStats from 127\.0\.0\.1/);
    await expectFailure(client.snapshot(), { ...malformed, message: text });
    core.clearFaults();
  }
  assert.deepEqual(await client.query(), [{ name, value: 5n }], "one bad answer spoils no later one");

  core.fault({ method: "GetStats", times: 1, rawAnswer: body(Uint8Array.of(0x0a, 9, 1)) });
  const broken = await expectFailure(client.get(name), malformed);
  assert.ok(broken.cause instanceof Error, "the decoder's own words");
});

test("maxBytes refuses a larger answer by the length it announces, of any call", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters: [[name, 5n]] });
  const small = framed(GetStatsResponseSchema, { stat: { name, value: 5n } }).length - 5;
  await using exact = new StatsClient(core.address, { maxBytes: small + 2 });
  assert.deepEqual(await exact.query(), [{ name, value: 5n }]);
  await using client = new StatsClient(core.address, { maxBytes: small - 1, retries: 0 });
  const tooLarge = {
    code: "too-large",
    message: new RegExp(`${small} bytes.*maxBytes ${small - 1}`),
    advice: /Raise maxBytes/,
  } as const;
  await expectFailure(client.query(), tooLarge);
  await expectFailure(client.get(name), tooLarge);

  core.fault({ rawAnswer: body(Buffer.alloc(10), { length: 2 ** 32 - 1 }) });
  await expectFailure(client.query(), { code: "too-large", message: /4294967295 bytes/ });
});

test("an answer without end is given up as soon as it is longer than announced", async () => {
  const endless = createHttp2Server();
  endless.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ "content-type": "application/grpc" });
    stream.write(body(Buffer.alloc(10)));
    const more = (): void => {
      while (!stream.destroyed && stream.write(Buffer.alloc(1 << 14)));
      stream.once("drain", more);
    };
    more();
  });
  await using server = await openServer(endless);
  for (const options of [{}, { maxBytes: 1000 }]) {
    await using client = new StatsClient(server.address, { retries: 0, timeoutMs: 5000, ...options });
    await expectFailure(client.query(), { ...malformed, message: /bytes came/ });
  }
});

test("a core killed in the middle of an answer", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray5", counters: [[name, 5n]] });
  await using client = new StatsClient(core.address, { retries: 0 });
  const whole = framed(QueryStatsResponseSchema, { stat: [{ name, value: 5n }] }).length;
  for (const cutAfterBytes of [0, 1, 5, 20, whole]) {
    core.fault({ cutAfterBytes, times: 1 });
    await expectFailure(client.query(), {
      code: "connection-lost",
      message: new RegExp(`after ${cutAfterBytes} bytes of QueryStats`),
      advice: /tried again/,
    });
  }
  assert.equal((await client.query()).length, 1);
});

test("a core whose words are none we know is of an unknown kind", async () => {
  await using core = await startEmbeddedCore({ dialect: "sing-box", counters: [[name, 5n]] });
  core.fault({ method: "GetStats", status: { code: 2, message: "no such thing" } });
  await using client = new StatsClient(core.address);
  const capabilities = { stats: true, onlineUsers: false, onlineIps: false };
  assert.deepEqual(await client.detect(), { kind: "unknown", capabilities });
  assert.equal((await client.snapshot()).evidence.kind, "unknown");
});

test("an error of the core that has no word of its own carries its status and text", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using client = new StatsClient(core.address);
  core.fault({ times: 2, status: { code: 13, message: "grpc: é 100%" } });
  const error = await expectFailure(client.sysStats(), {
    code: "rpc",
    message: /code 13: grpc: é 100%$/,
    advice: /core's own log/,
  });
  assert.ok("status" in error && "method" in error && "endpoint" in error);
  assert.deepEqual([error.status, error.method, error.endpoint], [13, "GetSysStats", core.address]);
  await expectFailure(client.get("a"), { code: "rpc", message: /code 13/, advice: /core's own log/ });
});

test("what a refused answer still sends does not get into the next one", async () => {
  const counters = Array.from({ length: 20_000 }, (_, i) => [`user>>>u${i}>>>traffic>>>uplink`, BigInt(i)] as const);
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  await using client = new StatsClient(core.address, { maxBytes: 1000 });
  for (let round = 0; round < 10; round++) {
    await expectFailure(client.query(), { code: "too-large" });
    assert.equal((await client.get("user>>>u5>>>traffic>>>uplink"))?.value, 5n);
  }
});
