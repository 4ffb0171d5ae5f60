// What a client holds on to: nothing after close(), nothing that keeps a process alive, nobody's proxy, no pings.
import assert from "node:assert/strict";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { StatsClient } from "../../src/index.ts";
import { startEmbeddedCore } from "../../src/testing/index.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { openServer, passTo } from "../support/raw-servers.ts";
import { runScript } from "../support/run-script.ts";
import { until } from "../support/until.ts";
import { emptyMessage } from "./embedded-core-calls.ts";

const counters = [["user>>>alice>>>traffic>>>uplink", 5n]] as const;

test("close ends calls wherever they stand, with `closed`; there are no more, and it may be called twice", async (t) => {
  t.mock.method(Math, "random", () => 3600); // a pause before another try takes minutes
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  await using silent = await openServer(createTcpServer((socket) => socket.resume()));
  await using dying = await startEmbeddedCore({ dialect: "xray" });
  await using breaking = await openServer(createTcpServer(passTo(dying.address)));
  core.fault({ hang: true });
  dying.fault({ cutAfterBytes: 0 });
  const closed = { code: "closed", message: /the client for .+ is closed/, advice: /new StatsClient/ } as const;
  const places: [address: string, retries: number, underWay: () => boolean][] = [
    [core.address, 0, () => core.calls.length >= 3],
    [`https://${silent.address}`, 0, () => silent.accepted === 1],
    [breaking.address, 2, () => breaking.accepted >= 1 && breaking.open === 0],
  ];
  for (const [address, retries, underWay] of places) {
    const client = new StatsClient(address, { retries, timeoutMs: 3_600_000 });
    const { signal } = new AbortController();
    const underWayCalls = [client.get("a", { signal }), client.snapshot(), client.detect()];
    const calls = underWayCalls.map((call) => expectFailure(call, closed));
    await until(underWay);
    await client.close();
    await Promise.all(calls);
    await client.close();
    await expectFailure(client.get("a"), closed);
    await expectFailure(client.snapshot(), closed);
    await expectFailure(client.resetCounters({ names: ["a"] }), closed);
  }
  await until(() => silent.open === 0);
});

test("await using closes the connection", async () => {
  await using server = await openServer(createTcpServer((socket) => socket.resume()));
  const calls: Promise<unknown>[] = [];
  {
    await using client = new StatsClient(server.address);
    const call = expectFailure(client.get("a"), { code: "closed" });
    await until(() => server.open === 1);
    calls.push(call);
  }
  await Promise.all(calls);
  await until(() => server.open === 0);
});

test("close ends a running watch: the iteration is over, without an error", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  const client = new StatsClient(core.address);
  const underWay = client.watch({ intervalMs: 5 });
  assert.equal((await underWay.next()).value?.state, "ok");
  core.fault({ hang: true });
  const waiting = underWay.next();
  const before = core.calls.length;
  await until(() => core.calls.length > before);
  const pausing = client.watch({ intervalMs: 3_600_000 });
  await client.close();
  assert.deepEqual(await waiting, { value: undefined, done: true });
  assert.deepEqual(await underWay.next(), { value: undefined, done: true });
  assert.deepEqual(await pausing.next(), { value: undefined, done: true });
});

test("hundreds of calls at once share one connection, without a warning", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  await using core = await startEmbeddedCore({ dialect: "v2ray5", counters });
  await using client = new StatsClient(core.address);
  core.fault({ hang: true });
  const calls = Array.from({ length: 300 }, () => client.get(counters[0][0]));
  await until(() => core.calls.length === 300);
  core.clearFaults();
  const answers = await Promise.all(calls);
  assert.equal(answers.filter((answer) => answer?.value === 5n).length, 300);
  await Promise.all(Array.from({ length: 100 }, (_, index) => (index % 2 ? client.snapshot() : client.query())));
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("a process that forgets close() ends by itself, with close() it holds nothing", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  const forgetful = await runScript(`
    const client = new StatsClient("${core.address}");
    console.log((await client.query()).length, (await client.snapshot()).size);
    for await (const delta of client.watch({ intervalMs: 10 })) {
      console.log(delta.state);
      break;
    }
  `);
  assert.deepEqual(forgetful, { exitCode: 0, stdout: "1 1\nok\n", stderr: "" });
  const tidy = await runScript(`
    const client = new StatsClient("${core.address}");
    await client.snapshot();
    const deltas = client.watch({ intervalMs: 3_600_000 });
    const first = deltas.next();
    await client.snapshot();
    await client.close();
    await first;
    // Sockets take some turns of the loop to close.
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    console.log(process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap"));
  `);
  assert.deepEqual(tidy, { exitCode: 0, stdout: "[]\n", stderr: "" });
});

test("break and return leave nothing of a watch running", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  const end = await runScript(`
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const client = new StatsClient("${core.address}");
    await client.snapshot();
    const before = timers();
    for await (const delta of client.watch({ intervalMs: 10 })) break;
    const deltas = client.watch({ intervalMs: 10 });
    await deltas.next();
    await deltas.return();
    console.log(timers() - before, (await deltas.next()).done);
  `);
  assert.deepEqual(end, { exitCode: 0, stdout: "0 true\n", stderr: "" });
});

test("proxies of the environment change nothing", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  await using proxy = await openServer(createTcpServer((socket) => socket.destroy()));
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  const env = Object.fromEntries(names.map((name) => [name, `http://${proxy.address}`]));
  const source = `
    const client = new StatsClient("${core.address}");
    console.log((await client.query()).length);
    const secure = new StatsClient("https://${core.address}", { retries: 0 });
    console.log(await client.detect().then(({ kind }) => kind), await secure.query().catch(({ code }) => code));
  `;
  const end = await runScript(source, { env: { ...env, NODE_USE_ENV_PROXY: "1", NO_PROXY: "" } });
  assert.deepEqual(end, { exitCode: 0, stdout: "1\nxray tls\n", stderr: "" });
  assert.equal(proxy.accepted, 0);
});

test("an idle connection is not pinged, nor given up", async (t) => {
  let [pings, sessions] = [0, 0];
  const server = createHttp2Server();
  server.on("session", (session) => {
    sessions++;
    session.on("ping", () => pings++);
  });
  server.on("stream", (stream) => {
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(emptyMessage);
  });
  await using raw = await openServer(server);
  // Timers alone could send pings: two minutes pass between the calls.
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  await using client = new StatsClient(raw.address);
  for (let call = 0; call < 5; call++) {
    await client.sysStats();
    for (let second = 0; second < 120; second++) t.mock.timers.tick(1000);
  }
  await client.sysStats();
  assert.deepEqual([pings, sessions], [0, 1]);
});

test("a session's late error ends no process", async () => {
  const garbage = createTcpServer((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await using server = await openServer(garbage);
  const end = await runScript(`
    const client = new StatsClient("${server.address}");
    for (let call = 0; call < 20; call++) await client.get("a").catch(({ code }) => console.log(code));
  `);
  assert.deepEqual(end, { exitCode: 0, stdout: "wrong-protocol\n".repeat(20), stderr: "" });
});
