import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Delta } from "../../../src/snapshot/delta.ts";
import { NameTable } from "../../../src/snapshot/name-table.ts";
import { trackSnapshots } from "../../../src/snapshot/track-snapshots.ts";
import { byName, reading, wall } from "./reading.ts";

function bytes(delta: Delta): Record<string, bigint> {
  return Object.fromEntries(delta.counters().map(({ name, bytes }) => [name, bytes]));
}

test("trackSnapshots compares each reading with the one before, and moves on", () => {
  const first = reading(0, { a: 10n });
  const tracker = trackSnapshots(first);
  assert.equal(tracker.last, first);
  assert.deepEqual(bytes(tracker.next(reading(1, { a: 12n }))), { a: 2n });
  const third = reading(2, { a: 15n });
  assert.deepEqual(bytes(tracker.next(third)), { a: 3n });
  assert.equal(tracker.last, third);
});

test("trackSnapshots books a vanished counter that returns above its last value by the difference", () => {
  const tracker = trackSnapshots(reading(0, { a: 10n, b: 1n }));
  assert.deepEqual(bytes(tracker.next(reading(1, { b: 2n }))), { b: 1n });
  assert.deepEqual(bytes(tracker.next(reading(2, { b: 3n }))), { b: 1n });
  const back = tracker.next(reading(3, { a: 14n, b: 3n }));
  assert.deepEqual(bytes(back), { a: 4n });
  assert.deepEqual(back.gaps, []);
  assert.deepEqual(bytes(tracker.next(reading(4, { a: 15n, b: 3n }))), { a: 1n });
});

test("trackSnapshots books one that returns at its last value as nothing", () => {
  const tracker = trackSnapshots(reading(0, { a: 10n }));
  tracker.next(reading(1, {}));
  const back = tracker.next(reading(2, { a: 10n }));
  assert.deepEqual(bytes(back), {});
  assert.deepEqual(back.gaps, []);
});

test("trackSnapshots books one that returns below its last value in full, with a gap since it was last seen", () => {
  const tracker = trackSnapshots(reading(0, { a: 10n, b: 10n, c: 10n }));
  tracker.next(reading(1, { b: 10n, c: 10n }));
  tracker.next(reading(2, { c: 10n }));
  tracker.next(reading(3, {}));
  const back = tracker.next(reading(4, { b: 4n, c: 3n }));
  assert.deepEqual(bytes(back), { b: 4n, c: 3n });
  assert.equal(back.state, "ok");
  assert.equal(back.foreignReset, false);
  assert.deepEqual(back.gaps, [{ cause: "counter-lost", from: wall(1), to: wall(4), bound: "unknown" }]);
  // Told once, and the new value is the base now.
  const next = tracker.next(reading(5, { a: 2n, b: 5n, c: 3n }));
  assert.deepEqual(bytes(next), { a: 2n, b: 1n });
  assert.deepEqual(next.gaps, [{ cause: "counter-lost", from: wall(0), to: wall(5), bound: "unknown" }]);
});

test("trackSnapshots remembers a counter that vanishes while others come", () => {
  const tracker = trackSnapshots(reading(0, { a: 10n }));
  tracker.next(reading(1, { b: 1n, c: 1n }));
  assert.deepEqual(bytes(tracker.next(reading(2, { a: 12n, b: 1n, c: 1n }))), { a: 2n });
});

test("trackSnapshots bounds a gap by the last values of vanished counters, too", () => {
  const bound = [
    { name: "b", value: 2n },
    { name: "a", value: 10n },
  ];
  const uncertain = trackSnapshots(reading(0, { a: 10n, b: 1n }));
  uncertain.next(reading(1, { b: 2n }));
  const [gap] = uncertain.next(reading(10_000, { b: 3n }, { up: 60 })).gaps;
  assert.deepEqual(gap, { cause: "uncertain-restart", from: wall(1), to: wall(10_000), bound });
  const reset = trackSnapshots(reading(0, { a: 10n, b: 1n, c: 1n }));
  reset.next(reading(1, { b: 2n, c: 1n }));
  const [foreign] = reset.next(reading(2, { b: 2n, c: 0n })).gaps;
  assert.deepEqual(foreign, { cause: "foreign-reset", from: wall(1), to: wall(2), bound });
  // One that is back counts once.
  const back = trackSnapshots(reading(0, { a: 10n }));
  back.next(reading(1, {}));
  back.next(reading(2, { a: 11n }));
  const [again] = back.next(reading(10_000, { a: 12n }, { up: 60 })).gaps;
  assert.deepEqual(again?.bound, [{ name: "a", value: 11n }]);
});

