// The sequences that the accounting rules guard against, each by its name: over a world whose every byte is known, into
// a ledger in a real file.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { drain } from "../../src/collector/drain.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import type { RecordResult, Writer } from "../../src/ledger/writer.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { compareLedger } from "../support/ledger-compare.ts";
import { down, node } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { type LedgerStep, LedgerWorld } from "../support/ledger-world.ts";
import { openTestLedger, startCollector } from "../support/running-collector.ts";
import { until } from "../support/until.ts";

/** A world, and what a ledger must make of it. */
class WorldCase {
  readonly world = new LedgerWorld();
  readonly ledger: Ledger;
  readonly #writer: Writer;
  #number = 0;

  private constructor(ledger: Ledger, writer: Writer) {
    this.ledger = ledger;
    this.#writer = writer;
  }

  /** Begins with the first reading, of a core that shows nothing yet. */
  static async begin(context: TestContext): Promise<WorldCase> {
    const directory = newDirectory();
    const ledger = await openSqliteLedger(join(directory, "usage.db"));
    context.after(async () => {
      await ledger.close();
      removeDirectory(directory);
    });
    const world = new WorldCase(ledger, await ledger.claim(node));
    assert.deepEqual(await world.take({ kind: "read", acceptClock: false }), ["first"]);
    return world;
  }

  /** Lets steps happen. @returns What became of the readings among them. */
  async take(...steps: readonly LedgerStep[]): Promise<RecordResult["state"][]> {
    const states: RecordResult["state"][] = [];
    for (const step of steps) {
      const number = this.#number++;
      const reading = this.world.apply(step, number);
      if (reading === undefined) continue;
      const acceptClock = step.kind === "read" && step.acceptClock;
      const { state } = await this.#writer.record(reading, { acceptClock });
      assert.equal(state, this.world.record(reading, acceptClock));
      states.push(state);
    }
    return states;
  }

  /** Sees that the ledger holds what the rules foresee. @returns Bytes booked, and causes of gaps after the first. */
  async end(): Promise<{ readonly total: bigint; readonly causes: readonly string[] }> {
    await compareLedger(this.ledger, node, this.world);
    this.world.checkTruth();
    const causes = (await this.ledger.gaps()).map(({ cause }) => cause).filter((cause) => cause !== "first-sight");
    return { total: (await this.ledger.totals()).total, causes };
  }
}

const read: LedgerStep = { kind: "read", acceptClock: false };
const readWithWord: LedgerStep = { kind: "read", acceptClock: true };
const pass = (seconds: number): LedgerStep => ({ kind: "pass", seconds });
const flow = (bytes: number): LedgerStep => ({ kind: "traffic", counter: 0, bytes });
const step = (seconds: number): LedgerStep => ({ kind: "wall-step", seconds });

for (const [direction, sign] of [
  ["forward", 1],
  ["backward", -1],
] as const) {
  test(`an NTP step ${direction} of an hour books nothing until the clock is right again, and loses nothing`, async (context) => {
    const world = await WorldCase.begin(context);
    const states = await world.take(
      ...[flow(1), pass(10), read],
      ...[step(sign * 3600), flow(20), pass(10), read, flow(300), pass(10), read],
      ...[step(sign * -3600), pass(10), read],
    );
    assert.deepEqual(states, ["ok", "clock", "clock", "ok"]);
    assert.deepEqual(await world.end(), { total: 321n, causes: [] });
  });

  test(`an NTP step ${direction} that an operator takes for right is booked at the new time`, async (context) => {
    const world = await WorldCase.begin(context);
    const states = await world.take(
      ...[flow(1), pass(10), read, step(sign * 3600), flow(20), pass(10), read],
      ...[readWithWord, flow(300), pass(10), read],
    );
    assert.deepEqual(states, ["ok", "clock", "ok", "ok"]);
    assert.deepEqual(await world.end(), { total: 321n, causes: [] });
  });

  test(`an NTP step ${direction} of seconds changes nothing`, async (context) => {
    const world = await WorldCase.begin(context);
    const states = await world.take(flow(1), pass(10), read, step(sign * 30), flow(20), pass(60), read);
    assert.deepEqual(states, ["ok", "ok"]);
    assert.deepEqual(await world.end(), { total: 21n, causes: [] });
  });
}

