import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { LedgerError } from "../../../src/ledger/ledger-error.ts";
import type { Writer } from "../../../src/ledger/writer.ts";
import { until } from "../../support/until.ts";
import { startSession } from "./collector-session.ts";

/** A ledger whose writers are changed. */
function withWriters(change: (writer: Writer) => Writer): (ledger: Ledger) => Ledger {
  return (ledger) => ({ ...ledger, claim: async (node, options) => change(await ledger.claim(node, options)) });
}

test("a dead node is asked ever more seldom up to the cap, told once, and at once at full pace when it is back", async () => {
  await using session = startSession(["a"], { maxBackoffMs: 8000 });
  const { clock, told } = session;
  const core = session.core("a");
  await clock.pass(500);
  core.state = "dead";
  core.asked.length = 0;
  await clock.pass(40_000);
  assert.deepEqual(core.asked, [1000, 2000, 4000, 8000, 16_000, 24_000, 32_000, 40_000]);
  core.state = "up";
  core.add(9n);
  core.asked.length = 0;
  await clock.pass(11_000);
  assert.deepEqual(core.asked, [48_000, 49_000, 50_000, 51_000]);
  assert.deepEqual(told.slice(2), ["a unreachable", "a recording"]);
  assert.equal(await session.booked(), 9n);
});

test("what hangs or is dead slows no other node, with one slot for all", async () => {
  const names = ["good", ...Array.from({ length: 20 }, (_, index) => `hung-${index}`), "dead"];
  await using session = startSession(names, { concurrency: 1, intervalMs: 10_000 });
  const { clock } = session;
  await clock.pass(5000);
  for (const name of names) if (name !== "good") session.core(name).state = name === "dead" ? "dead" : "hung";
  const good = session.core("good");
  good.asked.length = 0;
  await clock.pass(300_000);
  // The first time each of the twenty takes a second of the slot.
  assert.ok(good.asked.length >= 28, `${good.asked}`);
  good.add(5n);
  await clock.pass(30_000);
  assert.equal((await session.ledger.usage({ by: ["node"] })).rows.find(({ node }) => node === "good")?.total, 5n);
});

test("more nodes that give no answer than could ever have a slot slow no other, nor its last reading", async () => {
  const silent = Array.from({ length: 100 }, (_, index) => `silent-${index}`);
  await using session = startSession([...silent, "good"], { concurrency: 1, intervalMs: 10_000 });
  const { clock } = session;
  for (const name of silent) session.core(name).state = "silent";
  const good = session.core("good");
  // Once each of them takes a second of the slot: of what is well nobody knows yet.
  await clock.pass(130_000);
  good.asked.length = 0;
  await clock.pass(300_000);
  assert.ok(good.asked.length >= 29, `${good.asked}`);
  good.add(5n);
  const ended = session.stop();
  await clock.pass(10_000);
  await ended;
  assert.equal(await session.booked(), 5n);
});

test("the claim of a node that cannot be read is kept by signs of life", async () => {
  const signs: number[] = [];
  await using session = startSession(
    ["a"],
    { maxBackoffMs: 60_000 },
    withWriters((writer) => ({
      ...writer,
      async heartbeat() {
        signs.push(session.clock.now());
        await writer.heartbeat();
      },
    })),
  );
  await session.clock.pass(10_000);
  assert.deepEqual(signs, []);
  for (const state of ["dead", "hung"] as const) {
    session.core("a").state = state;
    signs.length = 0;
    const since = session.clock.now();
    await session.clock.pass(100_000);
    const pauses = [...signs, session.clock.now()].map((at, index) => at - (signs[index - 1] ?? since));
    // A standby waits for three intervals.
    assert.ok(Math.max(...pauses) <= 2000, `${state}: ${pauses}`);
  }
});

test("a sign of life that hangs keeps back those of no other node", async () => {
  const never = new Promise<never>(() => {});
  const signs: string[] = [];
  await using session = startSession(
    ["a", "b"],
    { lastReadingTimeoutMs: 1000 },
    withWriters((writer) => ({
      ...writer,
      heartbeat() {
        signs.push(writer.node);
        return writer.node === "a" ? never : writer.heartbeat();
      },
    })),
  );
  await session.clock.pass(500);
  for (const node of ["a", "b"]) session.core(node).state = "dead";
  await session.clock.pass(20_000);
  assert.equal(signs.filter((node) => node === "a").length, 1);
  assert.ok(signs.filter((node) => node === "b").length >= 9, `${signs}`);
});

