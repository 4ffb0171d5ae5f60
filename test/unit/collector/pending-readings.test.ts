import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingReadings } from "../../../src/collector/pending-readings.ts";
import type { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { reading } from "../snapshot/reading.ts";
import { counter } from "./fake-core.ts";

function kept(...readings: readonly Snapshot[]): Snapshot[] {
  const pending = new PendingReadings();
  for (const each of readings) pending.add(each);
  const all: Snapshot[] = [];
  for (; pending.first !== undefined; pending.shift()) all.push(pending.first);
  return all;
}

test("of each life of a core the first and the last reading are kept", () => {
  const life = [1, 2, 3, 4].map((at) => reading(at, { [counter]: BigInt(at) }));
  // It outgrows the old one at once.
  const next = [5, 6, 7].map((at) => reading(at, { [counter]: BigInt(at) }, { up: at - 5, allocated: BigInt(at) }));
  assert.deepEqual(kept(...life, ...next), [life[0], life[3], next[0], next[2]]);
});

test("what a restart, a reset by others or a counter that vanished would hide is kept", () => {
  const first = reading(5, { [counter]: 5n, other: 5n });
  const before = reading(10, { [counter]: 10n, other: 5n });
  const after = [
    reading(20, { [counter]: 1n, other: 5n }, { up: 5, allocated: 1n }),
    reading(20, { [counter]: 1n, other: 5n }),
    reading(20, { [counter]: 20n }),
  ];
  for (const later of after) assert.deepEqual(kept(first, before, later), [first, before, later]);
});

test("a core that restarts again and again does not fill the memory", () => {
  const readings = Array.from({ length: 1000 }, (_, at) => {
    return reading(at * 60, { [counter]: 1n }, { up: 5, allocated: BigInt(1_000_000 - at) });
  });
  const held = kept(...readings);
  assert.equal(held.length, 64);
  assert.equal(held.at(-1), readings.at(-1));
});
