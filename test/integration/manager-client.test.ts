import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { test } from "node:test";
import { inspect, promisify } from "node:util";
import { expectTypeOf } from "expect-type";
import {
  ManagerClient,
  type ManagerClientOptions,
  ManagerError,
  type ManagerFallback,
  type ManagerFetch,
  type ManagerGeneration,
} from "../../src/manager/index.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { openServer } from "../support/raw-servers.ts";
import { until } from "../support/until.ts";
import { type Answer, apiKey, id, sample, startManager, uuid } from "./manager-client-server.ts";

const list: Readonly<Record<ManagerGeneration, readonly [string, string]>> = {
  simple: ["/traffic/simple", sample("simple-traffic")],
  "port-exact": ["/traffic/ports/exact", sample("old-ports-exact")],
  exact: ["/traffic/exact", sample("older-exact")],
  newest: ["/traffic", JSON.stringify({ ports: { 10001: { upload: 1, download: 2, last_updated: 1762000000 } } })],
};
const paths = Object.values(list).map(([path]) => `GET /api${path}`);

for (const [index, [generation, [path, body]]] of Object.entries(list).entries()) {
  for (const status of [404, 405, 501]) {
    test(`a server of ${generation} is found behind ${status} and remembered`, async () => {
      const missing = Object.values(list).map(([each]) => [each, [status, "no"]] as const);
      await using manager = await startManager({ ...Object.fromEntries(missing), [path]: body });
      const fallbacks: ManagerFallback[] = [];
      const client = manager.client({ onFallback: (fallback) => fallbacks.push(fallback) });
      assert.equal(client.generation, undefined);
      const stats = await client.getTrafficStats();
      assert.equal(stats.generation, generation);
      assert.equal(client.generation, generation);
      assert.deepEqual(manager.asked, paths.slice(0, index + 1));
      assert.equal(fallbacks.length, index);
      for (const [step, { from, to, error }] of fallbacks.entries()) {
        assert.deepEqual([from, to], Object.keys(list).slice(step, step + 2));
        assert.deepEqual([error.status, error.reason], [status, "unsupported"]);
      }
      await client.getTrafficStats();
      assert.deepEqual(manager.asked.slice(index + 1), [`GET /api${path}`], "asked directly now");
    });
  }
}

for (const status of [400, 401, 403, 408, 409, 422, 429, 500, 502, 503, 504]) {
  test(`status ${status} leads to no other generation`, async () => {
    const rest = Object.values(list).slice(1);
    await using manager = await startManager({ ...Object.fromEntries(rest), "/traffic/simple": [status, "{}"] });
    const onFallback = (): never => assert.fail("it falls back");
    await assert.rejects(manager.client({ onFallback }).getTrafficStats(), { name: "ManagerError", status });
    assert.deepEqual(manager.asked, paths.slice(0, 1));
  });
}

test("a server that becomes another generation is found again", async () => {
  await using manager = await startManager({ "/traffic/exact": list.exact[1] });
  const client = manager.client();
  assert.equal((await client.getTrafficStats()).generation, "exact");
  manager.set("/traffic/exact", [404, '{"detail":"Not Found"}']);
  manager.set("/traffic/simple", list.simple[1]);
  assert.equal((await client.getTrafficStats()).generation, "simple");
  assert.equal(client.generation, "simple");
});

test("a server of no generation is unsupported", async () => {
  await using manager = await startManager({});
  await assert.rejects(manager.client().getTrafficStats(), (error) => {
    assert.ok(error instanceof ManagerError);
    assert.deepEqual([error.code, error.reason, error.status], ["unsupported", "unsupported", 404]);
    assert.equal(error.request, paths.map((path) => path.replace("/api", "")).join(", "));
    return true;
  });
  assert.deepEqual(manager.asked, paths);
});

test("only the generations that the caller names are asked, in this order", async () => {
  await using manager = await startManager({ "/traffic/simple": list.simple[1] });
  const client = manager.client({ generations: ["newest", "exact"] });
  await assert.rejects(client.getTrafficStats(), { reason: "unsupported" });
  assert.deepEqual(manager.asked, ["GET /api/traffic", "GET /api/traffic/exact"]);
});

