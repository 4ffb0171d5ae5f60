import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Snapshot } from "../../src/snapshot/snapshot.ts";
import { trackSnapshots } from "../../src/snapshot/track-snapshots.ts";
import { counterNames, SimulatedWorld, type WorldEvent } from "../support/simulated-world.ts";

const counter = fc.nat({ max: counterNames.length - 1 });
const seconds = fc.oneof(fc.double({ min: 0.01, max: 5, noNaN: true }), fc.integer({ min: 5, max: 7200 }));
const events: fc.Arbitrary<WorldEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("traffic" as const), counter, bytes: fc.nat({ max: 100_000 }) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("read" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), downSeconds: seconds }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("foreign-reset" as const), counters: fc.uniqueArray(counter) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("wall-step" as const),
      seconds: fc.integer({ min: -90_000, max: 90_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("core-sleeps" as const), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reader-sleeps" as const), seconds }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("stranger" as const),
      uptimeSeconds: fc.integer({ min: 10, max: 1_000_000 }),
      older: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), counter }) },
);

interface Outcome {
  readonly booked: bigint;
  readonly flowed: bigint;
  readonly unreadable: bigint;
  readonly bound: bigint | "unknown";
  readonly gaps: number;
  /** Something happened that no reading can show, and that is told apart: see `run`. */
  readonly unseen: boolean;
}

/** Runs a world past a tracker and compares with what truly flowed. */
function run(script: readonly WorldEvent[]): Outcome {
  const world = new SimulatedWorld();
  world.apply({ kind: "pass", seconds: 100 });
  const tracker = trackSnapshots(world.read());
  let booked = 0n;
  let bound: bigint | "unknown" = 0n;
  let gaps = 0;
  let unseen = false;
  let resets = 0;
  let restarts = 0;
  let forgotten = false;
  let uptimeRead = world.core.uptime;
  for (const event of [...script, { kind: "read" } as const]) {
    if (event.kind === "stranger") {
      const delta = tracker.next(readStranger(world, event));
      assert.equal(delta.error?.code, "other-core");
      assert.deepEqual(delta.counters(), []);
      continue;
    }
    if (event.kind !== "read") {
      world.apply(event);
      if (event.kind === "foreign-reset") resets++;
      if (event.kind === "restart") restarts++;
      forgotten ||= event.kind === "forget";
      continue;
    }
    const delta = tracker.next(world.read());
    assert.equal(delta.error, undefined, "our own core is never taken for another");
    for (const { bytes } of delta.counters()) {
      assert.ok(bytes > 0n);
      booked += bytes;
    }
    gaps += delta.gaps.length;
    for (const gap of delta.gaps) {
      if (gap.bound === "unknown" || bound === "unknown") bound = "unknown";
      else bound += gap.bound.reduce((sum, { value }) => sum + value, 0n);
    }
    // A reset after which all outgrew their old values shows nowhere; nor does the restart of a core that had just
    // started when it was read, or one hidden in a sleep of the core's machine that no clock of ours knows.
    if (resets > 0 && !delta.foreignReset && !delta.restarted) unseen = true;
    if (restarts > 0 && !delta.restarted && delta.gaps.length === 0 && uptimeRead <= 3) unseen = true;
    // Counters that a core forgets and that begin anew above their old value are a reset that nobody can see.
    if (forgotten) unseen = true;
    resets = 0;
    restarts = 0;
    uptimeRead = world.core.uptime;
  }
  return { booked, flowed: sum(world.flowed), unreadable: sum(world.unreadable), bound, gaps, unseen };
}

/**
 * A stranger that can be told: much older than our core can be, or younger than it was but up since before the last
 * reading. One whose uptime fits as a restart cannot.
 */
function readStranger(world: SimulatedWorld, { older, uptimeSeconds }: WorldEvent & { kind: "stranger" }): Snapshot {
  if (older) return world.readStranger(world.core.uptime + 10_000_000 + uptimeSeconds, 10n ** 15n);
  return world.readStranger(world.secondsSinceReading + uptimeSeconds, 1n);
}

function sum(values: ReadonlyMap<string, bigint>): bigint {
  return [...values.values()].reduce((total, value) => total + value, 0n);
}

test("trackSnapshots never books more than flowed, and all of it where no gap is told", () => {
  let exact = 0;
  fc.assert(
    fc.property(fc.array(events, { maxLength: 40, size: "max" }), (script) => {
      const { booked, flowed, unreadable, bound, gaps, unseen } = run(script);
      assert.ok(booked <= flowed, `booked ${booked} of ${flowed}`);
      if (unseen) return;
      if (gaps === 0) {
        assert.equal(booked, flowed);
        exact++;
      } else if (bound !== "unknown") {
        assert.ok(flowed - booked <= bound + unreadable, `missing ${flowed - booked}, bound ${bound} + ${unreadable}`);
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(exact > 100, `only ${exact} worlds without a gap`);
});