test("a sleeping machine that reads loses nothing", async (context) => {
  const world = await WorldCase.begin(context);
  const asleep: LedgerStep = { kind: "reader-sleeps", seconds: 7200 };
  const states = await world.take(
    flow(1),
    pass(10),
    read,
    flow(20),
    asleep,
    flow(300),
    read,
    flow(4000),
    pass(9),
    read,
  );
  assert.deepEqual(states, ["ok", "ok", "ok"]);
  assert.deepEqual(await world.end(), { total: 4321n, causes: [] });
});

test("a sleeping machine with the core on it loses nothing, and says what it cannot prove", async (context) => {
  const world = await WorldCase.begin(context);
  const asleep: LedgerStep = { kind: "core-sleeps", seconds: 7200 };
  const states = await world.take(
    flow(1),
    pass(10),
    read,
    flow(20),
    asleep,
    flow(300),
    read,
    flow(4000),
    pass(9),
    read,
  );
  assert.deepEqual(states, ["ok", "ok", "ok"]);
  assert.deepEqual(await world.end(), { total: 4321n, causes: ["uncertain-restart"] });
});

test("two cores on one port, in turn: of the other one nothing is booked, of ours everything", async (context) => {
  const world = await WorldCase.begin(context);
  const older: LedgerStep = { kind: "stranger", uptimeSeconds: 10, older: true };
  const younger: LedgerStep = { kind: "stranger", uptimeSeconds: 60, older: false };
  const states: string[] = [];
  for (const stranger of [older, younger, older])
    states.push(...(await world.take(flow(7), pass(10), stranger, flow(5), pass(10), read)));
  assert.deepEqual(states, ["other-core", "ok", "other-core", "ok", "other-core", "ok"]);
  assert.deepEqual(await world.end(), { total: 36n, causes: [] });
});

const name = down("alice");

test("drain beside collect, again and again: every byte once", async () => {
  await using core = await startEmbeddedCore({ dialect: "v2ray5" });
  await using kept = await openTestLedger();
  const nodes = [{ name: node, core: core.address }];
  await using collector = startCollector({ nodes, ledger: kept.ledger, intervalMs: 15 });
  await collector.tells(node, "recording");
  let flowed = 0n;
  for (let round = 1n; round <= 30n; round++) {
    core.add(name, round);
    flowed += round;
    const [drained] = await drain(nodes, kept.ledger);
    assert.equal(drained?.error, undefined);
    assert.equal(await kept.booked(node), flowed, "drain leaves nothing behind");
  }
  core.add(name, 1000n);
  await until(async () => (await kept.booked(node)) === flowed + 1000n);
  const causes = (await kept.ledger.gaps()).map(({ cause }) => cause);
  assert.deepEqual(causes, ["first-sight"]);
});

test("a claim lost in the middle of a poll: what was read before is not booked again", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await using kept = await openTestLedger();
  await using client = new StatsClient(core.address);
  let takenOver = 0;
  const source = {
    async snapshot(options: object) {
      const reading = await client.snapshot(options);
      // Another one takes the node, reads, books and is gone, before the reading of here arrives.
      if (core.get(name) === 77n && takenOver++ === 0)
        assert.equal((await drain([{ name: node, core: core.address }], kept.ledger))[0]?.result?.bytes, 77n);
      return reading;
    },
  };
  await using collector = startCollector({
    nodes: [{ name: node, core: source }],
    ledger: kept.ledger,
    intervalMs: 10,
  });
  await collector.tells(node, "recording");
  core.add(name, 77n);
  await collector.tells(node, "claim-lost");
  await until(() => collector.told(node).filter((kind) => kind === "recording").length === 2);
  assert.equal(await kept.booked(node), 77n);
  core.add(name, 3n);
  await until(async () => (await kept.booked(node)) === 80n);
});
