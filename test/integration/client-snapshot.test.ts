// A snapshot is of one life of the core, whatever happens while it is read, and never changes after.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SysStatsResponseSchema } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { diffSnapshots, StatsClient } from "../../src/index.ts";
import { type EmbeddedCore, type StatsMethod, startEmbeddedCore } from "../../src/testing/index.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { until } from "../support/until.ts";
import { framed } from "./embedded-core-calls.ts";

const name = "user>>>alice>>>traffic>>>uplink";
// What a core that runs for long shows; any new process shows less.
const longRunning = framed(SysStatsResponseSchema, { uptime: 1000, totalAlloc: 10n ** 15n, mallocs: 10n ** 12n });

function callsOf(core: EmbeddedCore, method: StatsMethod): number {
  return core.calls.filter((call) => call.method === method).length;
}

test("counters, evidence and both system figures of one reading", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters: [[name, 5n]] });
  core.advanceClock(77);
  await using client = new StatsClient(core.address);
  const snapshot = await client.snapshot();
  const { evidence } = snapshot;
  assert.deepEqual([...snapshot], [{ name, value: 5n }]);
  assert.deepEqual([evidence.origin, evidence.kind, evidence.endpoint], ["core", "xray", core.address]);
  assert.equal(evidence.sysBefore.uptimeSeconds, 77);
  assert.ok(evidence.sysAfter.totalAllocBytes > evidence.sysBefore.totalAllocBytes);
  assert.ok(evidence.started.monotonicMs < evidence.ended.monotonicMs);
  assert.equal(evidence.readerId, (await client.snapshot()).evidence.readerId);
});

test("a restart between the calls of a reading: read again", async () => {
  for (const method of ["GetSysStats", "QueryStats"] as const) {
    await using core = await startEmbeddedCore({ dialect: "xray", counters: [[name, 5n]] });
    await using client = new StatsClient(core.address);
    await client.detect();
    core.fault({ method, hang: true });
    const reading = client.snapshot();
    const before = callsOf(core, method);
    await until(() => callsOf(core, method) > before);
    core.restart();
    core.clearFaults();
    core.add(name, 3n);
    core.advanceClock(5);
    const snapshot = await reading;
    const { sysBefore, sysAfter } = snapshot.evidence;
    assert.deepEqual([snapshot.get(name), sysBefore.uptimeSeconds, sysAfter.uptimeSeconds], [3n, 5, 5]);
  }
});

test("a restart that breaks no connection, behind a front, shows in the figures: read again", async () => {
  await using core = await startEmbeddedCore({ dialect: "sing-box", counters: [[name, 5n]] });
  await using client = new StatsClient(core.address);
  await client.detect();
  core.fault({ method: "GetSysStats", times: 1, rawAnswer: longRunning });
  const before = [callsOf(core, "GetSysStats"), callsOf(core, "QueryStats")] as const;
  const { evidence } = await client.snapshot();
  assert.ok(evidence.sysBefore.totalAllocBytes < 10n ** 15n);
  assert.deepEqual([callsOf(core, "GetSysStats") - before[0], callsOf(core, "QueryStats") - before[1]], [4, 2]);
});

test("a core that restarts again and again is said to, not read for ever", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters: [[name, 5n]] });
  await using client = new StatsClient(core.address, { retries: 0 });
  for (let reading = 0; reading < 50; reading++) {
    core.fault({ method: "GetSysStats", times: 1, rawAnswer: longRunning });
    core.fault({ method: "GetSysStats", times: 1, latencyMs: 0 });
  }
  await expectFailure(client.snapshot(), { code: "connection-lost", message: /again and again/, advice: /log/ });
});

test("ten kept snapshots stay what they were, while counters come, go and change", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray4" });
  await using client = new StatsClient(core.address);
  const kept: { readonly json: string; readonly snapshot: Awaited<ReturnType<StatsClient["snapshot"]>> }[] = [];
  for (let reading = 0; reading < 10; reading++) {
    for (let user = 0; user < 300; user++) core.add(`user>>>u${user * reading}>>>traffic>>>uplink`, BigInt(user));
    core.remove(`user>>>u${reading}>>>traffic>>>uplink`);
    await client.query({ pattern: "u1" });
    const snapshot = await client.snapshot();
    const truth = new Map(core.counters().map(({ name, value }) => [name, value]));
    assert.deepEqual(new Map(snapshot.counters().map(({ name, value }) => [name, value])), truth);
    kept.push({ json: JSON.stringify(snapshot), snapshot });
  }
  for (const { json, snapshot } of kept) assert.equal(JSON.stringify(snapshot), json);
});

test("readings at once, filtered and full, do not mix", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  for (let user = 0; user < 500; user++) core.add(`user>>>u${user}>>>traffic>>>uplink`, BigInt(user));
  await using client = new StatsClient(core.address);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      if (index % 2 === 0) return [...(await client.snapshot())];
      return client.query({ pattern: `u${index}` });
    }),
  );
  for (const [index, counters] of answers.entries()) {
    const wanted = core.counters().filter((counter) => index % 2 === 0 || counter.name.includes(`u${index}`));
    assert.deepEqual(sorted(counters), sorted(wanted));
  }
});

function sorted<Named extends { readonly name: string }>(counters: readonly Named[]): Named[] {
  return counters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

test("diffSnapshots of two readings: what moved, and nothing else", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters: [[name, 2n ** 60n]] });
  await using client = new StatsClient(core.address);
  const earlier = await client.snapshot();
  core.add(name, 1n);
  core.add("user>>>bob>>>traffic>>>downlink", 9n);
  const later = await client.snapshot();
  const delta = diffSnapshots(earlier, later);
  assert.deepEqual(sorted(delta.counters()), [
    { name, bytes: 1n, value: 2n ** 60n + 1n },
    { name: "user>>>bob>>>traffic>>>downlink", bytes: 9n, value: 9n },
  ]);
  assert.deepEqual([delta.state, delta.gaps], ["ok", []]);
  assert.throws(() => diffSnapshots(later, earlier), RangeError);
});
