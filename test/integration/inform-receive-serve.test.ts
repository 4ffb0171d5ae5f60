import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { HttpHandler } from "../../src/http/handler.ts";
import { serveHandler } from "../../src/http/serve-handler.ts";
import { openMemoryLedger } from "../../src/ledger/ledger.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { bearer, rawPost, startReceiver } from "../support/inform-receiver.ts";
import { until } from "../support/until.ts";

const json = { "content-type": "application/json" };
const megabyte = Buffer.alloc(1024 ** 2, " ");

test("a body that is too large is answered while it still comes", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { maxBodyBytes: 1024 });
  const headers = { ...json, ...bearer(hub.key("a")) };
  const declared = await rawPost(`${hub.url}/v1/inform`, { ...headers, "content-length": "1000000000" }, (write) =>
    write(megabyte),
  );
  assert.deepEqual([declared.status, JSON.parse(declared.body).error.code], [413, "too-large"]);
  const chunked = await rawPost(`${hub.url}/v1/inform`, headers, (write) => {
    for (let count = 0; count < 8; count++) write(megabyte);
  });
  assert.deepEqual([chunked.status, JSON.parse(chunked.body).error.code], [413, "too-large"]);
});

test("what is left of a body that is refused is thrown away, not left in the client's hands", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const socket = connect(Number(new URL(hub.url).port), "127.0.0.1");
  const body = Buffer.alloc(32 * 1024 ** 2); // more than the system keeps for us
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.write(`POST /v1/inform HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`);
  const sent = await new Promise((resolve) => {
    socket.on("error", () => resolve(false)).on("close", () => resolve(false));
    socket.write(body, (error) => resolve(error === undefined || error === null));
  });
  assert.equal(sent, true);
  assert.match(answer, /^HTTP\/1\.1 401 /);
  socket.destroy();
});

test("a small body that becomes a large one is refused before it is large", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { maxUnpackedBytes: 1024 ** 2 });
  const bomb = gzipSync(gzipSync(Buffer.alloc(100 * 1024 ** 2)));
  const headers = { ...bearer(hub.key("a")), "content-encoding": "gzip" };
  const outer = await hub.post("/v1/inform", gzipSync(Buffer.alloc(100 * 1024 ** 2)), headers);
  assert.deepEqual([outer.status, outer.json.error.code], [413, "too-large"]);
  const twice = await hub.post("/v1/inform", bomb, headers);
  assert.equal(twice.status, 400);
  assert.equal((await hub.ask("/v1/health")).status, 200);
});

test("a body that does not come, and one that breaks off, end by themselves", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { bodyTimeoutMs: 50 });
  const headers = { ...json, ...bearer(hub.key("a")), "content-length": "10" };
  const slow = await rawPost(`${hub.url}/v1/inform`, headers, (write) => write(Buffer.from("{")));
  assert.deepEqual([slow.status, JSON.parse(slow.body).error.code], [408, "slow"]);
  await using patient = await startReceiver(openMemoryLedger());
  const head = `POST /v1/inform HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${patient.key("a")}\r\n`;
  const socket = connect(Number(new URL(patient.url).port), "127.0.0.1");
  socket.write(`${head}content-type: application/json\r\ncontent-length: 10\r\n\r\n{`);
  socket.on("error", () => {}).end();
  await until(() => patient.events.length === 1);
  const [event] = patient.events;
  assert.equal(event?.kind === "refused" && event.code, "truncated");
});