test("an unknown key is missing; a key known by its uuid to an old route only makes that no server's generation", async () => {
  const unknown: Answer = [404, sample("error-404")];
  await using manager = await startManager({
    [`/keys/${id}/traffic/simple`]: sample("simple-key-traffic"),
    [`/keys/${uuid}/traffic/simple`]: unknown,
    [`/keys/${uuid}/traffic/exact`]: sample("older-key-exact"),
    "/keys/nobody/traffic/simple": unknown,
    "/keys/nobody/traffic/history": unknown,
    "/keys/nobody/traffic/simple/reset": unknown,
    "/keys/nobody/traffic/monthly?year_month=2025-11": unknown,
  });
  const client = manager.client();
  assert.equal(await client.getKeyTrafficStats("nobody"), undefined);
  assert.equal(client.generation, undefined, "nothing answered yet");
  assert.equal((await client.getKeyTrafficStats(uuid))?.generation, "exact");
  assert.equal(client.generation, undefined);
  assert.equal((await client.getKeyTrafficStats(id))?.generation, "simple");
  manager.asked.length = 0;
  assert.equal(await client.getKeyTrafficStats(uuid), undefined, "the known generation's word is the last");
  assert.equal(manager.asked.length, 1);
  assert.equal(await client.getKeyTrafficHistory("nobody"), undefined);
  assert.equal(await client.getKeyMonthlyTraffic("nobody", "2025-11"), undefined);
  await assert.rejects(client.resetKeyTraffic("nobody"), { reason: "unknown-key", advice: /uuid/ });
});

test("a reset never falls back, whatever a read has found", async () => {
  await using manager = await startManager({
    [`/keys/${id}/traffic/exact`]: sample("older-key-exact"),
    [`/keys/${id}/traffic/reset`]: sample("newest-key-reset"),
  });
  const client = manager.client({ onFallback: () => {} });
  assert.equal((await client.getKeyTrafficStats(id))?.generation, "exact");
  manager.asked.length = 0;
  await assert.rejects(client.resetKeyTraffic(id), { reason: "unsupported" });
  assert.deepEqual(manager.asked, [`POST /api/keys/${id}/traffic/simple/reset`]);
  assert.equal((await client.resetKeyTraffic(id, { generation: "newest" })).generation, "newest");
});

test("a reset that does not say that it succeeded is no success", async () => {
  await using manager = await startManager({ [`/keys/${id}/traffic/simple/reset`]: '{"message":"scheduled"}' });
  await assert.rejects(manager.client().resetKeyTraffic(id), { reason: "malformed", message: /does not say/ });
});

test("one entry that makes no sense does not take the others with it", async () => {
  const ports = {
    1: { uuid: "a", total_bytes: -1 },
    2: "what?",
    3: {
      uuid: "c",
      rx_bytes: "10.9",
      tx_bytes: 5,
      connection_details: [7, null],
      traffic_rate: "fast",
      timestamp: "soon",
    },
    4: { uuid: "d", total_bytes: 9007199254740993123n },
    5: { uuid: "e" },
    6: { uuid: "f", total_bytes: 1, connections: null, connections_error: "no /proc here" },
  };
  const body = JSON.stringify({ data: { ports } }, (_key, value) => (typeof value === "bigint" ? `${value}n` : value));
  await using manager = await startManager({ "/traffic/simple": body.replace(/"(\d+)n"/, "$1") });
  const { keys, totalBytes } = await manager.client().getTrafficStats();
  const shown = keys.map((each) => [each.key.port, each.kind === "traffic" ? each.totalBytes : each.error]);
  assert.deepEqual(shown, [
    [1, "not understood: expected a number of bytes at total_bytes"],
    [2, "not understood: expected Object"],
    [3, 15n],
    [4, 9007199254740993123n],
    [5, "not understood: no bytes in the entry"],
    [6, 1n],
  ]);
  assert.equal(totalBytes, 9007199254740993139n);
  const [first, , third, , , sixth] = keys;
  assert.deepEqual([first?.kind, first?.key.uuid], ["failed", "a"]);
  assert.ok(third?.kind === "traffic" && sixth?.kind === "traffic");
  assert.deepEqual([third.connectionDetails, third.takenAt, third.bytesPerSecond], [[], undefined, undefined]);
  assert.deepEqual([sixth.connections, sixth.connectionsError], [undefined, "no /proc here"]);
});

