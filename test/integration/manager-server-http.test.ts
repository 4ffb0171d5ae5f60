import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { ServedHandler } from "../../src/http/serve-handler.ts";
import { ManagerClient } from "../../src/manager/index.ts";
import { startManagerServer } from "../../src/manager/server/manager-server.ts";
import { apiKey, keys, quietHost, startWorld, type World } from "./manager-server-world.ts";

const alice = "user>>>alice";
const simple = "/api/keys/alice/traffic/simple";

async function listen(
  world: World,
  options: Partial<Parameters<typeof startManagerServer>[0]> = {},
  host = "127.0.0.1",
) {
  return startManagerServer(
    { ledger: world.ledger, node: "fra-1", keys, apiKeys: [{ name: "bot", key: apiKey }], host: quietHost, ...options },
    { listen: host.includes(":") ? `[${host}]:0` : `${host}:0` },
  );
}

test("history, day, month, status and summary read as the client's own types", async () => {
  await using world = await startWorld({ timeZone: "Asia/Kolkata" });
  await world.book();
  await world.flow(alice, 20n, 500n);
  await world.flow("user>>>__proto__", 1n, 2n);
  const client = world.client();
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Kolkata" }).format(new Date());
  const month = today.slice(0, 7);

  const history = await client.getTrafficHistory();
  assert.equal(history.estimated, false);
  assert.equal(history.totalKeys, 3);
  assert.equal(history.traffic.totalBytes, 523n);
  const ofKey = await client.getKeyTrafficHistory("alice");
  assert.deepEqual(ofKey?.days.get(today), {
    ...{ uplinkBytes: 20n, downlinkBytes: 500n, totalBytes: 520n },
    ...{ connections: undefined, sessions: undefined },
  });
  assert.equal(ofKey?.lastActivity?.text, today);
  const day = await client.getDailyTraffic(today);
  assert.deepEqual([day.date, day.activeKeys, day.traffic.totalBytes], [today, 2, 523n]);
  assert.equal((await client.getDailyTraffic("2020-02-29")).traffic.totalBytes, 0n);
  const monthly = await client.getMonthlyTraffic(month);
  assert.deepEqual([monthly.yearMonth, monthly.traffic.uplinkBytes, monthly.traffic.downlinkBytes], [month, 21n, 502n]);
  assert.equal((await client.getMonthlyTraffic("2020-01")).traffic.totalBytes, 0n);
  const keyMonthly = await client.getKeyMonthlyTraffic("__proto__", month);
  assert.equal(keyMonthly?.days.get(today)?.totalBytes, 3n);
  assert.equal(await client.getKeyMonthlyTraffic("nobody", month), undefined);

  const status = await client.getTrafficStatus();
  assert.deepEqual([status.totalKeys, status.activeKeys, status.keys.length, status.estimated], [3, 3, 3, false]);
  const summary = await client.getSystemSummary();
  assert.deepEqual([summary.totalBytes, summary.activePorts], [4300n, 3]);
  assert.deepEqual(
    summary.interfaces.map(({ name }) => name),
    ["eth0"],
  );
  for (const path of ["/api/traffic/daily/2025-02-30", "/api/traffic/monthly?year_month=x"])
    assert.equal((await world.ask(path)).status, 422, path);
  assert.equal((await world.ask("/api/traffic/monthly")).status, 200);
  assert.deepEqual(world.errors, []);
});

test("keys are listed and shown one by one; no password or counter is among what is told", async () => {
  await using world = await startWorld();
  const list = (await (await world.ask("/api/keys")).json()) as readonly { readonly id: string }[];
  assert.deepEqual(
    list.map(({ id }) => id),
    ["alice", "__proto__", "socks-in"],
  );
  assert.deepEqual(await (await world.ask("/api/keys/alice")).json(), list[0]);
  assert.equal((await world.ask("/api/keys/nobody")).status, 404);
});

test("an answer is repeated for its own time, says its age, and 304 where the caller has it", async () => {
  await using world = await startWorld({ maxAgeMs: 3000 });
  await world.book();
  await world.flow(alice, 1n, 2n);
  const first = await world.ask(simple);
  assert.equal(first.headers.get("cache-control"), "private, max-age=3");
  assert.equal(first.headers.get("age"), "0");
  const etag = first.headers.get("etag") ?? "";
  await wait(1200);
  await world.flow(alice, 10n, 20n);
  assert.match(await (await world.ask("/api/keys/__proto__/traffic/simple")).text(), /"total_bytes":0/);
  const second = await world.ask(simple, { headers: { "If-None-Match": `"x", W/${etag}` } });
  assert.equal(second.status, 304);
  assert.equal(await second.text(), "");
  assert.equal(second.headers.get("age"), "1");
  assert.equal(second.headers.get("etag"), etag);
  // The list is as old as its oldest key, and renews nobody.
  assert.equal((await world.ask("/api/traffic/simple")).headers.get("age"), "1");
  await wait(2000);
  const third = await world.ask(simple, { headers: { "If-None-Match": etag } });
  assert.equal(third.status, 200);
  assert.match(await third.text(), /"total_bytes":33/);
});

