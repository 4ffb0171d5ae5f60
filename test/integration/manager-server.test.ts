import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type ManagerGeneration, toLegacyStats } from "../../src/manager/index.ts";
import { createProcHost, unknownHost } from "../../src/manager/server/manager-host.ts";
import { keys, startWorld, uuid, type World } from "./manager-server-world.ts";

const [alice, proto] = ["user>>>alice", "user>>>__proto__"];
/** Answers within the handler are as old as this at most. */
const settled = (): Promise<void> => wait(1010);

async function usedWorld(): Promise<World> {
  const world = await startWorld();
  await world.book();
  await world.flow(alice, 18_350_080n, 734_003_200n);
  await world.flow(proto, 9_007_199_254_740_993n, 2n);
  await world.flow("inbound>>>socks-in", 5n, 6n);
  return world;
}

for (const generation of ["simple", "port-exact", "exact", "newest"] as const) {
  test(`${generation}: the client reads the list and each key, proven and to the byte`, async () => {
    await using world = await usedWorld();
    const client = world.client({ generations: [generation as ManagerGeneration] });
    const list = await client.getTrafficStats();
    assert.equal(list.estimated, false);
    const sums = list.keys.map((each) => (each.kind === "traffic" ? each.totalBytes : -1n));
    sums.sort((a, b) => (a < b ? -1 : 1));
    assert.deepEqual(sums, [11n, 752_353_280n, 9_007_199_254_740_995n]);
    const stats = await client.getKeyTrafficStats("alice");
    assert.ok(stats?.traffic.kind === "traffic");
    assert.equal(stats.estimated, false);
    assert.equal(stats.traffic.uplinkBytes, 18_350_080n);
    assert.equal(stats.traffic.downlinkBytes, 734_003_200n);
    assert.equal(stats.traffic.source, "stats_service");
    assert.equal(stats.traffic.method, "core_counters");
    assert.ok(Date.now() - (stats.takenAt?.at?.getTime() ?? 0) < 10_000);
    assert.equal((await client.getKeyTrafficStats(uuid))?.traffic.kind, "traffic");
    assert.equal((await client.getKeyTrafficStats("10001"))?.traffic.kind, "traffic");
    assert.equal(await client.getKeyTrafficStats("nobody"), undefined);
    assert.deepEqual(world.errors, []);
  });
}

test("simple tells connections, details, interfaces, who is online, since when; and the Python client's dicts are right", async () => {
  await using world = await usedWorld();
  world.core.setOnline("alice", ["198.51.100.23"]);
  const client = world.client();
  const stats = await client.getTrafficStats();
  assert.equal(stats.totalConnections, 2);
  assert.equal(stats.totalBytes, 9_007_199_254_740_995n + 752_353_280n + 11n);
  const of = new Map(toLegacyStats(stats).map((each) => [each.key_name, each]));
  assert.deepEqual([...of.keys()].sort(), ["__proto__", "alice", "socks-in"]);
  const alices = await client.getKeyTrafficStats("alice");
  assert.ok(alices !== undefined);
  const dict = toLegacyStats(alices);
  const { timestamp, connection_details, interface_traffic, ...rest } = dict;
  assert.deepEqual(rest, {
    ...{ uuid, port: 10_001, key_name: "alice" },
    ...{ uplink_bytes: 18_350_080, downlink_bytes: 734_003_200, total_bytes: 752_353_280 },
    ...{ uplink_formatted: "17.50 MB", downlink_formatted: "700.00 MB", total_formatted: "717.50 MB" },
    ...{ uplink_mb: 17.5, downlink_mb: 700, total_mb: 717.5 },
    ...{ connections: 2, connections_count: 2, connection_ratio: 0 },
    ...{ source: "stats_service", method: "core_counters", traffic_rate: 0 },
  });
  assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 10);
  assert.deepEqual(
    connection_details.map(({ state }) => state),
    ["ESTAB", "CLOSE-WAIT"],
  );
  assert.equal(interface_traffic.total_bytes, 4300);
  const raw = (await (await world.ask("/api/keys/alice/traffic/simple")).json()) as { traffic: object };
  const { online_addresses, since, generation } = raw.traffic as Record<string, unknown>;
  assert.deepEqual(online_addresses, ["198.51.100.23"]);
  assert.equal(generation, 0);
  assert.ok(Date.now() - Date.parse(String(since)) < 16 * 60_000);
});

test("a restart of the core takes nothing away, and another reader's reset neither", async () => {
  await using world = await usedWorld();
  world.core.restart();
  await world.flow(alice, 100n, 200n);
  world.core.foreignReset();
  await world.flow(alice, 1n, 1n);
  const stats = await world.client().getKeyTrafficStats("alice");
  assert.equal(stats?.traffic.kind === "traffic" && stats.traffic.totalBytes, 752_353_582n);
});

