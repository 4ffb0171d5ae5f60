// Reads are tried again, resets never; a core that was away is found again without a word.
import assert from "node:assert/strict";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { ResetError, StatsClient, type StatsClientOptions } from "../../src/index.ts";
import { type EmbeddedCore, type StatsMethod, startEmbeddedCore } from "../../src/testing/index.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { freePorts } from "../support/free-ports.ts";
import { openServer } from "../support/raw-servers.ts";
import { until } from "../support/until.ts";

const counters = [
  ["user>>>alice>>>traffic>>>uplink", 5n],
  ["user>>>bob>>>traffic>>>uplink", 7n],
] as const;

function callsOf(core: EmbeddedCore, method: StatsMethod): number {
  return core.calls.filter((call) => call.method === method).length;
}

const reads: readonly [StatsMethod, (client: StatsClient) => Promise<unknown>][] = [
  ["GetStats", (client) => client.get(counters[0][0])],
  ["QueryStats", (client) => client.query()],
  ["GetSysStats", (client) => client.sysStats()],
  ["QueryStats", (client) => client.snapshot()],
  ["GetSysStats", (client) => client.snapshot()],
  ["GetStats", (client) => client.detect()],
  ["GetAllOnlineUsers", (client) => client.onlineUsers()],
  ["GetStatsOnlineIpList", (client) => client.onlineIps("alice")],
];

test("a read whose connection breaks is tried twice more, and not a third time", async () => {
  for (const [method, read] of reads) {
    await using core = await startEmbeddedCore({ dialect: "xray", counters });
    core.fault({ method, times: 2, cutAfterBytes: 3 });
    await using lucky = new StatsClient(core.address);
    await read(lucky);

    core.fault({ method, cutAfterBytes: 3 });
    const before = callsOf(core, method);
    await using client = new StatsClient(core.address);
    await expectFailure(read(client), { code: "connection-lost" });
    assert.equal(callsOf(core, method) - before, 3, `${method}: ${read}`);
  }
});

test("a connection that is refused or leads nowhere is tried again, too; an answer that will not change is not", async () => {
  const { port } = await freePorts("port");
  await using client = new StatsClient(`127.0.0.1:${port}`, { retries: 1000, timeoutMs: 30_000 });
  const reading = client.sysStats();
  await using core = await startEmbeddedCore({ dialect: "xray", port });
  await reading;

  core.fault({ status: { code: 2, message: "no" } });
  const before = core.calls.length;
  await expectFailure(client.sysStats(), { code: "rpc", advice: /core's own log/ });
  assert.equal(core.calls.length - before, 1);

  const closing = createTcpServer((socket) => socket.end());
  await using server = await openServer(closing);
  await using wrong = new StatsClient(server.address);
  await expectFailure(wrong.sysStats(), { code: "no-answer" });
  assert.equal(server.accepted, 3);
  // As V2Ray while it starts.
  core.clearFaults();
  core.fault({ noAnswer: true, times: 1 });
  await using early = new StatsClient(core.address);
  await early.sysStats();
});

test("retries: 0 tries once, by every read", async () => {
  for (const [method, read] of reads) {
    await using core = await startEmbeddedCore({ dialect: "xray", counters });
    core.fault({ method, cutAfterBytes: 0 });
    await using client = new StatsClient(core.address, { retries: 0 });
    await expectFailure(read(client), { code: "connection-lost" });
    assert.equal(callsOf(core, method), 1, `${method}: ${read}`);
  }
});

test("a reset is never tried again: what it may have zeroed is in doubt", async () => {
  for (const fault of [{ cutAfterBytes: 0 }, { cutAfterBytes: 3 }, { noAnswer: true }] as const) {
    for (const selection of [{ pattern: "alice" }, { names: [counters[0][0]] }] as const) {
      await using core = await startEmbeddedCore({ dialect: "v2ray5", counters });
      await using client = new StatsClient(core.address, { retries: 9 });
      core.fault({ ...fault, method: "GetStats", times: 1 });
      const error = await expectFailure(client.resetCounters(selection), {
        code: "reset-incomplete",
        message: /after 0 counters, 1 in doubt/,
        advice: /inDoubt/,
      });
      assert.ok(error instanceof ResetError);
      assert.deepEqual([error.done, error.inDoubt], [[], [counters[0][0]]]);
      assert.equal((error.cause as { code?: string }).code, "connection-lost");
      const resets = core.calls.filter(({ request }) => request?.reset);
      assert.ok(resets.length <= 1, "never a second time");
      assert.equal(core.get(counters[0][0]), "noAnswer" in fault ? 5n : 0n);
      assert.equal(core.get(counters[1][0]), 7n);
    }
  }
});

test("a reset that broke asks no further", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `counter ${index}`);
  await using core = await startEmbeddedCore({ dialect: "xray", counters: names.map((name) => [name, 1n]) });
  await using client = new StatsClient(core.address);
  core.fault({ method: "GetStats", cutAfterBytes: 0 });
  const error = await expectFailure(client.resetCounters({ names }), { code: "reset-incomplete" });
  assert.ok(error instanceof ResetError);
  assert.deepEqual([error.done.length, error.inDoubt.length], [0, 64]);
  const zeroed = core.counters().filter(({ value }) => value === 0n);
  assert.ok(zeroed.every(({ name }) => error.inDoubt.includes(name)));
});

