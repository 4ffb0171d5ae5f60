import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { toLegacyStats } from "../../../src/manager/index.ts";
import { keySchemas, listSchemas } from "../../../src/manager/schemas/traffic-answers.ts";

const around = { generation: "simple", receivedAt: new Date(0), stale: undefined } as const;

function legacyOf(traffic: object): ReturnType<typeof legacyKey> {
  return legacyKey({ key: {}, traffic });
}

function legacyKey(body: object) {
  return toLegacyStats({ ...v.parse(keySchemas.simple, body), ...around });
}

test("sizes are written as the manager writes them", () => {
  const sizes: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KB"],
    [1_048_575, "1024.00 KB"],
    [1_048_576, "1.00 MB"],
    [752_353_280, "717.50 MB"],
    [1_781_451_712, "1.66 GB"],
    [2 ** 50, "1048576.00 GB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(legacyOf({ total_bytes: bytes }).total_formatted, text);
});

test("what is unknown is 0, and what counters prove says so", () => {
  const { uuid, port, key_name, uplink_bytes, connections, timestamp, interface_traffic, source } = legacyOf({
    total_bytes: 5,
  });
  assert.deepEqual(
    { uuid, port, key_name, uplink_bytes, connections, timestamp, interface_traffic, source },
    {
      uuid: null,
      port: null,
      key_name: "Unknown",
      uplink_bytes: 0,
      connections: 0,
      timestamp: 0,
      interface_traffic: {},
      source: "simple_monitor",
    },
  );
  const counted = legacyOf({
    uplink: 1,
    downlink: 2,
    source: "stats_service",
    method: "core_counters",
    traffic_rate: 9,
  });
  assert.deepEqual(
    [counted.total_bytes, counted.source, counted.method, counted.traffic_rate],
    [3, "stats_service", "core_counters", 9],
  );
});

test("times stay Unix seconds with all their digits; a local time stays a text", () => {
  assert.equal(legacyOf({ total_bytes: 0, timestamp: 1762000000.123456 }).timestamp, 1762000000.123456);
  assert.equal(legacyOf({ total_bytes: 0, timestamp: "2025-11-01T12:26:40.5+00:00" }).timestamp, 1762000000.5);
  assert.equal(legacyOf({ total_bytes: 0, timestamp: "2025-11-01T12:26:40" }).timestamp, "2025-11-01T12:26:40");
});

test("interfaces by name are added up", () => {
  const one = { rx_bytes: 1, tx_bytes: 2, total_bytes: 3, timestamp: 7 };
  assert.deepEqual(legacyOf({ total_bytes: 0, interface_traffic: { eth0: one, ens3: one } }).interface_traffic, {
    rx_bytes: 2,
    tx_bytes: 4,
    total_bytes: 6,
    timestamp: 7,
  });
});

test("a port that failed shows zeros", () => {
  const body = { data: { ports: { 7: { uuid: "u", error: "no port" } }, timestamp: 1 } };
  const [failed] = toLegacyStats({ ...v.parse(listSchemas.simple, body), ...around });
  assert.deepEqual(
    [failed?.uuid, failed?.port, failed?.uplink_bytes, failed?.total_bytes, failed?.timestamp],
    ["u", 7, 0, 0, 1],
  );
});