test("a key named like a member of every object is a key", async () => {
  const body = '{"ports_traffic":{"ports_traffic":{"__proto__":{"port":1,"traffic":{"total_bytes":7}}}}}';
  await using manager = await startManager({ "/traffic/ports/exact": body });
  const { keys } = await manager.client().getTrafficStats();
  assert.deepEqual(
    keys.map(({ key }) => key.uuid),
    ["__proto__"],
  );
});

test("an id is one step of the path, whatever is in it", async () => {
  await using manager = await startManager({});
  const client = manager.client({ generations: ["simple"] });
  for (const each of ["a/../b", "a?b=c", "a#b", "ä %2e", "$&"]) {
    await assert.rejects(client.getKeyTrafficStats(each), { reason: "unsupported" });
    assert.equal(manager.asked.at(-1), `GET /api/keys/${encodeURIComponent(each)}/traffic/simple`);
  }
  const asked = manager.asked.length;
  for (const each of ["", ".", "..", "\ud800"]) await assert.rejects(client.getKeyTrafficStats(each), TypeError);
  await assert.rejects(client.getKeyTrafficStats(7 as unknown as string), TypeError);
  await assert.rejects(client.resetKeyTraffic(id, { generation: "next" as ManagerGeneration }), TypeError);
  for (const each of ["2025-02-30", "2025-1-1", "today"]) await assert.rejects(client.getDailyTraffic(each), TypeError);
  for (const each of ["2025-13", "2025-00", "2025"]) await assert.rejects(client.getMonthlyTraffic(each), TypeError);
  for (const each of [0, -1, 1.5, Number.NaN]) await assert.rejects(client.cleanUpHistory(each), RangeError);
  await assert.rejects(client.getTrafficStats({ timeoutMs: 0 }), RangeError);
  assert.equal(manager.asked.length, asked, "nothing was sent");
});

test("wrong addresses and options are refused at once, and none shows a secret", () => {
  const make = (address: string, options: Partial<ManagerClientOptions> = {}): unknown =>
    new ManagerClient(address, { apiKey, ...options });
  const wrong: readonly (() => unknown)[] = [
    () => make("panel:8000"),
    () => make("not an address"),
    () => make("https://alice:S3CRET@panel"),
    () => make("https://panel/api?key=S3CRET"),
    () => make("https://panel", { apiKey: "" }),
    () => make("https://panel", { apiKey: "S3CRET\n" }),
    () => make("https://panel", { tls: {}, fetch }),
    () => make("http://panel", { tls: {} }),
    () => make("https://panel", { generations: [] }),
    () => make("https://panel", { generations: ["next" as ManagerGeneration] }),
    () => make("https://panel", { auth: "basic" as "bearer" }),
    () => make("https://panel", { timeoutMs: -1 }),
    () => make("https://panel", { maxBytes: 0 }),
    () => make("https://panel", { stale: { maxAgeMs: 0 } }),
    () => new ManagerClient("https://panel", undefined as unknown as ManagerClientOptions),
  ];
  for (const each of wrong) {
    assert.throws(each, (error) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError, String(each));
      assert.ok(!error.message.includes("S3CRET"), error.message);
      return true;
    });
  }
  assert.equal(new ManagerClient("https://panel:8000/api/", { apiKey }).address, "https://panel:8000/api");
  assert.equal(new ManagerClient("https://panel/x", { apiKey }).address, "https://panel/x/api");
  assert.ok(!inspect(new ManagerClient("https://panel", { apiKey }), { depth: 9, showHidden: true }).includes(apiKey));
});