test("the reading before a reset by pattern is tried again, the reset itself still once", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray5", counters });
  await using client = new StatsClient(core.address);
  core.fault({ method: "QueryStats", times: 2, cutAfterBytes: 0 });
  assert.deepEqual(await client.resetCounters({ pattern: "alice" }), [{ name: counters[0][0], value: 5n }]);
  assert.deepEqual(
    core.calls.filter(({ request }) => request?.reset).map(({ method, request }) => [method, request?.name]),
    [["GetStats", counters[0][0]]],
  );
});

test("after a restart, an idle end or GOAWAY of the core the next call connects again", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray4", counters });
  await using client = new StatsClient(core.address);
  const breaks: (() => void)[] = [
    () => core.restart(),
    () => core.disconnect("fin"),
    () => core.disconnect("reset"),
    () => core.disconnect("goaway"),
  ];
  for (const breakIt of breaks) {
    await client.snapshot();
    breakIt();
    await client.snapshot();
    breakIt();
    await Promise.all([client.sysStats(), client.detect(), client.query(), client.get("a")]);
  }
});

test("a core that was stopped for a while is found again", async () => {
  await using core = await startEmbeddedCore({ dialect: "sing-box", counters });
  await using client = new StatsClient(core.address);
  assert.equal((await client.query()).length, 2);
  await core.stop();
  await expectFailure(client.query(), { code: "unreachable", cause: "ECONNREFUSED" });
  await core.start();
  assert.equal((await client.query()).length, 2);
});

test("the kind of core is asked once for a connection, and again after another core took its place", async () => {
  await using first = await startEmbeddedCore({ dialect: "xray" });
  await using client = new StatsClient(first.address);
  assert.equal((await client.detect()).kind, "xray");
  const asked = first.calls.length;
  await client.detect();
  assert.equal(first.calls.length, asked);
  await client.snapshot();
  assert.equal(first.calls.length, asked + 3);

  await first.close();
  await using second = await startEmbeddedCore({ dialect: "v2ray5", port: Number(first.address.split(":")[1]) });
  assert.equal((await client.snapshot()).evidence.kind, "v2ray5");
  assert.equal(second.dialect, (await client.detect()).kind);
});

test("callers that wait for the same detection keep their own signal and deadline", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using client = new StatsClient(core.address);
  core.fault({ hang: true });
  const controller = new AbortController();
  const aborted = client.detect({ signal: controller.signal }).catch((error: unknown) => error);
  const patient = client.snapshot();
  await until(() => core.calls.length >= 1);
  await expectFailure(client.snapshot({ timeoutMs: 50 }), { code: "timeout" });
  controller.abort("mine alone");
  assert.equal(await aborted, "mine alone");
  core.clearFaults();
  assert.equal((await patient).evidence.kind, "xray");
});

test("wrong options are refused", () => {
  const wrong: StatsClientOptions[] = [{ retries: -1 }, { retries: 0.5 }, { maxBytes: 0 }, { maxBytes: Number.NaN }];
  for (const options of wrong) assert.throws(() => new StatsClient("127.0.0.1:1", options), RangeError);
});
