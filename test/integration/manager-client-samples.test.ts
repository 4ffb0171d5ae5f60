// Every sample of every generation, served by a local server and read by the client.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { type ManagerClient, ManagerError, toLegacyStats } from "../../src/manager/index.ts";
import { id, sample, startManager, uuid } from "./manager-client-server.ts";

const bob = "5a1d6c0e-2f3b-4a77-9a55-0c1de0f7a002";

interface Case {
  /** Where the sample is served. */
  readonly path: string;
  readonly status?: number;
  readonly ask: (client: ManagerClient) => Promise<unknown>;
  /** What must be in the answer; or the reason of the error. */
  readonly want: Record<string, unknown> | string;
}

const getKey = (client: ManagerClient): Promise<unknown> => client.getKeyTrafficStats(id);
const getList = (client: ManagerClient): Promise<unknown> => client.getTrafficStats();
const history = { uplinkBytes: 18350080n, downlinkBytes: 734003200n, totalBytes: 752353280n };
const month = { uplinkBytes: 2097152n, downlinkBytes: 50331648n, totalBytes: 52428800n, connections: 6, sessions: 14 };
const interfaceBytes = { receivedBytes: 904331200n, sentBytes: 877120512n, totalBytes: 1781451712n };
const simpleTraffic = {
  kind: "traffic",
  key: { uuid, port: 10001 },
  uplinkBytes: 61440n,
  downlinkBytes: 61440n,
  totalBytes: 122880n,
  estimated: true,
  bytesPerSecond: undefined,
  interfaceBytesPerSecond: 51200.25,
  connections: 3,
  connectionDetails: { length: 3, 2: { remote: "[::ffff:203.0.113.77]:41880", state: "CLOSE-WAIT" } },
  interfaces: { length: 1, 0: { name: undefined, ...interfaceBytes } },
  source: "simple_monitor",
  method: "connection_based_estimation",
};
const portTraffic = {
  kind: "traffic",
  key: { uuid, name: "alice@example.org", port: 10001 },
  uplinkBytes: 296908618n,
  downlinkBytes: 296908618n,
  totalBytes: 593817237n,
  estimated: true,
  interfaces: { length: 1, 0: { name: "eth0", ...interfaceBytes } },
};