test("the key goes where the server wants it, once", async () => {
  await using manager = await startManager({ "/traffic/simple": list.simple[1] });
  await manager.client().getTrafficStats();
  assert.equal(manager.headers()["x-api-key"], apiKey);
  assert.equal(manager.headers().authorization, undefined);
  await manager.client({ auth: "bearer" }).getTrafficStats();
  assert.equal(manager.headers()["x-api-key"], undefined);
  assert.equal(manager.headers().authorization, `Bearer ${apiKey}`);
});

test("a fetch of the caller's own is used, and Node's fits as it is", async () => {
  expectTypeOf<typeof fetch>().toExtend<ManagerFetch>();
  await using manager = await startManager({ "/traffic/simple": list.simple[1] });
  const stats = await manager.client({ fetch }).getTrafficStats();
  assert.equal(stats.keys.length, 2);
  const handler = async (request: Request): Promise<Response> =>
    new Response(list.simple[1], { status: request.headers.has("x-api-key") ? 200 : 401 });
  const direct = new ManagerClient("http://manager.test", {
    apiKey,
    fetch: (url, init) => handler(new Request(url, init)),
  });
  assert.equal((await direct.getTrafficStats()).keys.length, 2);
});

test("an abort rejects with its own reason, and no listener is left", async () => {
  await using manager = await startManager({ "/traffic/simple": () => {} });
  const ofClient = new AbortController();
  const ofCall = new AbortController();
  const client = manager.client({ signal: ofClient.signal });
  const reason = new Error("enough");
  const call = client.getTrafficStats({ signal: ofCall.signal });
  await until(() => manager.asked.length === 1);
  ofCall.abort(reason);
  await assert.rejects(call, (error) => error === reason);
  await assert.rejects(client.getTrafficStats({ signal: ofCall.signal }), (error) => error === reason);
  manager.set("/traffic/simple", list.simple[1]);
  await client.getTrafficStats();
  assert.deepEqual(getEventListeners(ofClient.signal, "abort"), []);
  assert.deepEqual(getEventListeners(ofCall.signal, "abort"), []);
  ofClient.abort(reason);
  await assert.rejects(client.getTrafficStats(), (error) => error === reason);
});

test("without stale a failure is a failure; with it the last good answer is served, marked", async () => {
  await using manager = await startManager({ "/traffic/simple": list.simple[1] });
  const plain = manager.client();
  const logged: string[] = [];
  const keeping = manager.client({ stale: { maxAgeMs: 60_000 }, logger: { warn: (message) => logged.push(message) } });
  const good = await keeping.getTrafficStats();
  await plain.getTrafficStats();
  assert.equal(good.stale, undefined);
  for (const answer of [
    [500, "{}"],
    [429, "{}"],
    "<html>",
    '{"status":"success","data":{"error":"e","ports":{}}}',
  ] as const) {
    manager.set("/traffic/simple", answer);
    await assert.rejects(plain.getTrafficStats(), ManagerError);
    const { stale, ...old } = await keeping.getTrafficStats();
    const { stale: _none, ...fresh } = good;
    assert.deepEqual(old, fresh);
    assert.ok(stale && stale.ageMs >= 0 && stale.ageMs < 60_000);
    assert.ok(stale.error instanceof ManagerError);
    assert.equal(logged.at(-2), stale.error.message);
    assert.match(logged.at(-1) ?? "", /^serving an answer that is \d+ ms old$/);
  }
  await assert.rejects(keeping.getKeyTrafficStats(id), { reason: "unsupported" });
  manager.set("/traffic/simple", [401, "{}"]);
  await assert.rejects(keeping.getTrafficStats(), { reason: "unauthorized" });
  manager.set("/traffic/simple", [500, "{}"]);
  await assert.rejects(keeping.getTrafficStats(), { reason: "server-error" }, "a refusal ends what was kept");
});

