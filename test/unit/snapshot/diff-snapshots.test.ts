import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnsFrom } from "../../../src/snapshot/counter-columns.ts";
import type { Delta } from "../../../src/snapshot/delta.ts";
import { NameTable } from "../../../src/snapshot/name-table.ts";
import { createSnapshot, Snapshot } from "../../../src/snapshot/snapshot.ts";
import { diffSnapshots } from "../../../src/snapshot/track-snapshots.ts";
import { byName, type ReadingOptions, reading, wall } from "./reading.ts";

/** What moved, and what each counter shows now. */
function moved(delta: Delta): Record<string, readonly [bytes: bigint, value: bigint]> {
  return Object.fromEntries(delta.counters().map(({ name, bytes, value }) => [name, [bytes, value]]));
}

function facts({ state, restarted, foreignReset, error, gaps }: Delta): object {
  return { state, restarted, foreignReset, error: error?.code, gaps: gaps.map(({ cause }) => cause) };
}

const ok = { state: "ok", restarted: false, foreignReset: false, error: undefined, gaps: [] };
const restartedAfter40: ReadingOptions = { up: 60, allocated: 5n };

test("diffSnapshots gives the difference of every counter that moved, and nothing of those that stood still", () => {
  const earlier = reading(0, { a: 1n, b: 5n, still: 7n, zero: 0n });
  const later = reading(10, { a: 4n, b: 2n ** 63n - 1n, still: 7n, zero: 0n });
  const delta = diffSnapshots(earlier, later);
  assert.deepEqual(moved(delta), { a: [3n, 4n], b: [2n ** 63n - 6n, 2n ** 63n - 1n] });
  assert.deepEqual(facts(delta), ok);
  assert.equal(delta.from, earlier);
  assert.equal(delta.to, later);
  assert.deepEqual(delta.at, wall(10));
  assert.equal(delta.elapsedMs, 10_000);
});

test("diffSnapshots of a reading with itself, or of equal ones, is empty", () => {
  const snapshot = reading(0, { a: 1n });
  assert.deepEqual(moved(diffSnapshots(snapshot, snapshot)), {});
  assert.deepEqual(facts(diffSnapshots(snapshot, reading(5, { a: 1n }))), ok);
});

test("diffSnapshots sees a change in either half of the 64 bits", () => {
  const low = 2n ** 32n - 1n;
  const high = 2n ** 32n;
  const delta = diffSnapshots(reading(0, { a: 0n, b: 1n, c: low }), reading(1, { a: high, b: high + 1n, c: low + 1n }));
  assert.deepEqual(moved(delta), { a: [high, high], b: [high, high + 1n], c: [1n, low + 1n] });
});

test("diffSnapshots takes a counter first seen later in full, for it started at zero", () => {
  const delta = diffSnapshots(reading(0, { a: 1n }), reading(10, { a: 1n, fresh: 9n, idle: 0n }));
  assert.deepEqual(moved(delta), { fresh: [9n, 9n] });
  assert.deepEqual(facts(delta), ok);
});

test("diffSnapshots takes a vanished counter as unmoved", () => {
  const delta = diffSnapshots(reading(0, { a: 1n, gone: 9n }), reading(10, { a: 2n }));
  assert.deepEqual(moved(delta), { a: [1n, 2n] });
  assert.deepEqual(facts(delta), ok);
});

test("diffSnapshots after a restart gives all that counters show, with a gap up to the new start", () => {
  const earlier = reading(0, { a: 100n, quiet: 8n, gone: 3n });
  const delta = diffSnapshots(earlier, reading(100, { a: 150n, quiet: 8n, zero: 0n }, restartedAfter40));
  assert.deepEqual(moved(delta), { a: [150n, 150n], quiet: [8n, 8n] });
  assert.deepEqual(facts(delta), { ...ok, state: "restarted", restarted: true, gaps: ["core-restart"] });
  assert.deepEqual(delta.gaps, [{ cause: "core-restart", from: wall(0), to: wall(40), bound: "unknown" }]);
});

test("diffSnapshots leaves the beginning of a restart's gap open on Xray, whose spliced connections count at their end", () => {
  const earlier = reading(0, { a: 100n }, { kind: "xray" });
  const delta = diffSnapshots(earlier, reading(100, { a: 1n }, { kind: "xray", ...restartedAfter40 }));
  assert.deepEqual(delta.gaps, [{ cause: "core-restart", from: undefined, to: wall(40), bound: "unknown" }]);
});

test("diffSnapshots ends a restart's gap no earlier than it begins", () => {
  // The new core claims to have begun a second before the earlier reading: uptimes are whole seconds.
  const delta = diffSnapshots(reading(0, { a: 9n }), reading(100, { a: 1n }, { up: 101, allocated: 5n }));
  assert.deepEqual(delta.gaps, [{ cause: "core-restart", from: wall(0), to: wall(0), bound: "unknown" }]);
});

test("diffSnapshots after a foreign reset gives fallen counters in full, the others by difference, and one gap", () => {
  const earlier = reading(0, { fell: 100n, zeroed: 50n, outgrew: 10n, still: 7n, vanished: 2n });
  const delta = diffSnapshots(earlier, reading(10, { fell: 30n, zeroed: 0n, outgrew: 25n, still: 7n, fresh: 4n }));
  assert.deepEqual(moved(delta), { fell: [30n, 30n], outgrew: [15n, 25n], fresh: [4n, 4n] });
  assert.deepEqual(facts(delta), { ...ok, foreignReset: true, gaps: ["foreign-reset"] });
  const [gap] = delta.gaps;
  assert.deepEqual([gap?.from, gap?.to], [wall(0), wall(10)]);
  assert.deepEqual(byName(gap?.bound === "unknown" ? [] : (gap?.bound ?? [])), [
    { name: "outgrew", value: 10n },
    { name: "still", value: 7n },
    { name: "vanished", value: 2n },
  ]);
});

