// The consumers in the field are Python programs: by their own rules they get right numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownHost } from "../../src/manager/server/manager-host.ts";
import { createPythonClient, type PythonClient } from "../support/python-client.ts";
import { sample } from "./manager-client-server.ts";
import { startWorld, uuid, type World } from "./manager-server-world.ts";

const bytes = {
  ...{ uplink_bytes: 18_350_080, downlink_bytes: 734_003_200, total_bytes: 752_353_280 },
  ...{ uplink_formatted: "17.50 MB", downlink_formatted: "700.00 MB", total_formatted: "717.50 MB" },
  ...{ uplink_mb: 17.5, downlink_mb: 700, total_mb: 717.5 },
};

function pythonClientOf(world: World): PythonClient {
  return createPythonClient((path, method = "GET" as "POST") => world.ask(`/api${path}`, { method }));
}

async function usedWorld(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld(options);
  await world.book();
  await world.flow("user>>>alice", 18_350_080n, 734_003_200n);
  await world.flow("inbound>>>socks-in", 5n, 6n);
  return world;
}

test("the rules are those of the client: its own dict comes of the server's own answer", async () => {
  const client = createPythonClient(async () => new Response(sample("simple-key-traffic")));
  assert.deepEqual(await client.getKeyTrafficStats("any"), JSON.parse(sample("client-key-stats")));
  const old = createPythonClient(
    async (path) => new Response(sample("older-exact"), { status: path === "/traffic/exact" ? 200 : 500 }),
  );
  assert.deepEqual(await old.getTrafficStats(), [], "it never found the list of the oldest servers");
});

test("a Python client gets right numbers of all keys and of one, also from the oldest paths", async () => {
  await using world = await usedWorld();
  const client = pythonClientOf(world);
  const list = await client.getTrafficStats();
  const [alice, proto, inbound] = ["alice", "__proto__", "socks-in"].map((name) =>
    list.find(({ key_name }) => key_name === name),
  );
  const { timestamp, connection_details, interface_traffic, ...rest } = alice ?? {};
  const ofAllPorts = { total_connections: 2, total_bytes: 752_353_291 };
  const constant = { connection_ratio: 0, method: "connection_based_estimation", source: "stats_service" };
  const ofAlice = { uuid, port: 10_001, key_name: "alice", ...bytes, connections: 2, connections_count: 2 };
  assert.deepEqual(rest, { ...ofAlice, ...constant, traffic_rate: 0, ...ofAllPorts });
  assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 10);
  assert.equal((connection_details as unknown[]).length, 2);
  assert.equal((interface_traffic as { total_bytes: number }).total_bytes, 4300);
  assert.deepEqual([proto?.uplink_bytes, proto?.downlink_bytes], [0, 0]);
  assert.deepEqual([inbound?.uplink_bytes, inbound?.downlink_bytes, inbound?.uuid], [5, 6, null]);

  const one = await client.getKeyTrafficStats("alice");
  for (const [name, value] of Object.entries({ ...ofAlice, ...constant, traffic_rate: 0 }))
    assert.equal(one[name], value, name);
  const legacy = [
    (await client.getLegacyTrafficStats()).find((each) => each.uuid === uuid),
    await client.getLegacyKeyTrafficStats("alice"),
  ];
  for (const each of legacy) {
    const { timestamp: at, ...told } = each ?? {};
    const truth = { source: "stats_service", method: "core_counters", connection_ratio: 0 };
    assert.deepEqual(told, { uuid, ...bytes, connections: 2, connections_count: 2, ...truth });
    assert.ok(Math.abs(Number(at) - Date.now() / 1000) < 10);
  }
});

test("a Python client's reset succeeds, and fails where nothing was done", async () => {
  await using world = await usedWorld();
  const client = pythonClientOf(world);
  assert.equal(await client.resetKeyTraffic("alice"), true);
  assert.equal((await client.getKeyTrafficStats("alice")).total_bytes, 0);
  assert.equal(await client.resetKeyTraffic("nobody"), false);
  await world.core.stop();
  assert.equal(await client.resetKeyTraffic("socks-in"), false);
  assert.equal((await world.ledger.generations()).length, 1);
});

test("what cannot be told is no number that a Python client would stumble over", async () => {
  await using world = await usedWorld({ host: unknownHost("another machine") });
  const client = pythonClientOf(world);
  await world.core.stop();
  const one = await client.getKeyTrafficStats("alice");
  for (const [name, value] of Object.entries(bytes)) assert.equal(one[name], value, name);
  assert.deepEqual([one.connections, one.interface_traffic, one.connection_details], [null, {}, []]);
  assert.equal((await client.getTrafficStats()).length, 3);
});

test("the newest client's members are there, whole numbers all", async () => {
  await using world = await usedWorld();
  const told = (await (await world.ask("/api/keys/alice/traffic")).json()) as Record<string, unknown>;
  const { upload, download, total, last_updated } = told;
  assert.deepEqual([upload, download, total], [18_350_080, 734_003_200, 752_353_280]);
  assert.ok(Number.isInteger(last_updated) && Math.abs(Number(last_updated) - Date.now() / 1000) < 10);
});
