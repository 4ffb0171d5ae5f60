import assert from "node:assert/strict";
import { test } from "node:test";
import { startSession } from "./collector-session.ts";

const hourMs = 3_600_000;

test("past days are packed once an hour, and what fails there stops no poll and is told once", async () => {
  const packed: number[] = [];
  let fails = false;
  await using session = startSession(["a"], { intervalMs: 60_000 }, (ledger) => ({
    ...ledger,
    async pack(options) {
      packed.push(session.clock.now());
      if (fails) throw new Error("the disk is full");
      return ledger.pack(options);
    },
  }));
  const { clock, told } = session;
  await clock.pass(2 * hourMs);
  assert.deepEqual(packed, [60_000, 60_000 + hourMs]);
  fails = true;
  await clock.pass(3 * hourMs);
  fails = false;
  await clock.pass(hourMs);
  fails = true;
  await clock.pass(hourMs);
  assert.equal(packed.length, 7);
  assert.deepEqual(told, ["a recording", "a first-sight", "undefined trouble", "undefined trouble"]);
  session.core("a").add(5n);
  await clock.pass(60_000);
  assert.equal(await session.booked(), 5n);
});

test("packing ends with the collector, between two steps", async () => {
  let aborted = false;
  await using session = startSession(["a"], {}, (ledger) => ({
    ...ledger,
    async pack({ signal } = {}) {
      await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
      aborted = true;
      throw signal?.reason;
    },
  }));
  await session.clock.pass(61_000);
  await session.stop();
  assert.ok(aborted);
  assert.deepEqual(session.told, ["a recording", "a first-sight", "a stopped"]);
});

test("nothing is packed where that is not wanted", async () => {
  let packed = 0;
  await using session = startSession(["a"], { pack: false, intervalMs: 60_000 }, (ledger) => ({
    ...ledger,
    async pack() {
      packed++;
      return 0;
    },
  }));
  await session.clock.pass(5 * hourMs);
  assert.equal(packed, 0);
});
