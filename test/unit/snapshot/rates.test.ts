import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StatsError } from "../../../src/errors/stats-error.ts";
import { createDelta, createUnreachableDelta, type Delta } from "../../../src/snapshot/delta.ts";
import { createRateSmoother, deltaRates, type RateSmoother } from "../../../src/snapshot/rates.ts";
import { reading, wall } from "./reading.ts";

const snapshot = reading(0, {});
const unreachable = createUnreachableDelta(new StatsError("unreachable", "gone"), snapshot, wall(0));

/** A poll in which a user's downlink moved by some bytes, a number for each user. */
function poll(elapsedMs: number, bytes: Readonly<Record<string, number>> = {}): Delta {
  const moved = Object.entries(bytes).map(([user, bytes]) => {
    return { name: `user>>>${user}>>>traffic>>>downlink`, bytes: BigInt(bytes), value: BigInt(bytes) };
  });
  const facts = { state: "ok" as const, from: snapshot, to: snapshot, at: wall(0), foreignReset: false };
  return createDelta({ ...facts, elapsedMs, error: undefined, gaps: [] }, () => moved);
}

function downlink(smoother: RateSmoother, user = "a"): number {
  return smoother.rates("user").find(({ subject }) => subject === user)?.downlinkBytesPerSecond ?? 0;
}

/** The rates at quiet polls until the subject is forgotten. */
function untilForgotten(smoother: RateSmoother, elapsedMs: number): number[] {
  const rates: number[] = [];
  while (smoother.rates("user").length > 0) {
    smoother.add(poll(elapsedMs));
    assert.ok(rates.push(downlink(smoother)) < 100_000, "never forgotten");
  }
  return rates;
}

