// The caller's signal and deadline end a call wherever it stands, and leave nothing behind.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { type CallOptions, ResetError, StatsClient, type StatsErrorCode } from "../../src/index.ts";
import { startEmbeddedCore } from "../../src/testing/index.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { freePorts } from "../support/free-ports.ts";
import { openServer, passTo } from "../support/raw-servers.ts";
import { runScript } from "../support/run-script.ts";
import { until } from "../support/until.ts";

const reads: Readonly<Record<string, (client: StatsClient, options: CallOptions) => Promise<unknown>>> = {
  detect: (client, options) => client.detect(options),
  get: (client, options) => client.get("a", options),
  query: (client, options) => client.query(options),
  snapshot: (client, options) => client.snapshot(options),
  sysStats: (client, options) => client.sysStats(options),
  onlineUsers: (client, options) => client.onlineUsers(options),
  onlineIps: (client, options) => client.onlineIps("a", options),
  watch: (client, options) => client.watch(options).next(),
  "resetCounters by pattern": (client, options) => client.resetCounters({ pattern: "a" }, options),
};

/** Aborted when `count` has grown, a call rejects with the reason itself, and no listener stays on the signal. */
async function abortedOnceMore(count: () => number, call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  for (const reason of [new Error("enough"), "a word", undefined]) {
    const controller = new AbortController();
    const before = count();
    const outcome = call(controller.signal).then(
      () => assert.fail("it answered"),
      (error: unknown) => error,
    );
    await until(() => count() > before);
    controller.abort(reason);
    assert.equal(await outcome, controller.signal.reason);
    assert.deepEqual(getEventListeners(controller.signal, "abort"), []);
  }
}

test("a signal aborted before the call: nothing is sent", async () => {
  await using server = await openServer(createTcpServer(() => {}));
  await using client = new StatsClient(server.address);
  const reason = new Error("before");
  for (const [name, read] of Object.entries(reads)) {
    const signal = AbortSignal.abort(reason);
    await assert.rejects(read(client, { signal }), (error) => error === reason, name);
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  }
  const signal = AbortSignal.abort(reason);
  await assert.rejects(client.resetCounters({ names: ["a"] }, { signal }), (error) => error === reason);
  assert.equal(server.accepted, 0);
});

test("a signal that is never aborted holds no listener after its calls", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters: [["a", 5n]] });
  await using client = new StatsClient(core.address);
  const { signal } = new AbortController();
  for (const read of Object.values(reads)) await read(client, { signal });
  core.fault({ hang: true });
  await expectFailure(client.get("a", { signal, timeoutMs: 20 }), { code: "timeout" });
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("abort while the connection is being made", async () => {
  // Its TLS handshake never ends.
  await using server = await openServer(createTcpServer((socket) => socket.resume()));
  for (const read of Object.values(reads)) {
    await using client = new StatsClient(`https://${server.address}`);
    await abortedOnceMore(
      () => server.accepted,
      (signal) => read(client, { signal }),
    );
  }
  await until(() => server.open === 0);
});

test("abort while the core thinks", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  core.fault({ hang: true });
  await using client = new StatsClient(core.address);
  for (const read of Object.values(reads)) {
    await abortedOnceMore(
      () => core.calls.length,
      (signal) => read(client, { signal }),
    );
  }
  core.clearFaults();
  assert.equal((await client.detect()).kind, "xray", "the connection is good for more");
});

test("abort in the middle of an answer", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray5" });
  for (let index = 0; index < 20_000; index++) core.set(`outbound>>>o${index}>>>traffic>>>uplink`, BigInt(index));
  await using client = new StatsClient(core.address);
  const whole = new Map((await client.snapshot()).counters().map(({ name, value }) => [name, value]));
  // Whatever the moment, what later calls read is right.
  for (const [index, afterMs] of [0, 1, 2, 4, 8, 16, 32, 64].entries()) {
    const signal = AbortSignal.timeout(afterMs);
    const [first, second] = await Promise.allSettled([client.query({ signal }), client.query()]);
    if (first.status === "rejected") assert.equal(first.reason, signal.reason, `${index}`);
    assert.equal(second.status, "fulfilled");
    assert.deepEqual(new Map(second.value?.map(({ name, value }) => [name, value])), whole);
  }
});

