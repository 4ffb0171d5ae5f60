import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsedMs, judgeEpoch } from "../../../src/snapshot/epoch.ts";
import type { SnapshotEvidence } from "../../../src/snapshot/evidence.ts";
import { sysStats } from "../../support/simulated-world.ts";

interface Moment {
  /** The core's uptime. */
  readonly up: number;
  /** Seconds by the clock since boot. */
  readonly boot: number;
  /** Seconds by the wall clock; as `boot` where it was not stepped. */
  readonly wall?: number;
  readonly allocated?: bigint;
  readonly bootId?: string | undefined;
  readonly kind?: SnapshotEvidence["kind"];
  readonly endpoint?: string;
}

function evidence({ up, boot, wall = boot, allocated = 1000n, ...rest }: Moment): SnapshotEvidence {
  const instant = { at: new Date(1e12 + wall * 1000), monotonicMs: boot * 1000, sinceBootMs: boot * 1000 };
  const sys = sysStats(up, allocated);
  return {
    origin: "core",
    endpoint: "127.0.0.1:10085",
    kind: "v2ray4",
    readerId: "reader",
    bootId: "boot",
    started: instant,
    ended: instant,
    sysBefore: sys,
    sysAfter: sys,
    ...rest,
  };
}

// The core was up 100 s when it was read; 50 s pass by the clock since boot. E is 150 s, a restart fits up to 52 s.
const before: Moment = { up: 100, boot: 0 };
const rows: readonly [title: string, after: Moment, counterFell: boolean, verdict: string, restartPossible: boolean][] =
  [
    [
      "a sys value fell, U as expected, no restart fits",
      { up: 150, boot: 50, allocated: 1n },
      false,
      "other-core",
      false,
    ],
    ["a sys value fell, U short, a restart fits", { up: 49, boot: 50, allocated: 1n }, false, "restarted", false],
    ["a sys value fell, U short, a restart fits just", { up: 52, boot: 50, allocated: 1n }, true, "restarted", false],
    ["a sys value fell, U short, no restart fits", { up: 53, boot: 50, allocated: 1n }, true, "other-core", false],
    ["only a counter fell, U as expected", { up: 148, boot: 50 }, true, "foreign-reset", false],
    ["only a counter fell, U short, a restart fits", { up: 30, boot: 50 }, true, "foreign-reset", true],
    ["only a counter fell, U short, no restart fits", { up: 120, boot: 50 }, true, "foreign-reset", false],
    ["nothing fell, U as expected", { up: 152, boot: 50 }, false, "same", false],
    ["nothing fell, U short, a restart fits", { up: 30, boot: 50 }, false, "same", true],
    ["nothing fell, U short, no restart fits: the core's machine slept", { up: 120, boot: 50 }, false, "same", false],
    ["nothing fell, only the wall clock puts U at E", { up: 10_100, boot: 20_000, wall: 10_000 }, false, "same", false],
    [
      "a counter fell, only the wall puts U at E",
      { up: 10_100, boot: 20_000, wall: 10_000 },
      true,
      "foreign-reset",
      true,
    ],
    ["U above E by every clock, nothing fell", { up: 153, boot: 50 }, false, "other-core", false],
    ["U above E by every clock, all fell", { up: 153, boot: 50, allocated: 1n }, true, "other-core", false],
    ["U above E by one clock only: the wall was stepped back", { up: 150, boot: 50, wall: -500 }, false, "same", false],
    ["another boot: only the wall counts", { up: 150, boot: 9000, wall: 50, bootId: "other" }, false, "same", false],
    ["no boot id: only the wall counts", { up: 150, boot: 9000, wall: 50, bootId: undefined }, false, "same", false],
    ["another kind of core", { up: 150, boot: 50, kind: "xray" }, false, "other-core", false],
    ["another endpoint", { up: 150, boot: 50, endpoint: "127.0.0.1:2" }, false, "other-core", false],
  ];

for (const [title, after, counterFell, verdict, restartPossible] of rows) {
  test(`judgeEpoch: ${title}`, () => {
    assert.deepEqual(judgeEpoch(evidence(before), evidence(after), counterFell), { verdict, restartPossible });
  });
}

for (const field of ["totalAllocBytes", "mallocs", "gcCycles", "pauseTotalNs"] as const)
  test(`judgeEpoch: a restart shows in ${field} alone`, () => {
    const after = evidence({ up: 49, boot: 50 });
    const large = { ...after.sysBefore, totalAllocBytes: 9n, mallocs: 9n, gcCycles: 9, pauseTotalNs: 9n };
    const a = { ...evidence(before), sysAfter: { ...large, uptimeSeconds: 100 } };
    const lower = field === "gcCycles" ? { gcCycles: 8 } : { [field]: 8n };
    const b = { ...after, sysBefore: { ...large, ...lower } };
    assert.deepEqual(judgeEpoch(a, b, false), { verdict: "restarted", restartPossible: false });
    assert.equal(judgeEpoch(a, { ...b, sysBefore: large }, false).verdict, "same");
  });

test("judgeEpoch allows for the time the readings took", () => {
  const slow = { ...evidence({ up: 156, boot: 54 }), started: evidence({ up: 0, boot: 50 }).started };
  assert.equal(judgeEpoch(evidence(before), slow, false).verdict, "same");
});

test("elapsedMs counts the machine's sleep, and takes the finer clock where there was none", () => {
  const slept = { ...evidence({ up: 0, boot: 50 }), ended: { at: new Date(), monotonicMs: 1000, sinceBootMs: 50_000 } };
  assert.equal(elapsedMs(evidence(before), slept), 50_000);
  const fine = {
    ...evidence({ up: 0, boot: 50 }),
    ended: { at: new Date(), monotonicMs: 50_003, sinceBootMs: 50_000 },
  };
  assert.equal(elapsedMs(evidence(before), fine), 50_003);
});
