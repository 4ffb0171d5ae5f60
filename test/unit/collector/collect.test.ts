import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { collect } from "../../../src/collector/collect.ts";
import type { CollectorEvent } from "../../../src/collector/collector-event.ts";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import type { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { startSession } from "./collector-session.ts";
import { counter } from "./fake-core.ts";

test("each node is claimed and polled, and what moved is booked", async () => {
  await using session = startSession(["a", "b"]);
  const { clock, ledger } = session;
  session.core("a").add(1000n); // before it was known: not booked
  await clock.pass(0);
  for (let poll = 0; poll < 5; poll++) {
    session.core("a").add(7n);
    session.core("b").add(100n);
    await clock.pass(1000);
  }
  assert.deepEqual(session.core("a").asked, [0, 1000, 2000, 3000, 4000, 5000]);
  assert.deepEqual(
    (await ledger.usage({ by: ["node", "user"] })).rows.map(({ node, subject, total }) => [node, subject, total]),
    [
      ["a", "alice", 35n],
      ["b", "alice", 500n],
    ],
  );
  await assert.rejects(ledger.claim("a", { whenHeld: "fail" }), /recorded by process/);
  assert.deepEqual(session.told.sort(), ["a first-sight", "a recording", "b first-sight", "b recording"]);
});

test("at the end every node is read once more, and its claim is free", async () => {
  await using session = startSession(["a", "b"]);
  await session.clock.pass(500);
  session.core("a").add(5n);
  session.core("b").add(6n);
  await session.stop();
  assert.equal(await session.booked(), 11n);
  assert.deepEqual(session.told.slice(4), ["a stopped", "b stopped"]);
  assert.deepEqual(
    session.events.slice(4).map((event) => event.kind === "stopped" && event.error),
    [undefined, undefined],
  );
  for (const node of ["a", "b"]) await (await session.ledger.claim(node, { whenHeld: "fail" })).release();
  assert.equal(session.clock.sleeping, 0);
});

test("a last reading may be left out", async () => {
  await using session = startSession(["a"], { takeLastReading: false });
  await session.clock.pass(500);
  session.core("a").add(5n);
  await session.stop();
  assert.equal(await session.booked(), 0n);
  await session.ledger.claim("a", { whenHeld: "fail" });
});

test("a node that hangs at the end holds it up until the deadline, and the others not at all", async () => {
  await using session = startSession(["hung", "good"], { lastReadingTimeoutMs: 3000 });
  await session.clock.pass(500);
  session.core("good").add(5n);
  session.core("hung").state = "hung";
  const ended = session.stop();
  await session.clock.pass(0);
  assert.deepEqual(session.told.slice(4), ["good stopped"]);
  assert.equal(await session.booked(), 5n);
  await session.clock.pass(2999);
  assert.equal(session.told.length, 5);
  await session.clock.pass(1);
  await ended;
  const last = session.events.at(-1);
  assert.ok(last?.kind === "stopped" && last.node === "hung");
  assert.match(last.error?.message ?? "", /no last reading within 3000 ms/);
  await session.ledger.claim("hung", { whenHeld: "fail" });
});

test("a ledger that hangs at the end is left after as long again", async () => {
  const never = new Promise<never>(() => {});
  let hangs = false;
  await using session = startSession(["a"], { lastReadingTimeoutMs: 3000 }, (ledger) => ({
    ...ledger,
    claim: async (node, options) => {
      const writer = await ledger.claim(node, options);
      return { ...writer, record: (snapshot) => (hangs ? never : writer.record(snapshot)) };
    },
  }));
  await session.clock.pass(500);
  hangs = true;
  const ended = session.stop();
  await session.clock.pass(6000);
  await ended;
  const last = session.events.at(-1);
  assert.ok(last?.kind === "stopped" && /no time left/.test(last.error?.message ?? ""));
});

test("restarts, resets by others, clocks and strangers are told once, not at every poll", async () => {
  await using session = startSession(["a"]);
  const { clock, told } = session;
  const core = session.core("a");
  core.add(100n);
  await clock.pass(20_000);
  told.length = 0;

  core.restart();
  core.add(3n);
  await clock.pass(5000);
  assert.deepEqual(told.splice(0), ["a restarted", "a core-restart"]);

  core.stepSeconds = 3600;
  core.add(4n);
  await clock.pass(5000);
  assert.deepEqual(told.splice(0), ["a clock"]);
  core.stepSeconds = 0;
  await clock.pass(5000);
  assert.deepEqual(told.splice(0), ["a recording"]);

  core.strangerSeconds = 100_000;
  await clock.pass(5000);
  assert.deepEqual(told.splice(0), ["a other-core"]);
  core.strangerSeconds = 0;
  core.add(5n);
  await clock.pass(5000);
  assert.deepEqual(told.splice(0), ["a recording"]);
  assert.equal(await session.booked(), 12n);
});

test("readings may go to a sink in place of a ledger, each before the next is taken", async () => {
  const taken: [string, bigint | undefined][] = [];
  let busy = 0;
  await using session = startSession(["a"], {
    sink: {
      async record(node: string, snapshot: Snapshot) {
        assert.equal(++busy, 1);
        await session.clock.sleep(2500, new AbortController().signal);
        taken.push([node, snapshot.get(counter)]);
        busy--;
      },
    },
  });
  session.core("a").add(1n);
  await session.clock.pass(4000);
  session.core("a").add(1n);
  await session.clock.pass(4000);
  // A poll that took longer than the interval delays the next by a whole one.
  assert.deepEqual(session.core("a").asked, [0, 3500, 7000]);
  assert.deepEqual(taken, [
    ["a", 1n],
    ["a", 1n],
  ]);
});

test("one that throws in onEvent ends the collector, its claims are free", async () => {
  const { signal } = new AbortController();
  await using session = startSession(["a", "b"], {
    signal,
    onEvent: (event) => {
      if (event.kind === "recording" && event.node === "b") throw new Error("no room for events");
    },
  });
  await assert.rejects(session.ended, /no room for events/);
  assert.deepEqual(getEventListeners(signal, "abort"), []);
  for (const node of ["a", "b"]) await session.ledger.claim(node, { whenHeld: "fail" });
});

test("one that throws at an event of no node ends the collector as well, and its claims are free", async () => {
  const onEvent = ({ kind }: CollectorEvent): void => {
    if (kind === "trouble") throw new Error("no room for events");
  };
  const pack = async (): Promise<number> => {
    throw new Error("the disk is full");
  };
  await using session = startSession(["a", "b"], { onEvent }, (ledger) => ({ ...ledger, pack }));
  await session.clock.pass(61_000);
  await assert.rejects(session.ended, /no room for events/);
  const polls = session.core("a").asked.length;
  await session.clock.pass(10_000);
  assert.equal(session.core("a").asked.length, polls, "nothing runs behind");
  for (const node of ["a", "b"]) await session.ledger.claim(node, { whenHeld: "fail" });
});

test("a ledger that was closed ends the collector", async () => {
  await using session = startSession(["a"]);
  await session.clock.pass(500);
  await session.ledger.close();
  await session.clock.pass(1000);
  await assert.rejects(session.ended, { reason: "closed" });
});

test("wrong options are refused before anything is read", async () => {
  const ledger = openMemoryLedger();
  const nodes = [{ name: "a", core: "127.0.0.1:1" }];
  const sink = { record: async () => {} };
  for (const wrong of [
    { nodes: [] },
    { nodes: [{ name: "", core: "127.0.0.1:1" }] },
    { nodes: [...nodes, ...nodes] },
    { nodes: [{ name: "a", core: "nowhere" }] },
    { sink },
    { ledger: undefined },
  ]) {
    await assert.rejects(collect({ nodes, ledger, ...wrong }), TypeError);
  }
  for (const wrong of [
    { intervalMs: 0 },
    { intervalMs: Number.NaN },
    { intervalMs: 2 ** 31 },
    { timeoutMs: -1 },
    { maxBackoffMs: 0 },
    { lastReadingTimeoutMs: 0 },
    { jitter: 1.1 },
    { concurrency: 0 },
    { concurrency: 1.5 },
  ]) {
    await assert.rejects(collect({ nodes, ledger, ...wrong }), RangeError);
  }
});

test("with a signal that is aborted already nothing is done, and no listener stays", async () => {
  const ledger = openMemoryLedger();
  const stop = new AbortController();
  stop.abort();
  await collect({ nodes: [{ name: "a", core: "127.0.0.1:1" }], ledger, signal: stop.signal });
  assert.deepEqual(await ledger.gaps(), []);
  assert.deepEqual(getEventListeners(stop.signal, "abort"), []);
});
