import assert from "node:assert/strict";
import { test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { createManagerHandler } from "../../src/manager/server/manager-handler.ts";
import type { ServedKey } from "../../src/manager/server/served-key.ts";
import { until } from "../support/until.ts";
import { apiKey, keys, quietHost, startWorld, type World } from "./manager-server-world.ts";

const [alice, inbound] = ["user>>>alice", "inbound>>>socks-in"];

interface Told {
  readonly total_bytes: number;
  readonly since?: string;
  readonly generation?: number;
}

async function tellsOf(world: World, id: string): Promise<Told> {
  const response = await world.ask(`/api/keys/${id}/traffic/simple`);
  return ((await response.json()) as { readonly traffic: Told }).traffic;
}

test("an inbound's count starts anew as a user's does, and leaves all others alone", async () => {
  await using world = await startWorld({ maxAgeMs: 60_000 });
  await world.book();
  await world.flow(inbound, 100n, 1000n);
  await world.flow(alice, 1n, 2n);
  assert.equal((await tellsOf(world, "socks-in")).total_bytes, 1100);
  world.core.add(`${inbound}>>>traffic>>>uplink`, 7n); // nobody has read this yet
  const before = world.core.counters();
  const reset = await world.client().resetKeyTraffic("socks-in");
  assert.equal(reset.previousTotalBytes, 1107n);
  assert.deepEqual(world.core.counters(), before);
  assert.equal((await tellsOf(world, "socks-in")).total_bytes, 0);
  assert.equal((await tellsOf(world, "alice")).total_bytes, 3);
  await world.flow(inbound, 0n, 5n);
  assert.equal((await world.ledger.totals({ scope: "inbound", generation: "current" })).total, 5n);
  assert.equal((await world.client().getKeyTrafficHistory("socks-in"))?.traffic.totalBytes, 1112n);
});

test("since is the reset, to the moment; before any reset when the key was made, or when the ledger began", async () => {
  const made = new Date(Date.now() + 3_600_000).toISOString();
  const dated = keys.map((key) => ({ ...key, createdAt: { alice: made, "socks-in": "2020-01-01T00:00:00Z" }[key.id] }));
  await using world = await startWorld({ keys: dated });
  await world.book();
  await world.flow(alice, 1n, 2n);
  await world.flow("user>>>__proto__", 1n, 2n);
  await world.flow(inbound, 1n, 2n);
  assert.equal((await tellsOf(world, "alice")).since, made.replace("Z", "+00:00"));
  const [sight] = await world.ledger.gaps();
  for (const id of ["__proto__", "socks-in"])
    assert.equal(Date.parse((await tellsOf(world, id)).since ?? ""), sight?.to.getTime());
  for (const generation of [1, 2]) {
    await world.client().resetKeyTraffic("alice");
    const told = await tellsOf(world, "alice");
    const begun = (await world.ledger.generations()).at(-1);
    assert.deepEqual([told.generation, told.total_bytes], [generation, 0]);
    assert.equal(Date.parse(told.since ?? ""), begun?.at.getTime());
  }
  await world.flow(alice, 1n, 2n);
  assert.equal((await tellsOf(world, "alice")).generation, 2);
  // Who is erased and used again has a new generation, and nothing tells since when.
  await world.ledger.erase({ user: "__proto__", reason: "test", author: "test" });
  await world.flow("user>>>__proto__", 10n, 20n);
  // What the ledger says is asked for once a second.
  await until(async () => (await tellsOf(world, "__proto__")).total_bytes === 30);
  assert.equal((await tellsOf(world, "__proto__")).since, undefined);
});

test("where the ledger booked what was there already, since is the quarter hour of the first byte", async () => {
  await using world = await startWorld();
  world.core.add(`${alice}>>>traffic>>>uplink`, 5n);
  await using client = new StatsClient(world.core.address);
  await using writer = await world.ledger.claim("fra-1");
  await writer.record(await client.snapshot(), { bookExisting: true });
  const since = Date.parse((await tellsOf(world, "alice")).since ?? "");
  assert.ok(since % 900_000 === 0 && Date.now() - since < 16 * 60_000);
});

test("a list of many keys asks the ledger no more than one of few, also for those without bytes", async () => {
  await using world = await startWorld();
  await world.book();
  await world.flow(alice, 1n, 2n);
  const asked = async (list: readonly ServedKey[]): Promise<number> => {
    let questions = 0;
    const counted = new Proxy(world.ledger, {
      get(ledger, name: keyof Ledger) {
        questions++;
        return ledger[name];
      },
    });
    const options = { node: "fra-1", apiKeys: [{ name: "bot", key: apiKey }], host: quietHost };
    const handler = createManagerHandler({ ...options, ledger: counted, keys: list });
    const request = new Request("http://127.0.0.1/api/traffic/simple", { headers: { "X-API-Key": apiKey } });
    const answer = (await (await handler(request)).json()) as { readonly data: { readonly ports: object } };
    assert.equal(Object.keys(answer.data.ports).length, list.length);
    return questions;
  };
  const many = Array.from({ length: 500 }, (_, at): ServedKey => {
    const subject = at === 0 ? "alice" : `user-${at}`;
    const ports = [{ from: 443, to: at % 2 === 0 ? 443 : 450 }];
    return { id: `${at}`, name: subject, uuids: [], counter: { scope: "user", subject }, ports, isActive: true };
  });
  assert.equal(await asked(many), await asked(many.slice(0, 2)));
});