test("a reset cuts exactly, is signed, leaves the core's counters and the history alone, and needs no waiting", async () => {
  await using world = await startWorld({ maxAgeMs: 60_000 });
  await world.book();
  await world.flow(alice, 100n, 1000n);
  const client = world.client();
  const total = async (id: string): Promise<bigint> => {
    const stats = await client.getKeyTrafficStats(id);
    return stats?.traffic.kind === "traffic" ? stats.traffic.totalBytes : assert.fail();
  };
  assert.equal(await total("alice"), 1100n);
  assert.equal(await total("__proto__"), 0n);
  world.core.add(`${alice}>>>traffic>>>uplink`, 7n); // nobody has read this yet
  const before = world.core.counters();
  const reset = await client.resetKeyTraffic("alice");
  assert.equal(reset.previousTotalBytes, 1107n);
  assert.deepEqual(world.core.counters(), before);
  assert.equal(await total("alice"), 0n);
  await world.flow(alice, 1n, 2n);
  assert.equal((await world.ledger.totals({ subject: "alice" })).total, 1110n);
  const history = await client.getKeyTrafficHistory("alice");
  assert.equal(history?.traffic.totalBytes, 1110n);
  const [signed, ...rest] = await world.ledger.generations();
  assert.deepEqual([signed?.subject, signed?.author, rest], ["alice", "manager API: bot", []]);
});

for (const generation of ["simple", "port-exact", "exact", "newest"] as const) {
  test(`${generation}: its own way to reset does the same`, async () => {
    await using world = await usedWorld();
    const client = world.client();
    const reset = await client.resetKeyTraffic(uuid, { generation });
    assert.equal(reset.previousTotalBytes, 752_353_280n);
    assert.match(reset.message ?? "", /reset successfully/i);
    assert.equal((await world.ledger.totals({ subject: "alice", generation: "current" })).total, 0n);
    await world.flow(alice, 0n, 4n);
    await settled();
    const stats = await client.getKeyTrafficStats("alice");
    assert.equal(stats?.traffic.kind === "traffic" && stats.traffic.totalBytes, 4n);
  });
}

test("what cannot be reset says so and nothing is done", async () => {
  await using world = await usedWorld();
  const client = world.client();
  await assert.rejects(client.resetKeyTraffic("nobody"), { reason: "unknown-key" });
  await assert.rejects(client.resetKeyHistory("alice"), { reason: "unsupported" });
  await assert.rejects(client.cleanUpHistory(30), { reason: "unsupported" });
  await world.core.stop();
  await assert.rejects(client.resetKeyTraffic("alice"), { reason: "server-error", status: 503 });
  assert.equal((await world.ledger.totals({ subject: "alice", generation: "current" })).total, 752_353_280n);
});

test("two resets at once are one after the other", async () => {
  await using world = await usedWorld();
  const client = world.client();
  const resets = await Promise.all([client.resetKeyTraffic("alice"), client.resetKeyTraffic("alice")]);
  assert.deepEqual(
    resets.map((each) => each.previousTotalBytes),
    [752_353_280n, 0n],
  );
});

test("a core that is down: last totals, marked stale with their age, for every generation", async () => {
  await using world = await usedWorld();
  await world.ask("/api/keys/alice/traffic/simple");
  await world.core.stop();
  await settled();
  for (const path of [
    "/api/traffic/simple",
    "/api/keys/alice/traffic/simple",
    "/api/traffic/ports/exact",
    "/api/keys/alice/traffic/port/exact",
    "/api/traffic/exact",
    "/api/keys/alice/traffic/exact",
    "/api/keys/alice/traffic",
    "/api/traffic/status",
  ]) {
    const response = await world.ask(path);
    const body = (await response.json()) as Record<string, unknown>;
    assert.equal(response.status, 200, path);
    assert.equal(body.stale, true, path);
    assert.match(String(body.stale_reason), /cannot be read: unreachable/);
    assert.ok(Number(body.stale_age_seconds) >= 1 && Number(body.stale_age_seconds) < 60, path);
    assert.match(JSON.stringify(body), /752353280/);
  }
  const stats = await world.client().getKeyTrafficStats("alice");
  assert.equal(stats?.traffic.kind === "traffic" && stats.traffic.totalBytes, 752_353_280n);
  await world.core.start();
  await settled();
  const again = (await (await world.ask("/api/keys/alice/traffic/simple")).json()) as Record<string, unknown>;
  assert.equal(again.stale, undefined);
});