test("diffSnapshots where a restart is possible but unproven gives the difference and a gap bound by the old values", () => {
  const earlier = reading(0, { a: 100n, b: 0n });
  const delta = diffSnapshots(earlier, reading(10_000, { a: 150n, b: 3n }, { up: 60 }));
  assert.deepEqual(moved(delta), { a: [50n, 150n], b: [3n, 3n] });
  assert.deepEqual(facts(delta), { ...ok, gaps: ["uncertain-restart"] });
  const [gap] = delta.gaps;
  assert.deepEqual([gap?.from, gap?.to], [wall(0), wall(10_000)]);
  assert.deepEqual(byName(gap?.bound === "unknown" ? [] : (gap?.bound ?? [])), byName(earlier));
});

test("diffSnapshots where a counter fell and a restart is possible tells both gaps", () => {
  const delta = diffSnapshots(reading(0, { a: 100n, b: 1n }), reading(10_000, { a: 20n, b: 1n }, { up: 60 }));
  assert.deepEqual(moved(delta), { a: [20n, 20n] });
  assert.deepEqual(facts(delta), { ...ok, foreignReset: true, gaps: ["foreign-reset", "uncertain-restart"] });
});

const strangers: readonly [title: string, options: ReadingOptions][] = [
  ["is older than ours can be", { up: 99_999 }],
  ["allocated less and is too old for a restart", { up: 500, allocated: 5n }],
  ["is of another kind", { kind: "sing-box" }],
  ["is at another endpoint", { endpoint: "127.0.0.1:2" }],
];
for (const [title, options] of strangers) {
  test(`diffSnapshots books nothing of another core: it ${title}`, () => {
    const earlier = reading(0, { a: 100n });
    const delta = diffSnapshots(earlier, reading(100, { a: 900n, b: 5n }, options));
    assert.deepEqual(moved(delta), {});
    assert.deepEqual(delta.users(), []);
    assert.deepEqual(facts(delta), { ...ok, state: "unreachable", error: "other-core" });
    assert.equal(delta.from, earlier);
    assert.equal(delta.to, undefined);
    assert.equal(delta.elapsedMs, 0);
    assert.deepEqual(delta.at, wall(100));
    assert.match(`${delta.error?.message}`, /another core answers at 127\.0\.0\.1/);
  });
}

test("diffSnapshots refuses readings in the wrong order, and says nothing about those of two readers", () => {
  const earlier = reading(0, { a: 1n });
  const later = reading(10, { a: 2n });
  assert.throws(() => diffSnapshots(later, earlier), RangeError);
  const restored = (snapshot: Snapshot): Snapshot => Snapshot.fromJSON(JSON.parse(JSON.stringify(snapshot)));
  assert.throws(() => diffSnapshots(restored(later), restored(earlier)), RangeError);
  assert.deepEqual(moved(diffSnapshots(restored(earlier), later)), { a: [1n, 2n] });
  // Monotonic clocks of two processes cannot be compared.
  const elsewhere = reading(10, { a: 5n }, { readerId: "other" });
  const late = Snapshot.fromJSON({
    ...elsewhere.toJSON(),
    evidence: { ...elsewhere.toJSON().evidence, started: { ...instantJson(elsewhere), monotonicMs: 0 } },
  });
  assert.deepEqual(moved(diffSnapshots(earlier, late)), { a: [4n, 5n] });
});

function instantJson(snapshot: Snapshot): object {
  const { started } = snapshot.evidence;
  return { ...started, at: started.at.toISOString() };
}

const small = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d", "user>>>__proto__>>>traffic>>>uplink", ""),
  fc.oneof(fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 63n - 1n), fc.bigInt({ min: 0n, max: 5n })),
  { noNullPrototype: true },
);
const options: fc.Arbitrary<ReadingOptions> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.constantFrom(restartedAfter40, { up: 60 }, { up: 500 }, { up: 99_999 }),
);

test("diffSnapshots says the same whether both readings share a table of names or not", () => {
  fc.assert(
    fc.property(small, small, options, fc.array(fc.string()), (first, second, options, others) => {
      const table = new NameTable();
      reading(0, Object.fromEntries(others.map((name) => [name, 1n])), { table });
      const shared = diffSnapshots(reading(0, first, { table }), reading(100, second, { ...options, table }));
      const apart = diffSnapshots(reading(0, first), reading(100, second, options));
      assert.deepEqual(byCounter(shared), byCounter(apart));
    }),
    { numRuns: 2000 },
  );
});

function byCounter(delta: Delta): object {
  const gaps = delta.gaps.map((gap) => ({ ...gap, bound: gap.bound === "unknown" ? gap.bound : byName(gap.bound) }));
  return { ...facts(delta), gaps, counters: byName(delta.counters()) };
}

test("diffSnapshots refuses readings that overlap, of one process or of one machine", () => {
  const first = reading(0, { a: 1n });
  const whole = { ...first.evidence, ended: reading(2, {}).evidence.ended };
  const long = createSnapshot(columnsFrom([{ name: "a", value: 1n }]), whole);
  assert.throws(() => diffSnapshots(long, long), RangeError);
  assert.throws(() => diffSnapshots(long, reading(1, { a: 1n })), RangeError);
  assert.throws(() => diffSnapshots(long, reading(1, { a: 1n }, { readerId: "another process" })), RangeError);
  assert.equal(diffSnapshots(long, reading(3, { a: 2n })).state, "ok");
});
