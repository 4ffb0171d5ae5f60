import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createSlots } from "../../../src/collector/slots.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Work that ends when it is told to. */
function work(log: string[], name: string): { run: () => Promise<string>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    run: async () => {
      log.push(name);
      await promise;
      return name;
    },
    end: resolve,
  };
}

const { signal } = new AbortController();

test("as many run as there are slots, the others in the order in which they came", async () => {
  const clock = new VirtualClock();
  const slots = createSlots(2, 1000, clock);
  const log: string[] = [];
  const all = ["a", "b", "c", "d"].map((name) => work(log, name));
  const runs = all.map(({ run }) => slots.run(run, signal));
  await clock.pass(0);
  assert.deepEqual(log, ["a", "b"]);
  all[1]?.end();
  await clock.pass(0);
  assert.deepEqual(log, ["a", "b", "c"]);
  for (const { end } of all) end();
  assert.deepEqual(await Promise.all(runs), ["a", "b", "c", "d"]);
  assert.equal(clock.sleeping, 0);
});

test("what takes longer than its share runs on without a slot", async () => {
  const clock = new VirtualClock();
  const slots = createSlots(1, 1000, clock);
  const log: string[] = [];
  const hung = work(log, "hung");
  const [next, last] = [work(log, "next"), work(log, "last")];
  const runs = [hung, next, last].map(({ run }) => slots.run(run, signal));
  await clock.pass(999);
  assert.deepEqual(log, ["hung"]);
  await clock.pass(1);
  assert.deepEqual(log, ["hung", "next"]);
  // Its slot is given back once only.
  hung.end();
  await clock.pass(0);
  assert.deepEqual(log, ["hung", "next"]);
  next.end();
  last.end();
  await Promise.all(runs);
});

test("work that fails gives its slot back, and an abort ends the waiting for one", async () => {
  const clock = new VirtualClock();
  const slots = createSlots(1, 1000, clock);
  await assert.rejects(
    slots.run(() => Promise.reject(new Error("it failed")), signal),
    /it failed/,
  );
  const log: string[] = [];
  const first = work(log, "first");
  const running = slots.run(first.run, signal);
  const stop = new AbortController();
  const waiting = slots.run(work(log, "waiting").run, stop.signal);
  stop.abort("no longer");
  await assert.rejects(waiting, (reason) => reason === "no longer");
  await assert.rejects(slots.run(work(log, "late").run, stop.signal), (reason) => reason === "no longer");
  first.end();
  assert.equal(await running, "first");
  assert.equal(await slots.run(async () => "free again", signal), "free again");
  assert.deepEqual(log, ["first"]);
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});
