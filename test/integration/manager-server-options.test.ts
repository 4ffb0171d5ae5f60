import assert from "node:assert/strict";
import { test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { startManagerServer } from "../../src/manager/server/manager-server.ts";
import { apiKey, keys, quietHost, startWorld, type World } from "./manager-server-world.ts";

const simple = "/api/keys/alice/traffic/simple";

// biome-ignore lint/suspicious/noExplicitAny: tests say what is in it.
async function bodyOf(world: World, path: string): Promise<any> {
  return (await world.ask(path)).json();
}

test("answers are repeated for 30 s where nothing else is said", async () => {
  await using world = await startWorld({ maxAgeMs: undefined });
  await world.book();
  assert.equal((await world.ask(simple)).headers.get("cache-control"), "private, max-age=30");
  await world.flow("user>>>alice", 1n, 2n);
  assert.equal((await bodyOf(world, simple)).traffic.total_bytes, 0);
});

test("interfaces are those that were chosen; without a choice all but the loopback one", async () => {
  const totalOf = async (interfaces?: readonly string[]): Promise<unknown[]> => {
    await using world = await startWorld({ interfaces });
    await world.book();
    const { traffic } = await bodyOf(world, simple);
    const { summary } = await bodyOf(world, "/api/system/traffic/summary");
    return [traffic.interface_traffic.total_bytes, ...Object.keys(summary.interface_summary)];
  };
  assert.deepEqual(await totalOf(), [4300, "eth0"]);
  assert.deepEqual(await totalOf(["lo"]), [3, "lo"]);
  assert.deepEqual(await totalOf(["lo", "eth0", "eth9"]), [4303, "lo", "eth0"]);
  // A name that is written wrong shows, and is not 0 bytes.
  await using world = await startWorld({ interfaces: ["eth9"] });
  await world.book();
  const { traffic } = await bodyOf(world, simple);
  assert.deepEqual([traffic.interface_traffic, traffic.interface_error], [undefined, "there is no interface eth9"]);
  assert.deepEqual(await bodyOf(world, "/api/system/traffic/summary"), { detail: "there is no interface eth9" });
});

test("a reset has the reason that is given, of at most 1000 characters", async () => {
  await using world = await startWorld();
  await world.book();
  await world.flow("user>>>alice", 1n, 2n);
  const reset = async (reason: string): Promise<number> => {
    const query = new URLSearchParams({ reason });
    return (await world.ask(`${simple}/reset?${query}`, { method: "POST" })).status;
  };
  assert.deepEqual([await reset("paid & renewed"), await reset(""), await reset("x".repeat(1001))], [200, 200, 422]);
  assert.deepEqual(
    (await world.ledger.generations()).map(({ reason }) => reason),
    ["paid & renewed", "reset by way of the manager API"],
  );
});

test("addresses are told by Xray alone: an empty list where nobody is online, nothing where nobody can tell", async () => {
  await using xray = await startWorld();
  await xray.book();
  assert.deepEqual((await bodyOf(xray, simple)).traffic.online_addresses, []);
  await using other = await startWorld({}, "v2ray4");
  await other.book();
  const { traffic, stale } = await bodyOf(other, simple);
  assert.deepEqual([traffic.online_addresses, stale, traffic.total_bytes], [undefined, undefined, 0]);
});

test("one key asks for the addresses of its user alone", async () => {
  const asked: string[] = [];
  await using world = await startWorld();
  await world.book();
  await using client = new StatsClient(world.core.address);
  for (const user of ["alice", "__proto__", "carol"]) world.core.setOnline(user, ["198.51.100.23", "2001:db8::7"]);
  const stats = {
    snapshot: client.snapshot.bind(client),
    onlineUsers: client.onlineUsers.bind(client),
    onlineIps(...call: Parameters<StatsClient["onlineIps"]>) {
      asked.push(call[0]);
      return client.onlineIps(...call);
    },
  };
  await using other = await startWorld({ stats, ledger: world.ledger });
  assert.deepEqual((await bodyOf(other, simple)).traffic.online_addresses.sort(), ["198.51.100.23", "2001:db8::7"]);
  assert.deepEqual(asked, ["alice"]);
  stats.onlineIps = () => Promise.reject(new Error("gone"));
  const { traffic } = await bodyOf(other, "/api/keys/__proto__/traffic/simple");
  assert.deepEqual([traffic.online_addresses, traffic.total_bytes], [undefined, 0]);
});

test("without takeReading a reset says that its cut is not exact, and lies at the last reading", async () => {
  await using world = await startWorld({ takeReading: undefined });
  await world.book();
  await world.flow("user>>>alice", 1n, 2n);
  world.core.add("user>>>alice>>>traffic>>>uplink", 10n);
  const reset = await world.ask(`${simple}/reset`, { method: "POST" });
  const { exact, previous_total } = (await reset.json()) as Record<string, unknown>;
  assert.deepEqual([exact, previous_total], [false, 3]);
  await world.book();
  assert.equal((await world.ledger.totals({ generation: "current" })).total, 10n);
});

test("a UUID of several users takes none of them out of the list by ports", async () => {
  const [alice, other] = keys;
  const shared = [alice, { ...other, uuids: alice?.uuids }] as typeof keys;
  await using world = await startWorld({ keys: shared });
  await world.book();
  await world.flow("user>>>alice", 1n, 2n);
  await world.flow("user>>>__proto__", 10n, 20n);
  const { ports_traffic: all } = await bodyOf(world, "/api/traffic/ports/exact");
  const list: Record<string, { readonly traffic: { readonly total_bytes: number } }> = all.ports_traffic;
  const totals = Object.entries(list).map(([name, { traffic }]) => [name, traffic.total_bytes]);
  assert.deepEqual(totals, [
    ["alice", 3],
    ["__proto__", 30],
  ]);
  const stats = await world.client({ generations: ["port-exact"] }).getTrafficStats();
  assert.deepEqual(stats.keys.map((each) => each.kind === "traffic" && each.totalBytes).sort(), [3n, 30n]);
});

test("many keys of one port are told at once: their connections are looked for once, and listed at the first", async () => {
  const [alice] = keys;
  const many = Array.from({ length: 20_000 }, (_, at) => {
    const counter = { scope: "user" as const, subject: `u${at}` };
    return { ...(alice as (typeof keys)[number]), id: `u${at}`, name: `u${at}`, uuids: [], counter };
  });
  const peers = Array.from({ length: 200 }, (_, at) => {
    const remote = `B80D0120${"0".repeat(20)}${(at + 256).toString(16).toUpperCase().padStart(4, "0")}`;
    return `${at}: ${"0".repeat(32)}:2711 ${remote}:C3CA 01 `;
  });
  const table = [...peers, "0: 00000000:2711 00000000:0000 0A "].join("\n");
  const host = { table: async (name: string) => (name === "tcp" ? table : "") };
  await using world = await startWorld({ keys: many, host, maxAgeMs: 60_000 });
  await world.book();
  for (const [path, listOf] of [
    ["/api/traffic/simple", (body) => Object.values(body.data.ports)],
    ["/api/traffic/ports/exact", (body) => Object.values(body.ports_traffic.ports_traffic).map(trafficOf)],
    ["/api/traffic/status", (body) => body.traffic_stats.map(trafficOf)],
  ] as const satisfies readonly (readonly [string, (body: Awaited<ReturnType<typeof bodyOf>>) => unknown[]])[]) {
    const list = listOf(await bodyOf(world, path)) as { connections: number; connection_details: unknown[] }[];
    assert.equal(list.length, 20_000);
    assert.ok(list.every(({ connections }) => connections === 200));
    const details = list.map(({ connection_details }) => connection_details.length);
    assert.deepEqual([details[0], Math.max(...details.slice(1))], [200, 0], path);
  }
  const { traffic } = await bodyOf(world, "/api/keys/u7/traffic/simple");
  assert.equal(traffic.connection_details.length, 200);
});

function trafficOf(entry: unknown): unknown {
  const { traffic, simple_traffic } = entry as Record<string, unknown>;
  return traffic ?? simple_traffic;
}

test("a day or month at the end of all years is refused as any that cannot be", async () => {
  await using world = await startWorld();
  await world.book();
  for (const path of [
    "/api/traffic/daily/9999-12-31",
    "/api/traffic/monthly?year_month=9999-12",
    "/api/keys/alice/traffic/monthly?year_month=9999-12",
  ])
    assert.equal((await world.ask(path)).status, 422, path);
  assert.equal((await world.ask("/api/traffic/daily/2089-12-31")).status, 200);
  assert.deepEqual(world.errors, []);
});

test("where nothing else is said, loopback is listened on", async () => {
  await using world = await startWorld();
  const options = { ledger: world.ledger, node: "fra-1", keys, apiKeys: [{ name: "bot", key: apiKey }] };
  await using server = await startManagerServer({ ...options, host: quietHost }, { listen: "127.0.0.1:0" });
  assert.equal(new URL(server.url).hostname, "127.0.0.1");
});