test("every route wants a key but the open ones; errors are told in the manager's form", async () => {
  await using world = await startWorld();
  const without = { headers: { "X-API-Key": "wrong" } };
  for (const path of [
    "/api/keys",
    "/api/traffic/simple",
    simple,
    "/api/system/traffic/summary",
    "/api/traffic/history",
  ]) {
    const response = await world.ask(path, without);
    assert.equal(response.status, 401, path);
    assert.deepEqual(Object.keys((await response.json()) as object), ["detail"]);
  }
  assert.equal((await world.ask(`${simple}/reset`, { ...without, method: "POST" })).status, 401);
  for (const path of ["/", "/api", "/api/", "/health", "/api/health"])
    assert.equal((await world.ask(path, without)).status, 200, path);
  for (const path of [
    "/traffic/simple",
    "/api/nothing",
    "/api/keys/%E0%A4%A/traffic",
    "/api//keys",
    "/api/keys//traffic",
  ])
    assert.equal((await world.ask(path)).status, 404, path);
  const wrong = await world.ask(simple, { method: "DELETE" });
  assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "GET"]);
  assert.equal((await world.ask(`${simple}/reset`)).status, 405);
  await assert.rejects(world.client({ apiKey: "wrong" }).getTrafficStats(), { reason: "unauthorized" });
  assert.equal((await world.client({ auth: "bearer" }).getTrafficStats()).keys.length, 3);
  assert.deepEqual(world.errors, []);
});

test("web pages may ask only where their origin is named, and never reset from elsewhere", async () => {
  const page = "https://panel.example";
  await using closed = await startWorld();
  const read = await closed.ask("/api/keys", { headers: { Origin: page } });
  assert.equal(read.headers.get("access-control-allow-origin"), null);
  assert.equal((await closed.ask("/api/keys", { method: "OPTIONS", headers: { Origin: page } })).status, 405);
  const foreign = { method: "POST", headers: { Origin: page } };
  assert.equal((await closed.ask(`${simple}/reset`, foreign)).status, 403);
  await using open = await startWorld({ corsOrigins: [page] });
  await open.book();
  const allowed = await open.ask("/api/keys", { headers: { Origin: page } });
  assert.equal(allowed.headers.get("access-control-allow-origin"), page);
  const preflight = await open.ask("/api/keys", { method: "OPTIONS", headers: { Origin: page } });
  assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-origin")], [204, page]);
  assert.equal((await open.ask(`${simple}/reset`, foreign)).status, 200);
  const other = await open.ask("/api/keys", { headers: { Origin: "https://evil.example" } });
  assert.equal(other.headers.get("access-control-allow-origin"), null);
});

test("who asks too often waits; a failure inside shows its cause to the operator alone", async () => {
  await using world = await startWorld({ requestsPerMinute: 3 });
  for (let at = 0; at < 3; at++) assert.equal((await world.ask("/health")).status, 200);
  const response = await world.ask("/health");
  assert.equal(response.status, 429);
  assert.match(await response.text(), /^\{"error":"Rate limit exceeded: /);
  assert.match(response.headers.get("retry-after") ?? "", /^(1\d|20)$/);
  await assert.rejects(world.client().getTrafficStats(), { reason: "rate-limited" });

  const secret = new Error("/secret/path is not there");
  await using broken = await startWorld({ keys: () => Promise.reject(secret) });
  const failed = await broken.ask("/api/keys");
  assert.equal(failed.status, 500);
  assert.doesNotMatch(await failed.text(), /secret/);
  assert.deepEqual(broken.errors, [secret]);
});

test("over a socket: the client reads and resets, HEAD has no body, what is no request is 400", async () => {
  await using world = await startWorld();
  await world.book();
  await world.flow(alice, 1n, 2n);
  await using server = await listen(world);
  const client = new ManagerClient(server.url, { apiKey });
  assert.equal((await client.getTrafficStats()).totalBytes, 3n);
  assert.equal((await client.resetKeyTraffic("alice")).previousTotalBytes, 3n);
  assert.equal((await client.getTrafficStats()).totalBytes, 0n);
  const head = httpRequest(`${server.url}/api/keys`, { method: "HEAD", headers: { "X-API-Key": apiKey } }).end();
  const [response] = await once(head, "response");
  assert.equal(response.statusCode, 200);
  response.resume();
  assert.match(await raw(server, "GET http://evil.example/api/keys HTTP/1.1\r\nHost: x"), /^HTTP\/1.1 400 /);
  assert.match(await raw(server, "GET /health HTTP/1.1\r\nHost: %%%"), /^HTTP\/1.1 400 /);
  assert.match(await raw(server, "GET //evil.example/health HTTP/1.1\r\nHost: x"), /^HTTP\/1.1 404 /);
});

test("without API keys only loopback is listened on, and only under a loopback name", async () => {
  await using world = await startWorld();
  for (const host of ["0.0.0.0", "::", "192.0.2.1"])
    await assert.rejects(listen(world, { apiKeys: "none" }, host), /give API keys/);
  await assert.rejects(listen(world, { timeZone: "Nowhere/None" }), RangeError);
  await using server = await listen(world, { apiKeys: "none" });
  assert.match(await raw(server, "GET /api/keys HTTP/1.1\r\nHost: 127.0.0.1:1"), /^HTTP\/1.1 200 /);
  assert.match(await raw(server, "GET /api/keys HTTP/1.1\r\nHost: rebound.example"), /^HTTP\/1.1 403 /);
});

/** Sends a request as it stands. */
async function raw({ url }: ServedHandler, text: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
  socket.end(`${text}\r\nConnection: close\r\n\r\n`);
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  await once(socket, "close");
  return answer;
}
