import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnsFrom } from "../../src/snapshot/counter-columns.ts";
import type { Instant, SnapshotEvidence, SysStats } from "../../src/snapshot/evidence.ts";
import { createSnapshot, Snapshot } from "../../src/snapshot/snapshot.ts";

const plain = { noNullPrototype: true } as const;
const text = fc.string({ unit: "binary" });
const wide = fc.oneof(fc.constant(2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const narrow = fc.nat({ max: 2 ** 31 - 1 });
const ms = fc.double({ min: 0, max: 1e15, noNaN: true }).map((value) => value + 0);

const sys: fc.Arbitrary<SysStats> = fc.record(
  {
    goroutines: narrow,
    gcCycles: narrow,
    allocBytes: wide,
    totalAllocBytes: wide,
    sysBytes: wide,
    mallocs: wide,
    frees: wide,
    liveObjects: wide,
    pauseTotalNs: wide,
    uptimeSeconds: narrow,
  },
  plain,
);
const instant: fc.Arbitrary<Instant> = fc.record(
  {
    at: fc.date({ noInvalidDate: true }),
    monotonicMs: ms,
    sinceBootMs: ms,
  },
  plain,
);
const evidence: fc.Arbitrary<SnapshotEvidence> = fc.record(
  {
    origin: fc.constantFrom("core", "json"),
    endpoint: text,
    kind: fc.constantFrom("v2ray4", "v2ray5", "xray", "sing-box", "unknown"),
    readerId: text,
    bootId: fc.option(text, { nil: undefined }),
    started: instant,
    ended: instant,
    sysBefore: sys,
    sysAfter: sys,
  },
  plain,
);
const name = fc.oneof(text, fc.constantFrom("__proto__", "user>>>__proto__>>>traffic>>>uplink", "\ufeff", "\0"));
const value = fc.oneof(
  fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
);
const counters = fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name });

test("Snapshot.fromJSON gives back what toJSON wrote, marked as JSON", () => {
  fc.assert(
    fc.property(counters, evidence, (counters, evidence) => {
      const snapshot = createSnapshot(columnsFrom(counters.map(([name, value]) => ({ name, value }))), evidence);
      const json = JSON.stringify(snapshot);
      const restored = Snapshot.fromJSON(JSON.parse(json));
      assert.deepEqual(new Map(restored.counters().map(({ name, value }) => [name, value])), new Map(counters));
      assert.deepEqual(restored.evidence, { ...evidence, origin: "json" });
      assert.deepEqual(JSON.parse(JSON.stringify(restored)), JSON.parse(json));
    }),
    { numRuns: 500 },
  );
});

test("Snapshot.fromJSON of any JSON throws nothing but a StatsError", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ version: fc.constant(1), evidence: fc.jsonValue() })), (json) => {
      assert.throws(() => Snapshot.fromJSON(json), { name: "StatsError", code: "malformed" });
    }),
  );
});
