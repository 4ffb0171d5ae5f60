import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, runCollector } from "../../../src/collector/collect.ts";
import type { CollectorEvent } from "../../../src/collector/collector-event.ts";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { LedgerError } from "../../../src/ledger/ledger-error.ts";
import { startSession } from "./collector-session.ts";
import { FakeCore } from "./fake-core.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("what a new node shows is booked where that is asked for, once, however often the collector starts", async () => {
  const ledger = openMemoryLedger();
  const clock = new VirtualClock();
  const core = new FakeCore(clock);
  const told: string[] = [];
  core.add(1000n);
  for (let start = 0; start < 3; start++) {
    const stop = new AbortController();
    const nodes = [{ name: "a", core }];
    const onEvent = ({ kind }: CollectorEvent): unknown => told.push(kind);
    const ended = runCollector({ nodes, ledger, bookExisting: true, signal: stop.signal, onEvent }, clock);
    core.add(5n);
    await clock.pass(25_000);
    stop.abort();
    await ended;
  }
  assert.equal((await ledger.totals()).total, 1015n);
  assert.deepEqual(await ledger.gaps(), []);
  assert.deepEqual(told, ["recording", "stopped", "recording", "stopped", "recording", "stopped"]);
});

test("a first reading whose answer was lost is not booked again", async () => {
  let lost = 0;
  await using session = startSession(["a"], { bookExisting: true }, (ledger) => ({
    ...ledger,
    claim: async (node, options) => {
      const writer = await ledger.claim(node, options);
      return {
        ...writer,
        async record(snapshot, words) {
          const result = await writer.record(snapshot, words);
          if (lost++ === 0) throw new LedgerError("unavailable", "the connection broke");
          return result;
        },
      };
    },
  }));
  const before = session.core("a");
  before.add(10n);
  await session.clock.pass(1500);
  before.add(5n);
  await session.clock.pass(1000);
  assert.equal(await session.booked(), 15n);
  assert.deepEqual(session.told, ["a unrecorded", "a recording"]);
});

test("an operator's word that it is the same core counts for one recorded reading", async () => {
  const words: { readonly node: string; readonly same: boolean }[] = [];
  let outage = true;
  await using session = startSession(["a", "b"], { sameCore: ["a"] }, (ledger) => ({
    ...ledger,
    claim: async (node, options) => {
      const writer = await ledger.claim(node, options);
      return {
        ...writer,
        async record(snapshot, said) {
          words.push({ node, same: said?.sameCore === true });
          if (outage) throw new LedgerError("busy", "somebody writes");
          return writer.record(snapshot, said);
        },
      };
    },
  }));
  await session.clock.pass(0);
  outage = false;
  await session.clock.pass(2500);
  const of = (name: string): boolean[] => words.filter(({ node }) => node === name).map(({ same }) => same);
  assert.deepEqual(of("a").slice(0, 3), [true, true, false]);
  assert.ok(!of("b").includes(true));
});

test("words for nodes that are none, and for a sink, are refused before anything is read", async () => {
  const nodes = [{ name: "a", core: "127.0.0.1:1" }];
  const ledger = openMemoryLedger();
  await assert.rejects(collect({ nodes, ledger, sameCore: ["b"] }), TypeError);
  const sink = { record: async () => {} };
  for (const words of [{ bookExisting: true }, { sameCore: ["a"] }, { madeAnew: () => [] }])
    await assert.rejects(collect({ nodes, sink, ...words }), TypeError);
});