test("an answer that is too old, or of before a reset, is not served", async () => {
  const path = `/keys/${id}/traffic/simple`;
  await using manager = await startManager({
    [path]: sample("simple-key-traffic"),
    [`${path}/reset`]: sample("simple-key-reset"),
  });
  const client = manager.client({ stale: { maxAgeMs: 1 } });
  await client.getKeyTrafficStats(id);
  const then = performance.now();
  await until(() => performance.now() - then > 2);
  manager.set(path, [500, "{}"]);
  await assert.rejects(client.getKeyTrafficStats(id), { reason: "server-error" });
  const longer = manager.client({ stale: { maxAgeMs: 60_000 } });
  manager.set(path, sample("simple-key-traffic"));
  await longer.getKeyTrafficStats(id);
  await longer.resetKeyTraffic(id);
  manager.set(path, [500, "{}"]);
  await assert.rejects(longer.getKeyTrafficStats(id), { reason: "server-error" });
});

const noOpenssl = opensslMissing();
if (noOpenssl !== undefined) console.log(`skipped what needs certificates: ${noOpenssl}`);

test("TLS: trusted, named, shown and switched off", { skip: noOpenssl }, async () => {
  using certificates = makeCertificates();
  const { ca, server: ofServer, client: ofClient, otherCa } = certificates;
  const names: unknown[] = [];
  const server = createHttpsServer(
    { cert: ofServer.cert, key: ofServer.key, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
    ({ socket }, response) => {
      const { servername, authorized } = socket as import("node:tls").TLSSocket & { servername?: string };
      names.push([servername, authorized]);
      response.end(list.simple[1]);
    },
  );
  await using open = await openServer(server);
  const read = (tls: ManagerClientOptions["tls"]): Promise<unknown> =>
    new ManagerClient(`https://${open.address}`, { apiKey, tls }).getTrafficStats();
  await assert.rejects(read(undefined), { reason: "tls", code: "tls" });
  await assert.rejects(read({ ca: otherCa.cert }), { reason: "tls" });
  await assert.rejects(read({ ca: ca.cert, serverName: "other.test" }), { reason: "tls" });
  await read({ ca: [ca.cert.toString()] });
  await read({ ca: ca.cert, serverName: "core.test", cert: ofClient.cert, key: ofClient.key });
  await read({ verify: "off" });
  assert.deepEqual(names, [
    [false, false],
    ["core.test", true],
    [false, false],
  ]);
  const plain = new ManagerClient(`http://${open.address}`, { apiKey });
  await assert.rejects(plain.getTrafficStats(), ManagerError);
});

test("proxy variables do not apply to loopback", async () => {
  let proxied = 0;
  const proxy = createServer((_request, response) => {
    proxied++;
    response.end("{}");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as import("node:net").AddressInfo;
  await using manager = await startManager({ "/traffic/simple": list.simple[1] });
  const program = `
    import { ManagerClient } from "./src/manager/index.ts";
    const client = new ManagerClient(process.argv[1], { apiKey: "k" });
    try { console.log((await client.getTrafficStats()).keys.length); } catch (error) { console.log(error.reason); }
  `;
  const run = async (url: string): Promise<string> => {
    const proxies = {
      HTTP_PROXY: `http://127.0.0.1:${port}`,
      http_proxy: `http://127.0.0.1:${port}`,
      NODE_USE_ENV_PROXY: "1",
    };
    const { NO_PROXY: _upper, no_proxy: _lower, ...rest } = process.env;
    const args = ["--input-type=module", "--no-warnings", "-e", program, url];
    return (await promisify(execFile)(process.execPath, args, { env: { ...rest, ...proxies } })).stdout.trim();
  };
  try {
    assert.equal(await run(manager.url), "2");
    assert.equal(proxied, 0);
    if ("proxyEnv" in ((await import("node:http")).globalAgent as unknown as { options: object }).options) {
      assert.equal(await run("http://manager.invalid"), "malformed", "elsewhere Node's own decision holds");
      assert.equal(proxied, 1);
    }
  } finally {
    proxy.close();
  }
});