test("abort in the pause before another try", async (t) => {
  t.mock.method(Math, "random", () => 3600); // the first pause takes minutes
  await using core = await startEmbeddedCore({ dialect: "xray" });
  core.fault({ cutAfterBytes: 0 });
  await using server = await openServer(createTcpServer(passTo(core.address)));
  await using client = new StatsClient(server.address, { timeoutMs: 3_600_000 });
  for (const [name, read] of Object.entries(reads)) {
    if (name === "watch") continue; // an outage is an item of it
    await abortedOnceMore(
      () => (server.open === 0 ? server.accepted : 0),
      (signal) => read(client, { signal }),
    );
  }
});

test("a reset that is aborted says what it did, with the reason for its cause", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters: [["a", 5n]] });
  await using client = new StatsClient(core.address);
  core.fault({ method: "GetStats", times: 1, latencyMs: 0 });
  core.fault({ method: "GetStats", hang: true });
  const others = Array.from({ length: 64 }, (_, index) => `other ${index}`);
  const controller = new AbortController();
  const reset = client.resetCounters({ names: ["a", ...others] }, { signal: controller.signal });
  // 64 are under way at once: the last goes out when the first has been answered.
  await until(() => core.calls.length === 65);
  controller.abort("enough");
  const error = await reset.catch((reason: unknown) => reason);
  assert.ok(error instanceof ResetError);
  assert.deepEqual([error.code, error.cause, error.done], ["reset-incomplete", "enough", [{ name: "a", value: 5n }]]);
  assert.deepEqual(error.inDoubt.toSorted(), others.toSorted());
  assert.deepEqual(getEventListeners(controller.signal, "abort"), []);
});

test("timeoutMs is for the whole operation: connecting, retries and all its calls", async () => {
  await using silent = await openServer(createTcpServer(() => {}));
  await using core = await startEmbeddedCore({ dialect: "xray" });
  const { port } = await freePorts("port");

  async function endsWithin(ms: number, call: () => Promise<unknown>, code: StatsErrorCode): Promise<void> {
    const start = performance.now();
    await expectFailure(call(), { code });
    const took = performance.now() - start;
    assert.ok(took < ms + 10_000, `${took} ms instead of ${ms}`);
  }

  await using connecting = new StatsClient(`https://${silent.address}`);
  await endsWithin(100, () => connecting.get("a", { timeoutMs: 100 }), "timeout");
  await using refused = new StatsClient(`127.0.0.1:${port}`, { retries: 1000 });
  await endsWithin(300, () => refused.get("a", { timeoutMs: 300 }), "unreachable");
  await endsWithin(300, () => refused.snapshot({ timeoutMs: 300 }), "unreachable");
  // Three calls of 100 ms one after the other do not fit.
  core.fault({ latencyMs: 100 });
  await using slow = new StatsClient(core.address, { timeoutMs: 250 });
  await endsWithin(250, () => slow.snapshot(), "timeout");
  assert.equal((await slow.snapshot({ timeoutMs: 60_000 })).size, 0, "a call's own timeout goes before the client's");
});

test("a timed-out connection is given up, unless others wait on it; the next call opens a new one", async () => {
  await using core = await startEmbeddedCore({ dialect: "sing-box" });
  await using server = await openServer(createTcpServer(passTo(core.address)));
  await using client = new StatsClient(server.address, { retries: 0 });
  core.fault({ hang: true });
  const patient = client.sysStats();
  await expectFailure(client.sysStats({ timeoutMs: 50 }), { code: "timeout" });
  core.clearFaults();
  await patient;
  assert.equal(server.accepted, 1);

  core.fault({ hang: true });
  await expectFailure(client.sysStats({ timeoutMs: 50 }), { code: "timeout" });
  core.clearFaults();
  await client.sysStats();
  assert.equal(server.accepted, 2);
});

test("wrong timeouts are refused before anything is sent", async () => {
  await using server = await openServer(createTcpServer(() => {}));
  await using client = new StatsClient(server.address);
  for (const timeoutMs of [0, -1, Number.NaN]) {
    for (const read of Object.values(reads)) await assert.rejects(read(client, { timeoutMs }), RangeError);
    assert.throws(() => new StatsClient(server.address, { timeoutMs }), RangeError);
  }
  assert.equal(server.accepted, 0);
});

test("a process whose call was aborted while connecting ends by itself", async () => {
  await using server = await openServer(createTcpServer(() => {}));
  const end = await runScript(`
    const client = new StatsClient("https://${server.address}");
    const error = await client.get("a", { signal: AbortSignal.timeout(100) }).catch((reason) => reason);
    console.log(error.name);
  `);
  assert.deepEqual(end, { exitCode: 0, stdout: "TimeoutError\n", stderr: "" });
});
