// A watch survives what happens to cores: outages, restarts, foreign resets, strangers. Its sums are what flowed.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { type Delta, StatsClient } from "../../src/index.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/index.ts";
import { until } from "../support/until.ts";

const up = "user>>>alice>>>traffic>>>uplink";
const down = "user>>>alice>>>traffic>>>downlink";

const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

/** A running watch whose items are taken one by one, and what they add up to. */
class Items {
  readonly #deltas: AsyncGenerator<Delta, void, undefined>;
  readonly sums = new Map<string, bigint>();
  outages = 0;

  constructor(deltas: AsyncGenerator<Delta, void, undefined>) {
    this.#deltas = deltas;
  }

  async next(): Promise<Delta> {
    const { value } = await this.#deltas.next();
    assert.ok(value, "the watch has ended");
    for (const { name, bytes } of value.counters()) this.sums.set(name, (this.sums.get(name) ?? 0n) + bytes);
    assert.equal(value.to === undefined, value.state === "unreachable");
    if (value.to === undefined) {
      this.outages++;
      assert.deepEqual([value.counters(), value.gaps, value.elapsedMs], [[], [], 0]);
    }
    return value;
  }

  async until(reached: (delta: Delta) => boolean): Promise<Delta> {
    for (;;) {
      const delta = await this.next();
      if (reached(delta)) return delta;
    }
  }
}

/** A core with a past, so that a restart shows in its figures. */
async function startOldCore(): Promise<EmbeddedCore> {
  const core = await startEmbeddedCore({ dialect: "v2ray5", counters: [[up, 1000n]] });
  core.advanceClock(1000);
  return core;
}

test("sums are exact over a stop, a restart, a foreign reset and breaks; each shows in its item", async () => {
  await using core = await startOldCore();
  await using client = new StatsClient(core.address, { retries: 0 });
  const items = new Items(client.watch({ intervalMs: 10 }));
  const first = await items.next();
  assert.deepEqual([first.state, first.counters(), first.from?.get(up)], ["ok", [], 1000n], "the past is in no item");

  core.add(up, 5n);
  core.add(down, 70n);
  const moved = await items.until((delta) => delta.counters().length > 0);
  assert.deepEqual(moved.users(), [{ scope: "user", subject: "alice", uplink: 5n, downlink: 70n, total: 75n }]);

  core.disconnect("reset");
  core.add(up, 1n);
  await items.until((delta) => delta.state === "ok" && delta.counters().length > 0);

  await core.stop();
  core.add(up, 10n); // counts go on behind the outage
  // A reading under way ends as connection-lost.
  const away = await items.until(({ error }) => error?.code === "unreachable");
  assert.equal(away.from?.get(up), 1006n);
  await items.next();
  await core.start();
  const back = await items.until((delta) => delta.state === "ok");
  assert.deepEqual([back.counters().map(({ bytes }) => bytes), back.gaps], [[10n], []]);

  core.restart();
  core.add(up, 200n);
  const anew = await items.until(({ restarted }) => restarted);
  assert.deepEqual(anew.counters(), [{ name: up, bytes: 200n, value: 200n }]);
  assert.deepEqual(
    anew.gaps.map(({ cause }) => cause),
    ["core-restart"],
  );

  core.foreignReset();
  core.add(up, 30n);
  const foreign = await items.until(({ foreignReset }) => foreignReset);
  assert.equal(foreign.state, "ok");
  assert.deepEqual(
    foreign.gaps.map(({ cause }) => cause),
    ["foreign-reset"],
  );

  assert.deepEqual(Object.fromEntries(items.sums), { [up]: 5n + 1n + 10n + 200n + 30n, [down]: 70n });
});

test("a core that is away at first: unreachable items without a beginning, then readings", async () => {
  await using core = await startOldCore();
  await core.stop();
  await using client = new StatsClient(core.address, { retries: 0 });
  const items = new Items(client.watch({ intervalMs: 5 }));
  for (let item = 0; item < 3; item++) {
    const { state, from, error } = await items.next();
    assert.deepEqual([state, from, error?.code], ["unreachable", undefined, "unreachable"]);
  }
  await core.start();
  const first = await items.until(({ state }) => state === "ok");
  assert.deepEqual([first.counters(), first.from?.get(up)], [[], 1000n]);
});