test("trackSnapshots remembers a counter that vanishes twice by its latest value", () => {
  const tracker = trackSnapshots(reading(0, { a: 10n }));
  tracker.next(reading(1, {}));
  tracker.next(reading(2, { a: 30n }));
  tracker.next(reading(3, {}));
  assert.deepEqual(bytes(tracker.next(reading(4, { a: 31n }))), { a: 1n });
});

test("trackSnapshots forgets vanished counters at a restart: what they show then is new", () => {
  const tracker = trackSnapshots(reading(0, { a: 10n, b: 1n }));
  tracker.next(reading(10, { b: 1n }));
  const restarted = tracker.next(reading(20, { b: 3n }, { up: 5, allocated: 5n }));
  assert.equal(restarted.restarted, true);
  assert.deepEqual(bytes(restarted), { b: 3n });
  const back = tracker.next(reading(30, { a: 11n, b: 3n }, { up: 15, allocated: 6n }));
  assert.deepEqual(bytes(back), { a: 11n });
  assert.deepEqual(back.gaps, []);
});

test("trackSnapshots keeps its base past another core, and books all when the right one is back", () => {
  const first = reading(0, { a: 10n, gone: 5n });
  const tracker = trackSnapshots(first);
  const second = reading(10, { a: 11n });
  tracker.next(second);
  for (const at of [20, 30]) {
    const stranger = tracker.next(reading(at, { a: 999n, gone: 999n }, { up: 99_999 }));
    assert.equal(stranger.error?.code, "other-core");
    assert.deepEqual(bytes(stranger), {});
    assert.equal(stranger.from, second);
    assert.equal(tracker.last, second);
  }
  const healed = tracker.next(reading(40, { a: 14n, gone: 6n }));
  assert.equal(healed.from, second);
  assert.equal(healed.elapsedMs, 30_000);
  assert.deepEqual(bytes(healed), { a: 3n, gone: 1n });
  assert.deepEqual(healed.gaps, []);
});

test("trackSnapshots refuses an old reading and stays where it is", () => {
  const tracker = trackSnapshots(reading(0, { a: 1n }));
  const last = reading(10, { a: 2n });
  tracker.next(last);
  assert.throws(() => tracker.next(reading(5, { a: 9n })), RangeError);
  assert.equal(tracker.last, last);
  assert.deepEqual(bytes(tracker.next(reading(20, { a: 3n }))), { a: 1n });
});

test("trackSnapshots after a foreign reset goes on from the new values", () => {
  const tracker = trackSnapshots(reading(0, { a: 100n, b: 7n }));
  const reset = tracker.next(reading(10, { a: 20n, b: 8n }));
  assert.equal(reset.foreignReset, true);
  assert.deepEqual(bytes(reset), { a: 20n, b: 1n });
  const next = tracker.next(reading(20, { a: 25n, b: 8n }));
  assert.equal(next.foreignReset, false);
  assert.deepEqual(bytes(next), { a: 5n });
  assert.deepEqual(next.gaps, []);
});

const counters = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.bigInt({ min: 0n, max: 9n }), {
  noNullPrototype: true,
});
const readings = fc.array(fc.tuple(counters, fc.constantFrom({}, {}, {}, { up: 60 }, { up: 99_999 })), {
  maxLength: 6,
});

test("trackSnapshots says the same whether its readings share a table of names or not", () => {
  fc.assert(
    fc.property(counters, readings, (first, later) => {
      const table = new NameTable();
      const shared = trackSnapshots(reading(0, first, { table }));
      const apart = trackSnapshots(reading(0, first));
      later.forEach(([counters, options], index) => {
        const at = (index + 1) * 1000;
        const delta = shared.next(reading(at, counters, { ...options, table }));
        assert.deepEqual(byCounter(delta), byCounter(apart.next(reading(at, counters, options))));
      });
    }),
    { numRuns: 1000 },
  );
});

function byCounter(delta: Delta): object {
  const gaps = delta.gaps.map((gap) => ({ ...gap, bound: gap.bound === "unknown" ? gap.bound : byName(gap.bound) }));
  return { state: delta.state, gaps, counters: byName(delta.counters()) };
}