function close(actual: number, expected: number, relative: number): void {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual}, not ${expected}`);
}

test("deltaRates gives bytes over elapsed time, by direction and scope", () => {
  const delta = createDelta({ ...poll(0), elapsedMs: 2500 }, () => [
    { name: "user>>>a>>>traffic>>>uplink", bytes: 1000n, value: 1n },
    { name: "user>>>a>>>traffic>>>downlink", bytes: 5000n, value: 1n },
    { name: "user>>>__proto__>>>traffic>>>downlink", bytes: 10n, value: 1n },
    { name: "inbound>>>in>>>traffic>>>uplink", bytes: 7n, value: 1n },
  ]);
  assert.deepEqual(deltaRates(delta, "user"), [
    { scope: "user", subject: "a", uplinkBytesPerSecond: 400, downlinkBytesPerSecond: 2000 },
    { scope: "user", subject: "__proto__", uplinkBytesPerSecond: 0, downlinkBytesPerSecond: 4 },
  ]);
  assert.deepEqual(deltaRates(delta, "inbound"), [
    { scope: "inbound", subject: "in", uplinkBytesPerSecond: 2.8, downlinkBytesPerSecond: 0 },
  ]);
  assert.deepEqual(deltaRates(delta, "outbound"), []);
});

test("deltaRates of a delta without a reading, or without any time, is empty", () => {
  assert.deepEqual(deltaRates(unreachable, "user"), []);
  assert.deepEqual(deltaRates(poll(0, { a: 5 }), "user"), []);
});

test("createRateSmoother refuses a time constant that is not above zero", () => {
  for (const timeConstantMs of [0, -1, Number.NaN]) {
    assert.throws(() => createRateSmoother({ timeConstantMs }), RangeError);
  }
});

const timeConstantMs = 10_000;
const lump = 50_000_000;

test("a lump shows as a hill that starts at nothing, is highest after the time constant and holds all its bytes", () => {
  const smoother = createRateSmoother({ timeConstantMs });
  // The poll that saw the lump, then quiet ones until the subject is forgotten.
  const stepMs = 100;
  const heights: number[] = [];
  smoother.add(poll(stepMs, { a: lump }));
  heights.push(downlink(smoother), ...untilForgotten(smoother, stepMs));
  const highest = Math.max(...heights);
  assert.ok((heights[0] as number) < highest / 50, `begins at ${heights[0]}`);
  assert.ok(highest <= lump / (Math.E * 10), `${highest} at its highest`);
  close(highest, lump / (Math.E * 10), 1e-3);
  close(heights.indexOf(highest) * stepMs, timeConstantMs, 0.02);
  close(
    heights.reduce((sum, height) => sum + (height * stepMs) / 1000, 0),
    lump,
    1e-6,
  );
});

test("no poll interval makes a lump jump above the hill of one that came at an instant", () => {
  const delta = fc.record({ elapsedMs: fc.integer({ min: 1, max: 60_000 }), bytes: fc.nat({ max: lump }) });
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 20 }), (deltas) => {
      const smoother = createRateSmoother({ timeConstantMs });
      let bytes = 0;
      for (const delta of deltas) {
        smoother.add(poll(delta.elapsedMs, { a: delta.bytes }));
        bytes += delta.bytes;
        assert.ok(downlink(smoother) <= (bytes / (Math.E * 10)) * (1 + 1e-9));
      }
    }),
  );
});

test("the smoothed rates hold every byte that flowed, whatever the flow", () => {
  const bytes = fc.oneof(fc.constant(0), fc.integer({ min: 10_000, max: 10_000_000 }));
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 50 }), (flow) => {
      const smoother = createRateSmoother({ timeConstantMs });
      let area = 0;
      for (const bytes of flow) {
        smoother.add(bytes === 0 ? poll(1000) : poll(1000, { a: bytes }));
        area += downlink(smoother);
      }
      for (const rate of untilForgotten(smoother, 1000)) area += rate;
      // What is left when a subject is forgotten flows at less than half a byte a second.
      const bytes = flow.reduce((sum, bytes) => sum + bytes, 0);
      assert.ok(Math.abs(area - bytes) <= 6 + bytes * 1e-9, `${area} of ${bytes}`);
    }),
  );
});

test("the same flow gives the same rates at the same instants, polled every second or at any others", () => {
  // Bytes per millisecond, constant for a second each: whole bytes wherever a poll falls.
  const flow = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100_000 })), {
    minLength: 1,
    maxLength: 12,
  });
  const cuts = fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 5 });
  fc.assert(
    fc.property(flow, fc.array(cuts, { minLength: 12, maxLength: 12 }), (flow, cuts) => {
      const bySecond = createRateSmoother({ timeConstantMs: 3000 });
      const atWill = createRateSmoother({ timeConstantMs: 3000 });
      flow.forEach((bytesPerMs, second) => {
        const moved = (ms: number): Record<string, number> => (bytesPerMs === 0 ? {} : { a: bytesPerMs * ms });
        bySecond.add(poll(1000, moved(1000)));
        let from = 0;
        for (const cut of [...(cuts[second] ?? []), 1000].sort((a, b) => a - b)) {
          if (cut > from) atWill.add(poll(cut - from, moved(cut - from)));
          from = cut;
        }
        assert.ok(Math.abs(downlink(bySecond) - downlink(atWill)) <= 1e-9 * (1 + downlink(bySecond)));
      });
    }),
  );
});

for (const [bytesPerPoll, elapsedMs] of [
  [1_000_000, 1000],
  [4, 1000],
  [4, 100],
] as const) {
  test(`a steady flow of ${bytesPerPoll} bytes in ${elapsedMs} ms shows as its rate`, () => {
    const smoother = createRateSmoother({ timeConstantMs });
    for (let ms = 0; ms < 30 * timeConstantMs; ms += elapsedMs) smoother.add(poll(elapsedMs, { a: bytesPerPoll }));
    close(downlink(smoother), (bytesPerPoll / elapsedMs) * 1000, 1e-9);
  });
}

test("a delta without a reading changes nothing, and the next that has one covers its time", () => {
  const smoother = createRateSmoother({ timeConstantMs });
  const calm = createRateSmoother({ timeConstantMs });
  smoother.add(poll(1000, { a: 1_000_000 }));
  calm.add(poll(1000, { a: 1_000_000 }));
  const before = smoother.rates("user");
  for (let i = 0; i < 10; i++) smoother.add(unreachable);
  assert.deepEqual(smoother.rates("user"), before);
  smoother.add(poll(11_000, { a: 11_000 }));
  calm.add(poll(11_000, { a: 11_000 }));
  assert.deepEqual(smoother.rates("user"), calm.rates("user"));
});

test("a subject is forgotten when it has been quiet for long, not while it moves", () => {
  const smoother = createRateSmoother();
  smoother.add(poll(1000, { a: 1_000_000, slow: 1 }));
  assert.deepEqual(subjects(smoother), ["a", "slow"]);
  smoother.add(poll(1000, { slow: 1 }));
  smoother.add(unreachable);
  assert.deepEqual(subjects(smoother), ["a", "slow"]);
  smoother.add(poll(1000));
  assert.deepEqual(subjects(smoother), ["a"]);
  smoother.add(poll(50_000));
  assert.deepEqual(subjects(smoother), ["a"]);
  smoother.add(poll(150_000));
  assert.deepEqual(subjects(smoother), []);
});

test("rates are of one scope, fastest first, both directions together", () => {
  const smoother = createRateSmoother();
  const moved = [
    ["user>>>slow>>>traffic>>>downlink", 5_000n],
    ["user>>>both>>>traffic>>>uplink", 40_000n],
    ["user>>>both>>>traffic>>>downlink", 40_000n],
    ["user>>>fast>>>traffic>>>downlink", 60_000n],
    ["outbound>>>direct>>>traffic>>>downlink", 1_000_000n],
  ] as const;
  smoother.add(createDelta(poll(1000), () => moved.map(([name, bytes]) => ({ name, bytes, value: bytes }))));
  assert.deepEqual(subjects(smoother), ["both", "fast", "slow"]);
  assert.deepEqual(
    smoother.rates("outbound").map(({ scope, subject }) => [scope, subject]),
    [["outbound", "direct"]],
  );
  assert.deepEqual(smoother.rates("inbound"), []);
  const both = smoother.rates("user").find(({ subject }) => subject === "both");
  assert.ok(both !== undefined && both.uplinkBytesPerSecond > 0);
  assert.equal(both.uplinkBytesPerSecond, both.downlinkBytesPerSecond);
});

function subjects(smoother: RateSmoother): string[] {
  return smoother.rates("user").map(({ subject }) => subject);
}