test("another core on the port books nothing; the right one goes on where it was", async () => {
  await using core = await startOldCore();
  const port = Number(core.address.split(":")[1]);
  await using client = new StatsClient(core.address, { retries: 0 });
  const items = new Items(client.watch({ intervalMs: 5 }));
  await items.next();
  for (const stranger of [
    { dialect: "xray", ahead: 0 },
    { dialect: "v2ray5", ahead: 1_000_000 },
  ] as const) {
    await core.stop();
    {
      await using other = await startEmbeddedCore({ dialect: stranger.dialect, port, counters: [[up, 10n ** 12n]] });
      other.advanceClock(stranger.ahead);
      const alien = await items.until(({ error }) => error?.code === "other-core");
      assert.match(alien.error?.message ?? "", /another core answers at/);
    }
    core.add(up, 7n);
    await core.start();
    await items.until(({ state }) => state === "ok");
  }
  assert.equal(items.sums.get(up), 14n);
});

test("a core too slow for timeoutMs is unreachable for that item alone", async () => {
  await using core = await startOldCore();
  await using client = new StatsClient(core.address);
  const items = new Items(client.watch({ intervalMs: 5, timeoutMs: 150 }));
  await items.next();
  core.fault({ hang: true });
  core.add(up, 3n);
  assert.equal((await items.until(({ state }) => state === "unreachable")).error?.code, "timeout");
  await items.next();
  core.clearFaults();
  await items.until((delta) => delta.counters().length > 0);
  assert.equal(items.sums.get(up), 3n);
});

test("an interval shorter than a reading: one reading after the other, none at once", async () => {
  await using core = await startOldCore();
  core.fault({ method: "QueryStats", latencyMs: 30 });
  await using client = new StatsClient(core.address);
  const items = new Items(client.watch({ intervalMs: 1 }));
  await client.detect();
  for (let item = 0; item < 5; item++) {
    const { elapsedMs } = await items.next();
    assert.ok(elapsedMs >= 29, `${elapsedMs}`);
  }
});

test("an interval is kept, and a late consumer gets one item, not many", async () => {
  await using core = await startOldCore();
  await using client = new StatsClient(core.address);
  await client.detect();
  const items = new Items(client.watch({ intervalMs: 100 }));
  for (let item = 0; item < 3; item++) assert.ok(pauseBefore(await items.next()) >= 50);
  const before = core.calls.length;
  const asleep = performance.now();
  await until(() => performance.now() > asleep + 350);
  assert.equal(core.calls.length, before, "nobody asked for an item");
  assert.ok(pauseBefore(await items.next()) >= 350);
  assert.ok(pauseBefore(await items.next()) >= 50, "missed readings are not made up for");
});

/** Milliseconds from the start of one reading to the start of the next. */
function pauseBefore({ from, to }: Delta): number {
  assert.ok(from && to);
  return to.evidence.started.monotonicMs - from.evidence.started.monotonicMs;
}

test("abort rejects with the reason, in a pause, in a reading, and before the first", async () => {
  await using core = await startOldCore();
  await using client = new StatsClient(core.address);

  const pausing = new AbortController();
  const items = client.watch({ intervalMs: 100, signal: pausing.signal });
  await items.next();
  const waiting = items.next();
  pausing.abort("in a pause");
  await assert.rejects(waiting, (reason) => reason === "in a pause");
  assert.equal((await items.next()).done, true);

  const reading = new AbortController();
  core.fault({ hang: true });
  const before = core.calls.length;
  const hanging = client.watch({ signal: reading.signal }).next();
  await until(() => core.calls.length > before);
  reading.abort("in a reading");
  await assert.rejects(hanging, (reason) => reason === "in a reading");
  for (const { signal } of [pausing, reading]) assert.deepEqual(getEventListeners(signal, "abort"), []);

  const signal = AbortSignal.abort("before");
  await assert.rejects(client.watch({ signal }).next(), (reason) => reason === "before");
});

test("two watches of one client do not disturb each other", async () => {
  await using core = await startOldCore();
  await using client = new StatsClient(core.address);
  const one = new Items(client.watch({ intervalMs: 5 }));
  const other = new Items(client.watch({ intervalMs: 7 }));
  await Promise.all([one.next(), other.next()]);
  for (let round = 0; round < 10; round++) {
    core.add(up, 1n);
    core.set(`user>>>u${round}>>>traffic>>>uplink`, 1n);
    await Promise.all([one.next(), other.next()]);
  }
  for (const items of [one, other]) {
    await items.until(() => items.sums.get("user>>>u9>>>traffic>>>uplink") === 1n);
    assert.equal(items.sums.get(up), 10n);
    assert.equal(items.sums.size, 11);
    assert.equal(items.outages, 0);
  }
});

test("none of all this made Node warn", () => {
  assert.deepEqual(warnings, []);
});

test("wrong intervals are refused at once", () => {
  const client = new StatsClient("127.0.0.1:1");
  for (const intervalMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => client.watch({ intervalMs }), RangeError);
  }
});
