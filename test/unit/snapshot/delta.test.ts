import assert from "node:assert/strict";
import { test } from "node:test";
import { StatsError } from "../../../src/errors/stats-error.ts";
import { createUnreachableDelta } from "../../../src/snapshot/delta.ts";
import { diffSnapshots } from "../../../src/snapshot/track-snapshots.ts";
import { reading, wall } from "./reading.ts";

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("Delta lists subjects with what moved, fresh each time", () => {
  const delta = diffSnapshots(
    reading(0, { "user>>>a>>>traffic>>>uplink": 1n, "inbound>>>in>>>traffic>>>uplink": 1n }),
    reading(10, {
      "user>>>a>>>traffic>>>uplink": 5n,
      "user>>>a>>>traffic>>>downlink": 6n,
      "inbound>>>in>>>traffic>>>uplink": 8n,
      "outbound>>>power-user>>>traffic>>>downlink": 9n,
    }),
  );
  assert.deepEqual(delta.users(), [{ scope: "user", subject: "a", uplink: 4n, downlink: 6n, total: 10n }]);
  assert.deepEqual(delta.subjects("user"), delta.users());
  assert.deepEqual(delta.inbounds(), [{ scope: "inbound", subject: "in", uplink: 7n, downlink: 0n, total: 7n }]);
  assert.deepEqual(
    delta.outbounds().map(({ subject, total }) => [subject, total]),
    [["power-user", 9n]],
  );
  delta.counters().length = 0;
  assert.equal(delta.counters().length, 4);
});

test("Delta.toJSON writes bytes as decimal strings, times as ISO 8601, open beginnings as null", () => {
  const delta = diffSnapshots(
    reading(0, { a: 5n }, { kind: "xray" }),
    reading(100, { a: 2n ** 53n + 1n }, { kind: "xray", up: 60, allocated: 1n }),
  );
  assert.deepEqual(json(delta), {
    state: "restarted",
    from: "2023-11-14T22:13:20.000Z",
    to: "2023-11-14T22:15:00.000Z",
    elapsedMs: 100_000,
    foreignReset: false,
    error: null,
    gaps: [{ cause: "core-restart", from: null, to: "2023-11-14T22:14:00.000Z" }],
    counters: [{ name: "a", bytes: "9007199254740993", value: "9007199254740993" }],
  });
});

test("Delta.toJSON of a foreign reset names its window", () => {
  const delta = diffSnapshots(reading(0, { a: 5n }), reading(1, { a: 3n }));
  assert.deepEqual(json(delta), {
    state: "ok",
    from: "2023-11-14T22:13:20.000Z",
    to: "2023-11-14T22:13:21.000Z",
    elapsedMs: 1000,
    foreignReset: true,
    error: null,
    gaps: [{ cause: "foreign-reset", from: "2023-11-14T22:13:20.000Z", to: "2023-11-14T22:13:21.000Z" }],
    counters: [{ name: "a", bytes: "3", value: "3" }],
  });
});

test("a delta without a reading says why, and that nothing moved", () => {
  const error = new StatsError("unreachable", "connection refused");
  const delta = createUnreachableDelta(error, undefined, wall(3));
  assert.equal(delta.state, "unreachable");
  assert.equal(delta.restarted, false);
  assert.equal(delta.error, error);
  assert.equal(delta.from, undefined);
  assert.equal(delta.to, undefined);
  assert.deepEqual([delta.counters(), delta.users(), delta.gaps], [[], [], []]);
  assert.deepEqual(json(delta), {
    state: "unreachable",
    from: null,
    to: "2023-11-14T22:13:23.000Z",
    elapsedMs: 0,
    foreignReset: false,
    error: { code: "unreachable", message: "connection refused" },
    gaps: [],
    counters: [],
  });
});
