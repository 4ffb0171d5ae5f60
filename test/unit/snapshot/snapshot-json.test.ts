import assert from "node:assert/strict";
import { test } from "node:test";
import { isStatsError } from "../../../src/errors/stats-error.ts";
import { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { reading } from "./reading.ts";

const json = JSON.stringify(reading(12, { a: 1n, b: 2n ** 63n - 1n }));

test("Snapshot.toJSON writes bytes as decimal strings and times as ISO 8601", () => {
  const { evidence, ...rest } = JSON.parse(json);
  assert.deepEqual(rest, {
    version: 1,
    counters: [
      { name: "a", value: "1" },
      { name: "b", value: "9223372036854775807" },
    ],
  });
  assert.deepEqual(Object.keys(evidence).sort(), [
    "bootId",
    "ended",
    "endpoint",
    "kind",
    "readerId",
    "started",
    "sysAfter",
    "sysBefore",
  ]);
  assert.deepEqual(evidence.ended, { at: "2023-11-14T22:13:32.000Z", monotonicMs: 17_000, sinceBootMs: 9_012_000 });
  assert.equal(evidence.sysAfter.totalAllocBytes, "1000000012");
  assert.equal(evidence.sysAfter.uptimeSeconds, 1012);
});

test("Snapshot.fromJSON says that the reading is none of this process", () => {
  assert.equal(Snapshot.fromJSON(JSON.parse(json)).evidence.origin, "json");
  const forged = JSON.parse(json);
  forged.evidence.origin = "core";
  assert.equal(Snapshot.fromJSON(forged).evidence.origin, "json");
});

test("Snapshot.fromJSON ignores what it does not know, and takes a reading without a boot id", () => {
  const data = JSON.parse(json);
  data.more = 1;
  data.evidence.more = 1;
  delete data.evidence.bootId;
  const { evidence } = Snapshot.fromJSON(data);
  assert.equal(evidence.bootId, undefined);
  assert.equal("more" in evidence, false);
});

/** What to put where; a missing value means to leave the key out. */
const wrong: readonly [path: string, ...values: readonly unknown[]][] = [
  ["version", undefined, 0, 2, "1", null],
  ["evidence", undefined, null, [], "text", 5],
  ["evidence.kind", undefined, "v2ray", "toString", null, 5],
  ["evidence.endpoint", undefined, null, 5, "\ud800", []],
  ["evidence.readerId", undefined, null, 5, "\udfff"],
  ["evidence.bootId", null, 5, "a\ud800b"],
  ["evidence.started", undefined, null, [], "2023-11-14T22:13:32.000Z"],
  ["evidence.ended", undefined, null, []],
  ["evidence.ended.at", undefined, null, 5, "", "1", "yesterday", "2023-11-14", "2023-11-14T22:13:32", "\ud800"],
  ["evidence.ended.monotonicMs", undefined, null, "5", Number.NaN, Number.POSITIVE_INFINITY],
  ["evidence.started.sinceBootMs", undefined, null, "5", {}],
  ["evidence.sysBefore", undefined, null, [], 5],
  ["evidence.sysAfter", undefined, null, []],
  ["evidence.sysAfter.uptimeSeconds", undefined, null, "5", -1, 1.5, Number.NaN, 2 ** 53],
  ["evidence.sysAfter.goroutines", undefined, "5", -1],
  ["evidence.sysAfter.gcCycles", undefined, -1],
  ["evidence.sysBefore.totalAllocBytes", undefined, null, 5, "-1", "1.5", "1e3", "0x10", "", `${2n ** 64n}`],
  ["evidence.sysBefore.allocBytes", undefined, "x"],
  ["evidence.sysBefore.sysBytes", undefined, "x"],
  ["evidence.sysBefore.mallocs", undefined, "x"],
  ["evidence.sysBefore.frees", undefined, "x"],
  ["evidence.sysBefore.liveObjects", undefined, "x"],
  ["evidence.sysBefore.pauseTotalNs", undefined, "x"],
  ["counters", undefined, null, {}, "text", { 0: { name: "a", value: "1" }, length: 1 }],
  ["counters[1]", null, 5, "a", [], ["a", "1"]],
  ["counters[1].name", undefined, null, 5, "\ud800", "a\udc00"],
  [
    "counters[1].value",
    undefined,
    null,
    5,
    "-1",
    "+1",
    "1e3",
    "1.0",
    " 1",
    "1\n",
    "",
    "0x1",
    "1_000",
    "٣",
    "9".repeat(21),
  ],
  ["counters[1].value", `${2n ** 63n}`, `${2n ** 64n - 1n}`],
];

/** The data with another value at a path, or without it. */
function changed(path: string, value: unknown): unknown {
  const data = JSON.parse(json);
  const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
  const last = keys.pop() as string;
  const parent = keys.reduce((node, key) => node[key], data);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return data;
}

function refuses(data: unknown, path: string): void {
  assert.throws(
    () => Snapshot.fromJSON(data),
    (error) => {
      assert.ok(isStatsError(error), `${error}`);
      assert.equal(error.code, "malformed");
      assert.ok(error.message.startsWith(`not a snapshot: ${path} must be `), error.message);
      assert.match(`${error.advice}`, /JSON\.stringify/);
      return true;
    },
  );
}

for (const [path, ...values] of wrong) {
  test(`Snapshot.fromJSON refuses a wrong ${path}, and names it`, () => {
    for (const value of values) refuses(changed(path, value), path);
  });
}

test("Snapshot.fromJSON refuses what is no object, and a list with holes", () => {
  for (const data of [undefined, null, 5, "text", json, [], true]) refuses(data, "snapshot");
  refuses({ ...JSON.parse(json), counters: new Array(1) }, "counters[0]");
});