test("what is no request of the web, or has endless headers, harms nobody", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const port = Number(new URL(hub.url).port);
  async function raw(text: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.on("error", () => {});
    socket.write(text);
    await once(socket, "close");
    return answer.split("\r\n")[0] ?? "";
  }
  const end = "host: x\r\nconnection: close\r\n\r\n";
  assert.equal(await raw(`GET http://elsewhere/v1/health HTTP/1.1\r\n${end}`), "HTTP/1.1 400 Bad Request");
  assert.equal(await raw(`TRACE /v1/health HTTP/1.1\r\n${end}`), "HTTP/1.1 400 Bad Request");
  assert.equal(await raw(`GET //elsewhere/v1/health HTTP/1.1\r\n${end}`), "HTTP/1.1 200 OK");
  assert.equal(await raw(`GET /v1/health HTTP/1.1\r\nx: \x01\r\n${end}`), "HTTP/1.1 400 Bad Request");
  assert.match(await raw(`GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}\r\n${end}`), /431/);
  assert.equal(await raw("\x16\x03\x01 what\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  assert.equal((await hub.ask("/v1/health")).status, 200);
});

test("what was begun is answered before the end, and idle connections do not hold it up", async () => {
  let finish = (): void => {};
  const started = Promise.withResolvers<void>();
  const handler: HttpHandler = async () => {
    started.resolve();
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return new Response("done");
  };
  const stop = new AbortController();
  const served = await serveHandler(handler, { listen: "127.0.0.1:0", signal: stop.signal });
  const answer = fetch(served.url);
  await started.promise;
  stop.abort();
  await assert.rejects(fetch(served.url));
  finish();
  assert.equal(await (await answer).text(), "done");
  const before = performance.now();
  await served.closed;
  await served.close();
  assert.ok(performance.now() - before < 5000, "a kept connection held it up");
});

test("the end waits ten seconds for a client that begins TLS and says no more", {
  skip: opensslMissing(),
}, async () => {
  using certificates = makeCertificates();
  const { cert, key } = certificates.server;
  const served = await serveHandler(async () => new Response(), { listen: "127.0.0.1:0", tls: { cert, key } });
  const silent = connect(Number(new URL(served.url).port), "127.0.0.1");
  await once(silent, "connect");
  const gone = once(silent, "close");
  const before = performance.now();
  silent.resume();
  await Promise.all([served.close(), gone]);
  assert.ok(performance.now() - before < 30_000);
});

test("a handler that throws is a 500, and no more", async () => {
  const handler: HttpHandler = () => Promise.reject(new Error("secret"));
  await using served = await serveHandler(handler, { listen: "127.0.0.1:0" });
  const answer = await fetch(served.url);
  assert.deepEqual([answer.status, await answer.text()], [500, "failed\n"]);
  const body = (): ReadableStream =>
    new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) });
  const broken: HttpHandler = async () => new Response(body());
  await using other = await serveHandler(broken, { listen: "127.0.0.1:0" });
  await assert.rejects(fetch(other.url));
  await assert.rejects(fetch(other.url));
});

test("other machines are let in over TLS, or where somebody says so", async () => {
  const handler: HttpHandler = async () => new Response("x");
  for (const listen of [
    "0.0.0.0:0",
    "[::]:0",
    "192.0.2.1:80",
    "nonsense",
    "localhost",
    "127.0.0.1:70000",
    "evil.example:80",
  ])
    await assert.rejects(serveHandler(handler, { listen }), TypeError, listen);
  await using served = await serveHandler(handler, { listen: "0.0.0.0:0", insecureListen: true });
  assert.match(served.url, /^http:\/\/0\.0\.0\.0:\d+$/);
});

test("over TLS a client may have to show a certificate", { skip: opensslMissing() }, async () => {
  using certificates = makeCertificates();
  const { ca, server, client } = certificates;
  const handler: HttpHandler = async (_request, info) => new Response(info?.remoteAddress);
  const tls = { cert: server.cert, key: server.key, ca: ca.cert };
  await using served = await serveHandler(handler, { listen: "127.0.0.1:0", tls });
  async function ask(shown: object): Promise<string> {
    const request = httpsRequest(served.url, { ca: ca.cert, agent: false, ...shown }).end();
    const [response] = await once(request, "response");
    return Buffer.concat(await response.toArray()).toString();
  }
  assert.equal(await ask({ cert: client.cert, key: client.key }), "127.0.0.1");
  await assert.rejects(ask({}));
});
