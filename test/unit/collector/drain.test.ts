import assert from "node:assert/strict";
import { test } from "node:test";
import { drain } from "../../../src/collector/drain.ts";
import { type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { LedgerError } from "../../../src/ledger/ledger-error.ts";
import { FakeCore } from "./fake-core.ts";
import { VirtualClock } from "./virtual-clock.ts";

async function booked(ledger: Ledger): Promise<bigint> {
  return (await ledger.totals()).total;
}

test("one reading of each node is recorded, in the place of whoever holds it", async () => {
  const clock = new VirtualClock();
  const ledger = openMemoryLedger();
  const cores = ["a", "b"].map((name) => ({ name, core: new FakeCore(clock) }));
  const first = await drain(cores, ledger);
  assert.deepEqual(
    first.map(({ node, result, error }) => [node, result?.state, error]),
    [
      ["a", "first", undefined],
      ["b", "first", undefined],
    ],
  );
  const holder = await ledger.claim("a");
  await clock.pass(60_000);
  for (const { core } of cores) core.add(5n);
  const second = await drain(cores, ledger);
  assert.deepEqual(
    second.map(({ result }) => [result?.state, result?.bytes]),
    [
      ["ok", 5n],
      ["ok", 5n],
    ],
  );
  await assert.rejects(holder.heartbeat(), { reason: "claim-lost" });
  for (const { name } of cores) await ledger.claim(name, { whenHeld: "fail" });
});

test("a reading is begun after the claim is won", async () => {
  const core = new FakeCore(new VirtualClock());
  const ledger = openMemoryLedger();
  const source = {
    async snapshot(options: object) {
      await assert.rejects(ledger.claim("a", { whenHeld: "fail" }), { reason: "claimed" });
      return core.snapshot(options);
    },
  };
  assert.equal((await drain([{ name: "a", core: source }], ledger))[0]?.error, undefined);
});

test("a claim that cannot be given back takes nothing from what was recorded", async () => {
  const core = new FakeCore(new VirtualClock());
  const kept = openMemoryLedger();
  const ledger: Ledger = {
    ...kept,
    claim: async (node, options) => ({
      ...(await kept.claim(node, options)),
      release: () => Promise.reject(new LedgerError("busy", "somebody writes")),
    }),
  };
  const [{ result, error } = assert.fail()] = await drain([{ name: "a", core }], ledger);
  assert.deepEqual([result?.state, error], ["first", undefined]);
});

test("a stepped clock books nothing until it is accepted", async () => {
  const clock = new VirtualClock();
  const core = new FakeCore(clock);
  const ledger = openMemoryLedger();
  const nodes = [{ name: "a", core }];
  await drain(nodes, ledger);
  await clock.pass(60_000);
  core.add(5n);
  core.stepSeconds = 7200;
  const [{ result, error } = assert.fail()] = await drain(nodes, ledger);
  assert.equal(result?.state, "clock");
  assert.match(error?.message ?? "", /the wall clock shows/);
  assert.equal(await booked(ledger), 0n);
  assert.equal((await drain(nodes, ledger, { acceptClock: true }))[0]?.error, undefined);
  assert.equal(await booked(ledger), 5n);
});

test("an abort rejects with its reason, and the claims are free", async () => {
  const core = new FakeCore(new VirtualClock());
  core.state = "hung";
  const ledger = openMemoryLedger();
  const stop = new AbortController();
  const drained = drain([{ name: "a", core }], ledger, { signal: stop.signal });
  while (core.asked.length === 0) await new Promise(setImmediate);
  stop.abort("enough");
  await assert.rejects(drained, (reason) => reason === "enough");
  await ledger.claim("a", { whenHeld: "fail" });
  await assert.rejects(drain([{ name: "a", core }], ledger, { signal: stop.signal }), (reason) => reason === "enough");
});

test("wrong arguments are refused before anything is read", async () => {
  const ledger = openMemoryLedger();
  const nodes = [{ name: "a", core: "127.0.0.1:1" }];
  await assert.rejects(drain([], ledger), TypeError);
  await assert.rejects(drain(nodes, ledger, { timeoutMs: 0 }), RangeError);
  await assert.rejects(drain(nodes, ledger, { concurrency: 0 }), RangeError);
});
