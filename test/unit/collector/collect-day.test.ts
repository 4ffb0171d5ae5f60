import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startSession } from "./collector-session.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test("memory, timers and listeners stay flat over a day of polls", async () => {
  const warnings: Error[] = [];
  process.on("warning", (warning) => warnings.push(warning));
  const names = Array.from({ length: 3 }, (_, index) => `node-${index}`);
  const stop = new AbortController();
  await using session = startSession(names, { intervalMs: 10_000, jitter: 0.1, concurrency: 1, signal: stop.signal });
  // Before the session, which would wait for its end: a failure is to be told, not a test that hangs.
  using failed = new DisposableStack();
  failed.defer(() => stop.abort());
  const { clock } = session;
  session.core("node-0").state = "dead";
  session.core("node-1").state = "hung";
  await clock.pass(5000);
  const heaps: number[] = [];
  for (let hour = 0; hour < 24; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      for (const name of names) session.core(name).add(1000n);
      await clock.pass(60_000);
    }
    for (const name of names) session.core(name).asked.length = 0;
    heaps.push(heapBytes());
    assert.ok(clock.sleeping <= 3 * names.length + 1, `${clock.sleeping} timers`);
    assert.ok(getEventListeners(stop.signal, "abort").length <= 1);
  }
  // The ledger itself grows by a row for each node and quarter.
  const grown = (heaps.at(-1) as number) - (heaps[4] as number);
  assert.ok(grown < 3e6, `${grown} bytes more after a day`);
  stop.abort();
  await clock.pass(20_000);
  await session.ended;
  assert.equal(clock.sleeping, 0);
  assert.deepEqual(getEventListeners(stop.signal, "abort"), []);
  assert.deepEqual(warnings, []);
  assert.equal(await session.booked(), 24n * 60n * 1000n);
});