test("a core that was never read: 503 while the ledger knows nothing, its totals and their age when it does", async () => {
  await using world = await startWorld();
  await world.core.stop();
  for (const path of ["/api/traffic/simple", "/api/keys/alice/traffic/simple", "/api/traffic/status"]) {
    const response = await world.ask(path);
    assert.equal(response.status, 503, path);
    assert.match(await response.text(), /"detail":"Nothing is known yet/);
  }
  await world.core.start();
  await world.book();
  await world.flow(alice, 1n, 2n);
  await world.core.stop();
  await settled();
  const body = (await (await world.ask("/api/keys/alice/traffic/simple")).json()) as Record<string, unknown>;
  assert.equal(body.stale, true);
  // By the quarter hour in which it was booked.
  assert.ok(Number(body.stale_age_seconds) <= 16 * 60);
  assert.match(JSON.stringify(body), /"total_bytes":3,/);
  assert.deepEqual(world.errors, []);
});

test("without /proc connections are null with the reason, and the bytes are right", async () => {
  await using world = await startWorld({ host: unknownHost("connections are told on Linux only") });
  await world.book();
  await world.flow(alice, 1n, 2n);
  const stats = await world.client().getKeyTrafficStats("alice");
  assert.ok(stats?.traffic.kind === "traffic");
  assert.equal(stats.traffic.connections, undefined);
  assert.equal(stats.traffic.connectionsError, "connections are told on Linux only");
  assert.deepEqual(stats.traffic.interfaces, []);
  assert.equal(stats.traffic.totalBytes, 3n);
  const raw = await (await world.ask("/api/keys/alice/traffic/simple")).text();
  assert.match(raw, /"connections":null/);
  assert.equal((await world.client().getTrafficStats()).totalConnections, undefined);
  await assert.rejects(world.client().getSystemSummary(), { reason: "server-error", status: 503 });
});

test("a key on whose port nobody listens has no connections to tell of, not 0", async () => {
  const elsewhere = keys.map((key) => ({ ...key, ports: key.id === "alice" ? [{ from: 4433, to: 4433 }] : [] }));
  await using world = await startWorld({ keys: elsewhere });
  await world.book();
  const of = async (id: string): Promise<string | undefined> => {
    const stats = await world.client().getKeyTrafficStats(id);
    assert.ok(stats?.traffic.kind === "traffic" && stats.traffic.connections === undefined);
    return stats.traffic.connectionsError;
  };
  assert.match((await of("alice")) ?? "", /nothing listens/);
  assert.match((await of("__proto__")) ?? "", /no TCP port/);
});

test("a machine without /proc says why", async () => {
  await using world = await startWorld({ host: createProcHost("/proc/net/there-is-no-such-directory") });
  await world.book();
  const stats = await world.client().getKeyTrafficStats("alice");
  assert.match((stats?.traffic.kind === "traffic" && stats.traffic.connectionsError) || "", /told on Linux only/);
});

test("keys that share a port say so, and its connections are counted once", async () => {
  const shared = keys.map((key) => ({ ...key, ports: [{ from: 10_001, to: 10_001 }] }));
  await using world = await startWorld({ keys: async () => shared });
  await world.book();
  const stats = await world.client().getTrafficStats();
  assert.equal(stats.keys.length, 3);
  assert.equal(stats.totalConnections, 2);
  const raw = (await (await world.ask("/api/traffic/simple")).json()) as { data: { ports: Record<string, object> } };
  assert.deepEqual(Object.keys(raw.data.ports).sort(), ["__proto__", "alice", "socks-in"]);
  assert.equal((raw.data.ports.alice as Record<string, unknown>).port_shared_by, 3);
});

test("the rate is the key's own", async () => {
  await using world = await usedWorld();
  await world.ask("/api/keys/alice/traffic/simple");
  await settled();
  world.core.add(`${alice}>>>traffic>>>downlink`, 1_000_000n);
  const stats = await world.client().getTrafficStats();
  const rates = new Map(
    stats.keys.map((each) => [each.key.name, each.kind === "traffic" ? each.bytesPerSecond : undefined]),
  );
  assert.equal(rates.get("__proto__"), 0);
  const rate = rates.get("alice") ?? 0;
  assert.ok(rate > 100_000 && rate < 1_000_000, `${rate}`);
});

test("an alias in the ledger hides no traffic; corrections and unproven bytes are no counters", async () => {
  await using world = await usedWorld();
  const signed = { reason: "test", author: "test" };
  await world.ledger.alias({ user: "alice", is: "alice@new", ...signed });
  await world.ledger.adjust({ user: "alice@new", bytes: -5_000_000_000n, node: "fra-1", ...signed });
  const total = async (): Promise<bigint | undefined> => {
    const stats = await world.client().getKeyTrafficStats("alice");
    return stats?.traffic.kind === "traffic" ? stats.traffic.totalBytes : undefined;
  };
  assert.equal(await total(), 752_353_280n);
  assert.equal((await world.client().getKeyTrafficHistory("alice"))?.traffic.totalBytes, 752_353_280n);
  // Nor does one that shows two users as one, in lists as for one key.
  await world.ledger.alias({ user: "__proto__", is: "alice@new", ...signed });
  await settled();
  assert.equal(await total(), 752_353_280n);
  const history = await world.client().getTrafficHistory();
  const ofAlice = history.keys.find(({ key }) => key.name === "alice");
  assert.equal(ofAlice?.traffic.totalBytes, 752_353_280n);
});