const cases: Readonly<Record<string, Case>> = {
  "simple-traffic": {
    path: "/traffic/simple",
    ask: getList,
    want: {
      generation: "simple",
      estimated: true,
      stale: undefined,
      takenAt: { text: "1762000000.48", at: new Date(1762000000480) },
      totalBytes: 122892n,
      totalConnections: 4,
      keys: {
        length: 2,
        0: simpleTraffic,
        1: { key: { uuid: bob, port: 10002 }, totalBytes: 12n, uplinkBytes: 6n, connectionDetails: { length: 1 } },
      },
    },
  },
  "simple-traffic.empty": {
    path: "/traffic/simple",
    ask: getList,
    want: { generation: "simple", estimated: true, totalBytes: 0n, totalConnections: 0, keys: { length: 0 } },
  },
  "simple-traffic.inner-error": { path: "/traffic/simple", ask: getList, want: "server-error" },
  "simple-key-traffic": {
    path: `/keys/${id}/traffic/simple`,
    ask: getKey,
    want: {
      generation: "simple",
      estimated: true,
      takenAt: { at: new Date(1762000000500) },
      traffic: {
        ...simpleTraffic,
        key: {
          id,
          uuid,
          name: "alice@example.org",
          port: 10001,
          shortId: undefined,
          isActive: true,
          // Without a zone: the server's local time.
          createdAt: { text: "2025-10-30T09:15:02.114200", at: undefined },
        },
      },
    },
  },
  "simple-key-traffic.core-counters": {
    path: `/keys/${id}/traffic/simple`,
    ask: getKey,
    want: {
      generation: "simple",
      estimated: false,
      takenAt: { text: "2025-11-01T12:26:40.500123", at: undefined },
      traffic: {
        ...history,
        estimated: false,
        source: "xray_stats_api",
        connections: undefined,
        key: { id, shortId: "9f86d081884c7d65" },
      },
    },
  },
  "simple-key-traffic.no-port": {
    path: `/keys/${id}/traffic/simple`,
    ask: getKey,
    want: {
      generation: "simple",
      estimated: true,
      traffic: { kind: "failed", key: { id, uuid, port: undefined }, error: `No port found for UUID: ${uuid}` },
    },
  },
  "recommended-key-traffic": {
    path: `/keys/${id}/traffic/simple`,
    ask: getKey,
    want: {
      estimated: false,
      traffic: {
        ...history,
        source: "stats_service",
        method: "core_counters",
        bytesPerSecond: 182044.8,
        interfaceBytesPerSecond: undefined,
        connections: 3,
      },
    },
  },
  "simple-key-reset": {
    path: `/keys/${id}/traffic/simple/reset`,
    ask: (client) => client.resetKeyTraffic(id),
    want: { generation: "simple", message: "Traffic stats reset successfully", previousTotalBytes: undefined },
  },
  "simple-key-reset.failed": {
    path: `/keys/${id}/traffic/simple/reset`,
    ask: (client) => client.resetKeyTraffic(id),
    want: "refused",
  },
  "old-ports-exact": {
    path: "/traffic/ports/exact",
    ask: getList,
    want: {
      generation: "port-exact",
      estimated: true,
      totalBytes: 593817237n,
      totalConnections: 3,
      takenAt: { at: new Date(1762000000500) },
      keys: { length: 2, 0: portTraffic, 1: { key: { uuid: bob, name: "bob@example.org" }, totalBytes: 0n } },
    },
  },
  "old-key-port-exact": {
    path: `/keys/${id}/traffic/port/exact`,
    ask: getKey,
    want: { generation: "port-exact", estimated: true, traffic: { ...portTraffic, key: { id, isActive: true } } },
  },
  "old-key-port-reset": {
    path: `/keys/${id}/traffic/port/reset`,
    ask: (client) => client.resetKeyTraffic(id, { generation: "port-exact" }),
    want: { generation: "port-exact", message: "Port traffic stats reset successfully" },
  },
  "old-system-summary": {
    path: "/system/traffic/summary",
    ask: (client) => client.getSystemSummary(),
    want: {
      totalBytes: 1781451712n,
      activePorts: 2,
      interfaces: { length: 1, 0: { name: "eth0", ...interfaceBytes } },
      takenAt: { at: new Date(1762000000500) },
    },
  },
  "older-exact": {
    path: "/traffic/exact",
    ask: getList,
    want: {
      generation: "exact",
      estimated: true,
      // The server's own total is a text, "716.80 KB".
      totalBytes: 734003n,
      totalConnections: undefined,
      keys: { length: 1, 0: { key: { uuid }, totalBytes: 734003n, uplinkBytes: undefined, connections: 12 } },
    },
  },
  "older-key-exact": {
    path: `/keys/${id}/traffic/exact`,
    ask: getKey,
    want: {
      generation: "exact",
      estimated: true,
      traffic: { key: { id, uuid }, totalBytes: 734003n, downlinkBytes: undefined, method: "network_distribution" },
    },
  },
  "older-key-reset": {
    path: `/keys/${id}/traffic/reset`,
    ask: (client) => client.resetKeyTraffic(id, { generation: "exact" }),
    want: { generation: "exact", message: "Traffic stats reset successfully" },
  },
  "newest-key-traffic": {
    path: `/keys/${id}/traffic`,
    ask: getKey,
    want: {
      generation: "newest",
      estimated: true,
      traffic: { kind: "traffic", key: { id, uuid }, totalBytes: 752353280n, uplinkBytes: undefined },
    },
  },
  "newest-key-reset": {
    path: `/keys/${id}/traffic/reset`,
    ask: (client) => client.resetKeyTraffic(id, { generation: "newest" }),
    want: { generation: "newest", message: "Traffic reset successfully" },
  },
  "newest-client-key-traffic": {
    path: "/keys/17/traffic",
    ask: (client) => client.getKeyTrafficStats("17"),
    want: {
      generation: "newest",
      traffic: { kind: "traffic", key: { id: "17" }, ...history, takenAt: { at: new Date(1762000000000) } },
    },
  },
  "newest-client-key-reset": {
    path: "/keys/17/traffic/reset",
    ask: (client) => client.resetKeyTraffic("17", { generation: "newest" }),
    want: { generation: "newest", previousTotalBytes: 752353280n },
  },
  "history-all": {
    path: "/traffic/history",
    ask: (client) => client.getTrafficHistory(),
    want: {
      generation: "simple",
      estimated: true,
      totalKeys: 1,
      activeKeys: 1,
      traffic: history,
      keys: {
        length: 1,
        0: {
          key: { uuid, name: "alice@example.org", port: 10001, isActive: true },
          traffic: { ...history, connections: 9 },
        },
      },
    },
  },
  "history-key": {
    path: `/keys/${id}/traffic/history`,
    ask: (client) => client.getKeyTrafficHistory(id),
    want: {
      key: { uuid },
      lastActivity: { at: undefined },
      traffic: history,
      days: new Map([["2025-11-01", month]]),
    },
  },
  "history-daily": {
    path: "/traffic/daily/2025-11-01",
    ask: (client) => client.getDailyTraffic("2025-11-01"),
    want: { date: "2025-11-01", activeKeys: 0, traffic: { totalBytes: 52428800n, connections: 6, sessions: 14 } },
  },
  "history-monthly": {
    path: "/traffic/monthly?year_month=2025-11",
    ask: (client) => client.getMonthlyTraffic("2025-11"),
    want: {
      yearMonth: "2025-11",
      totalKeys: 1,
      traffic: month,
      keys: { length: 1, 0: { key: { uuid }, traffic: month } },
    },
  },
  "history-key-monthly": {
    path: `/keys/${id}/traffic/monthly?year_month=2025-11`,
    ask: (client) => client.getKeyMonthlyTraffic(id, "2025-11"),
    want: { yearMonth: "2025-11", key: { uuid }, traffic: month, days: new Map([["2025-11-01", month]]) },
  },
  "history-key-reset": {
    path: `/keys/${id}/traffic/history/reset`,
    ask: (client) => client.resetKeyHistory(id),
    want: { message: "Traffic history reset successfully" },
  },
  "history-cleanup": {
    path: "/traffic/history/cleanup?days_to_keep=30",
    ask: (client) => client.cleanUpHistory(30),
    want: { message: "Cleaned up traffic history older than 30 days", daysKept: 30 },
  },
  "traffic-status": {
    path: "/traffic/status",
    ask: (client) => client.getTrafficStatus(),
    want: {
      generation: "simple",
      estimated: true,
      totalKeys: 2,
      activeKeys: 1,
      keys: { length: 1, 0: { ...simpleTraffic, key: { id, uuid, name: "alice@example.org" } } },
    },
  },
  "error-401": { path: "/traffic/simple", status: 401, ask: getList, want: "unauthorized" },
  "error-404": {
    path: `/keys/${id}/traffic/simple/reset`,
    status: 404,
    ask: (c) => c.resetKeyTraffic(id),
    want: "unknown-key",
  },
  "error-500": { path: "/traffic/simple", status: 500, ask: getList, want: "server-error" },
};

