// What goes over the wire: nothing that any core could take for more than was asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NamePattern, StatsClient } from "../../src/index.ts";
import { type EmbeddedCall, type EmbeddedCore, startEmbeddedCore } from "../../src/testing/index.ts";
import { expectFailure } from "../support/expect-failure.ts";

const dialects = ["v2ray4", "v2ray5", "xray", "sing-box"] as const;
const name = "user>>>alice>>>traffic>>>uplink";

async function callsDuring(core: EmbeddedCore, act: () => Promise<unknown>): Promise<readonly EmbeddedCall[]> {
  const before = core.calls.length;
  await act();
  return core.calls.slice(before);
}

test("one text goes into both fields; several, an expression, an empty text into none", async () => {
  const none = { pattern: "", patterns: [], regexp: false, reset: false };
  const cases: [pattern: NamePattern | undefined, request: object][] = [
    ["alice", { ...none, pattern: "alice", patterns: ["alice"] }],
    [undefined, none],
    ["", none],
    [["alice", "bob"], none],
    [["alice"], none],
    [[""], none],
    [[], none],
    [/alice/, none],
  ];
  for (const dialect of dialects) {
    await using core = await startEmbeddedCore({ dialect, counters: [[name, 1n]] });
    await using client = new StatsClient(core.address);
    for (const [pattern, request] of cases) {
      const calls = await callsDuring(core, () => client.query({ pattern }));
      assert.deepEqual(
        calls.map((call) => [call.method, call.request]),
        [["QueryStats", request]],
        `${pattern}`,
      );
    }
  }
});

test("QueryStats never carries `reset`: counters are zeroed one by one, by their whole names", async () => {
  const counters = [
    [name, 1n],
    ["outbound>>>power-user>>>traffic>>>uplink", 2n],
    ["inbound>>>in>>>traffic>>>uplink", 0n],
  ] as const;
  for (const dialect of dialects) {
    await using core = await startEmbeddedCore({ dialect, counters });
    await using client = new StatsClient(core.address);
    for (const selection of [{ pattern: "user>>>" }, { pattern: /^user/ }, { names: [name, name] }] as const) {
      const calls = await callsDuring(core, () => client.resetCounters(selection));
      const zeroing = calls.filter(({ request }) => request?.reset);
      assert.deepEqual(
        zeroing.map(({ method, request }) => [method, request?.name]),
        [["GetStats", name]],
      );
    }
    assert.deepEqual(
      core.counters().map(({ value }) => value),
      [0n, 2n, 0n],
    );
    const calls = await callsDuring(core, () => client.resetCounters({ all: true }));
    assert.deepEqual(
      calls.filter(({ request }) => request?.reset).map(({ method }) => method),
      ["GetStats", "GetStats", "GetStats"],
    );
  }
});

test("a get is one call; what a core lacks is not asked of it", async () => {
  for (const dialect of dialects) {
    await using core = await startEmbeddedCore({ dialect, counters: [[name, 1n]] });
    await using client = new StatsClient(core.address);
    assert.deepEqual(
      (await callsDuring(core, () => client.get(name))).map(({ method }) => method),
      ["GetStats"],
    );
    const asking = await callsDuring(core, () => client.detect());
    assert.ok(
      asking.every(({ request }) => !request?.reset && request?.name !== name),
      "detect only reads, and nobody's counter",
    );
    if (dialect === "xray") continue;
    const calls = await callsDuring(core, async () => {
      await expectFailure(client.onlineUsers(), { code: "unsupported", advice: /Xray 26\.1\.13/ });
      await expectFailure(client.onlineIps("alice"), { code: "unsupported", advice: /Xray 25\.2\.18/ });
    });
    assert.deepEqual(calls, []);
  }
});

test("Xray's online calls: e-mails and addresses, IPv6 too; a user without connections is offline", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using client = new StatsClient(core.address);
  const since = new Date("2026-01-02T03:04:05Z");
  core.setOnline("alice@example.com", [
    ["192.0.2.1", since],
    ["2001:db8::1", since],
  ]);
  core.setOnline("a>>>b", ["192.0.2.2"]);
  core.setOnline("__proto__", ["192.0.2.3"]);
  core.setOnline("left", []);
  assert.deepEqual((await client.onlineUsers()).sort(), ["__proto__", "a>>>b", "alice@example.com"]);
  assert.deepEqual(await client.onlineIps("alice@example.com"), [
    { ip: "192.0.2.1", connectedAt: since },
    { ip: "2001:db8::1", connectedAt: since },
  ]);
  assert.equal((await client.onlineIps("__proto__")).length, 1);
  assert.deepEqual(await client.onlineIps("left"), []);
  assert.deepEqual(await client.onlineIps("never seen"), []);
});

test("names that cannot be sent as they are, are refused before anything is", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using client = new StatsClient(core.address);
  for (const wrong of ["", "\ud800", "a\udfff"]) {
    await assert.rejects(client.get(wrong), TypeError);
    await assert.rejects(client.onlineIps(wrong), TypeError);
    await assert.rejects(client.resetCounters({ names: [name, wrong] }), TypeError);
  }
  assert.deepEqual(core.calls, []);
});