test("while the ledger fails polling goes on, and no life of the core is lost", async () => {
  let failure: Error | undefined;
  await using session = startSession(
    ["a"],
    {},
    withWriters((writer) => ({
      ...writer,
      async record(snapshot, options) {
        if (failure !== undefined) throw failure;
        return writer.record(snapshot, options);
      },
    })),
  );
  const { clock, told } = session;
  const core = session.core("a");
  await clock.pass(5500);
  failure = new LedgerError("unwritable", "the disk is full");
  core.asked.length = 0;
  for (const bytes of [1n, 20n, 300n]) {
    core.add(bytes);
    await clock.pass(10_000);
    core.restart();
  }
  core.add(4000n);
  await clock.pass(10_000);
  assert.equal(core.asked.length, 40);
  assert.equal(await session.booked(), 0n);
  failure = undefined;
  await clock.pass(1000);
  assert.equal(await session.booked(), 4321n);
  const restarts = ["a restarted", "a core-restart"];
  assert.deepEqual(told.slice(2), ["a unrecorded", "a recording", ...restarts, ...restarts, ...restarts]);
});

test("what an outage of the ledger has left is recorded though the core is dead by then", async () => {
  let fails = false;
  await using session = startSession(
    ["a"],
    {},
    withWriters((writer) => ({
      ...writer,
      async record(snapshot, options) {
        if (fails) throw new LedgerError("busy", "somebody writes");
        return writer.record(snapshot, options);
      },
    })),
  );
  await session.clock.pass(1500);
  fails = true;
  session.core("a").add(7n);
  await session.clock.pass(1000);
  session.core("a").state = "dead";
  await session.clock.pass(1000);
  fails = false;
  await session.stop();
  assert.equal(await session.booked(), 7n);
});

test("a reading whose answer alone was lost is not booked twice", async () => {
  let failures = 1;
  await using session = startSession(
    ["a"],
    {},
    withWriters((writer) => ({
      ...writer,
      async record(snapshot, options) {
        const result = await writer.record(snapshot, options);
        if (result.bytes > 0n && failures-- > 0) throw new Error("the answer was lost");
        return result;
      },
    })),
  );
  await session.clock.pass(1500);
  session.core("a").add(7n);
  await session.clock.pass(1000);
  session.core("a").restart();
  session.core("a").add(2n);
  await session.clock.pass(5000);
  assert.equal(await session.booked(), 9n);
  assert.equal(session.told.filter((line) => line === "a unrecorded").length, 1);
});

test("one who takes the node over is noticed, waited for, and followed by a new reading", async () => {
  await using session = startSession(["a"]);
  const { clock, ledger, told } = session;
  const core = session.core("a");
  await clock.pass(1500);
  told.length = 0;
  core.add(5n);
  const other = await ledger.claim("a", { whenHeld: "take" });
  await clock.pass(1000);
  assert.deepEqual(told, ["a claim-lost", "a standby"]);
  assert.equal(await session.booked(), 0n, "an old reading is not recorded");
  core.asked.length = 0;
  await clock.pass(60_000);
  assert.deepEqual(core.asked, []);
  await other.release();
  // The standby looks by the machine's clock.
  await until(async () => {
    await turn();
    return told.length > 2;
  });
  assert.deepEqual(told.slice(2), ["a recording"]);
  assert.equal(core.asked.length, 1);
  assert.equal(await session.booked(), 5n);
});

test("a node in the middle of its pause is claimed again at once when it was taken over", async () => {
  await using session = startSession(["a"], { maxBackoffMs: 600_000 });
  const { clock, ledger, told } = session;
  session.core("a").state = "dead";
  await clock.pass(300_000);
  const other = await ledger.claim("a", { whenHeld: "take" });
  await other.release();
  await clock.pass(2000);
  assert.deepEqual(told, ["a unreachable", "a claim-lost", "a unreachable"]);
  await assert.rejects(ledger.claim("a", { whenHeld: "fail" }), { reason: "claimed" });
});

test("a ledger that cannot be claimed in is asked again", async () => {
  let failures = 3;
  await using session = startSession(["a"], {}, (ledger) => ({
    ...ledger,
    claim: async (node, options) => {
      if (failures-- > 0) throw new LedgerError("busy", "somebody writes");
      return ledger.claim(node, options);
    },
  }));
  await session.clock.pass(10_000);
  assert.deepEqual(session.told, ["a unrecorded", "a recording", "a first-sight"]);
});

test("a ledger that a newer release has migrated ends the collector", async () => {
  await using session = startSession(
    ["a"],
    {},
    withWriters((writer) => ({
      ...writer,
      record: () => Promise.reject(new LedgerError("schema-changed", "a newer release has migrated it")),
    })),
  );
  await session.clock.pass(1000);
  await assert.rejects(session.ended, { reason: "schema-changed" });
});