/** Every member that is wanted is there; of a Map or a Date all of it. */
function assertHolds(actual: unknown, wanted: unknown, where: string): void {
  if (typeof wanted !== "object" || wanted === null || wanted instanceof Date || wanted instanceof Map) {
    assert.deepEqual(actual, wanted, where);
    return;
  }
  assert.ok(typeof actual === "object" && actual !== null, where);
  for (const [name, value] of Object.entries(wanted)) {
    assert.ok(name in actual, `${where}.${name} is there`);
    assertHolds((actual as Record<string, unknown>)[name], value, `${where}.${name}`);
  }
}

for (const [name, { path, status = 200, ask, want }] of Object.entries(cases)) {
  test(`${name}.json`, async () => {
    await using manager = await startManager({ [path]: [status, sample(name)] });
    if (typeof want !== "string") return assertHolds(await ask(manager.client()), want, name);
    await assert.rejects(ask(manager.client()), (error) => {
      assert.ok(error instanceof ManagerError);
      assert.equal(error.reason, want);
      const said = Object.values(JSON.parse(sample(name)));
      assert.ok(error.detail && JSON.stringify(said).includes(error.detail), error.message);
      return true;
    });
  });
}

test("there is a case for every sample", () => {
  const files = readdirSync(new URL("../samples/manager/", import.meta.url)).map((file) => file.replace(".json", ""));
  assert.deepEqual(Object.keys(cases).concat("client-key-stats").sort(), files.sort());
});

test("toLegacyStats gives what the Python client gives", async () => {
  await using manager = await startManager({
    [`/keys/${id}/traffic/simple`]: sample("simple-key-traffic"),
    "/traffic/simple": sample("simple-traffic"),
  });
  const key = await manager.client().getKeyTrafficStats(id);
  assert.ok(key);
  const legacy = toLegacyStats(key);
  assert.deepEqual(legacy, JSON.parse(sample("client-key-stats")));
  const [alice, second] = toLegacyStats(await manager.client().getTrafficStats());
  const ofAllPorts = { total_bytes: 122892, timestamp: 1762000000.48, total_connections: 4 };
  assert.deepEqual(alice, { ...legacy, key_name: "Unknown", ...ofAllPorts });
  assert.deepEqual(second?.uplink_bytes, 6);
  assert.deepEqual(second?.total_bytes, 122892);
});
