import assert from "node:assert/strict";
import { test } from "node:test";
import { createInformSender, type InformSender } from "../../src/inform/send/sender.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { createLedger, type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../src/ledger/memory/memory-store.ts";
import { quarterOf } from "../../src/ledger/quarter.ts";
import { type ServedReceiver, startReceiver } from "../support/inform-receiver.ts";
import { bytesIn, QuarterWriter } from "../support/ledger-exchange.ts";
import { up } from "../support/ledger-session.ts";
import { ledgerTest } from "../support/ledger-stores.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A node whose clock is off by so much, and its sender. */
function startNode(hub: ServedReceiver, key: string, off: { ms: number }, time: { now: number }) {
  const store = openMemoryStore();
  const ledger: Ledger = createLedger(store);
  const writer = new QuarterWriter(store);
  const now = (): Date => new Date(time.now + off.ms);
  const events: InformSenderEvent[] = [];
  const clock = { now, random: Math.random, sleep: async () => {} };
  const sender: InformSender = createInformSender({
    ...{ ledger, key, clock, hub: hub.url, node: "a" },
    onEvent: (event) => events.push(event),
  });
  return {
    ...{ store, events, sender, now },
    book: (bytes: bigint): Promise<void> => writer.book("a", up("alice"), quarterOf(now()), bytes),
    told: (): readonly string[] => events.map(({ kind }) => kind),
  };
}

ledgerTest("rows of a clock that is days ahead wait in the node's ledger, and come when it is right", async (place) => {
  const time = { now: Date.now() };
  const store = await place.openStore();
  const ratePerKey = { perSecond: 1000, burst: 10_000 };
  await using hub = await startReceiver(createLedger(store), { now: () => new Date(time.now), ratePerKey });
  const off = { ms: 3 * dayMs };
  const node = startNode(hub, hub.key("a"), off, time);
  await node.book(5n);
  assert.equal((await node.sender.pushOnce()).kind, "denied");
  const [refused] = node.events;
  assert.ok(refused?.kind === "refused" && /a time that has not come/.test(String(refused.error)));
  assert.match((refused.error as { advice?: string }).advice ?? "", /Set this machine's clock/);
  assert.equal((await bytesIn(store)).size, 0);
  // It is set right, but what was booked under the wrong time waits until the hub's time is near enough.
  off.ms = 0;
  for (let minutes = 0; minutes < 47 * 60; minutes += 4) {
    if (minutes % 60 === 0) await node.book(7n);
    await node.sender.pushOnce();
    time.now += 240_000;
  }
  assert.ok(![...(await bytesIn(store)).values()].includes(5n));
  assert.deepEqual(node.told(), ["refused", "denied"], "it is told once");
  assert.deepEqual(node.sender.state().refused.length, 1);
  time.now += 2 * hourMs;
  assert.deepEqual(await node.sender.pushOnce(), { kind: "current" });
  assert.deepEqual(node.told(), ["refused", "denied", "accepted", "current"]);
  assert.deepEqual(await bytesIn(store), await bytesIn(node.store));
});

ledgerTest(
  "rows of a clock that is a day behind, or less than a day ahead, count at the times they say",
  async (place) => {
    const time = { now: Date.now() };
    const store = await place.openStore();
    await using hub = await startReceiver(createLedger(store), { now: () => new Date(time.now) });
    const off = { ms: -dayMs };
    const node = startNode(hub, hub.key("a"), off, time);
    await node.book(5n);
    assert.deepEqual(await node.sender.pushOnce(), { kind: "current" });
    off.ms = dayMs - hourMs;
    await node.book(7n);
    assert.deepEqual(await node.sender.pushOnce(), { kind: "current" });
    const quarters = [...(await bytesIn(store))].map(([key, bytes]) => [Number(key.split(" ").at(-1)), bytes]);
    const now = quarterOf(new Date(time.now));
    assert.deepEqual(quarters, [
      [now - 96, 5n],
      [now + 92, 7n],
    ]);
    assert.deepEqual(node.told(), ["current"]);
  },
);

test("a signature of a clock that is a day off is refused, which is told with what to do, and heals", async () => {
  for (const ms of [dayMs, -dayMs, 301_000, -302_000]) {
    const time = { now: Date.now() };
    await using hub = await startReceiver(openMemoryLedger(), { now: () => new Date(time.now) });
    const { id, secret } = hub.secret("a");
    const off = { ms };
    const node = startNode(hub, `vstatssecret_${id}_${secret}`, off, time);
    await node.book(5n);
    for (let again = 0; again < 2; again++) assert.equal((await node.sender.pushOnce()).kind, "denied");
    const [denied] = node.events;
    const text = denied?.kind === "denied" ? String(denied.error) : "";
    assert.match(text, /401, stale-signature: the signature's time is \d+ s from ours\. Set both clocks/);
    assert.equal((await hub.ledger.totals()).total, 0n);
    off.ms = 0;
    assert.deepEqual(await node.sender.pushOnce(), { kind: "current" });
    assert.deepEqual(node.told(), ["denied", "current"]);
    assert.equal((await hub.ledger.totals()).total, 5n);
  }
});
