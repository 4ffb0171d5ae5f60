import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { Agent, createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer, Agent as SecureAgent } from "node:https";
import { type AddressInfo, connect, createServer as createSocketServer, type Server as SocketServer } from "node:net";
import { after, test } from "node:test";
import { connect as connectSecurely, type TLSSocket } from "node:tls";
import { type PostBodyOptions, postBody } from "../../../src/inform/send/post-body.ts";
import { makeCertificates, opensslMissing } from "../../support/certificates.ts";

const open: (Server | SocketServer)[] = [];
after(() => {
  for (const server of open) {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  }
});

async function listen<Listener extends Server | SocketServer>(server: Listener): Promise<number> {
  open.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function serve(handle: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(handle))}/v1/inform?key=hunter2`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const body = Buffer.from('{"a":1}');
const ways: readonly (readonly [string, Partial<PostBodyOptions>])[] = [
  ["Node's client", {}],
  ["a fetch", { fetch: globalThis.fetch }],
];

for (const [name, way] of ways) {
  test(`${name}: a body and its headers arrive, and the answer comes back`, async () => {
    let seen: unknown;
    const url = await serve(async (request, response) => {
      const { method, headers } = request;
      seen = [method, request.url, headers["content-type"], headers["content-length"], await textOf(request)];
      response.setHeader("x-one", ["a", "b"]).end('{"ok":true}');
    });
    const answer = await postBody(url, { body, headers: { "Content-Type": "application/json" }, ...way });
    assert.deepEqual(seen, ["POST", "/v1/inform?key=hunter2", "application/json", "7", '{"a":1}']);
    assert.ok(answer.kind === "accepted");
    assert.deepEqual([answer.status, answer.retryAfterMs], [200, undefined]);
    assert.equal(answer.headers.get("x-one"), "a, b");
    assert.equal(Buffer.from(answer.body ?? []).toString(), '{"ok":true}');
  });

  test(`${name}: a redirect is an answer, and nobody is asked there`, async () => {
    let asked = 0;
    const elsewhere = await serve((_, response) => {
      asked++;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_, response) => response.writeHead(status, { location: elsewhere }).end());
      const answer = await postBody(url, { body, headers: { authorization: "Bearer hunter2" }, ...way });
      assert.ok(answer.kind === "wrong-address" && answer.status === status);
    }
    assert.equal(asked, 0);
  });

  test(`${name}: Retry-After is heeded`, async () => {
    const url = await serve((_, response) => response.writeHead(503, { "retry-after": "7" }).end("busy"));
    const answer = await postBody(url, { body, ...way });
    assert.ok(answer.kind === "retry");
    assert.equal(answer.retryAfterMs, 7000);
  });

  test(`${name}: an answer's body is bounded, its status counts even so`, async () => {
    const url = await serve((_, response) => {
      response.write("x".repeat(1000)); // and never ends
      if (response.req.headers["x-break"]) setImmediate(() => response.destroy());
    });
    for (const headers of [{}, { "x-break": "1" }]) {
      const maxAnswerBytes = "x-break" in headers ? 5000 : 999;
      const answer = await postBody(url, { body, headers, maxAnswerBytes, ...way });
      assert.ok(answer.kind === "accepted");
      assert.equal(answer.body, undefined);
    }
    const whole = await serve((_, response) => response.end("x".repeat(1000)));
    const answer = await postBody(whole, { body, maxAnswerBytes: 1000, ...way });
    assert.ok(answer.kind === "accepted" && answer.body?.length === 1000);
  });

  test(`${name}: a receiver that does not answer in time may have the body`, async () => {
    const url = await serve(() => {});
    const result = await postBody(url, { body, timeoutMs: 100, ...way });
    assert.ok(result.kind === "failed");
    assert.deepEqual([result.sent, result.error.code], ["maybe", "timeout"]);
    assert.match(result.error.message, /^no answer from 127\.0\.0\.1:\d+ within 100 ms$/);
  });

  test(`${name}: a receiver that breaks off may have the body`, async () => {
    const url = await serve(async (request) => {
      await textOf(request);
      request.socket.destroy();
    });
    const result = await postBody(url, { body, ...way });
    assert.ok(result.kind === "failed");
    assert.deepEqual([result.sent, result.error.code], ["maybe", "connection-lost"]);
    assert.doesNotMatch(result.error.message, /hunter2/);
  });

  test(`${name}: a caller's signal ends it with its own reason, and no listener stays`, async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const url = await serve(() => stop.abort(reason));
    await assert.rejects(postBody(url, { body, signal: stop.signal, ...way }), reason);
    await assert.rejects(postBody(url, { body, signal: stop.signal, ...way }), reason);
    assert.equal(getEventListeners(stop.signal, "abort").length, 0);
  });
}

test("a signal that comes while the answer does ends the call too", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const url = await serve((_, response) => void response.write("x")); // and never ends
  const fetch: typeof globalThis.fetch = async (...request) => {
    const answer = await globalThis.fetch(...request);
    stop.abort(reason);
    return answer;
  };
  await assert.rejects(postBody(url, { body, fetch, signal: stop.signal }), reason);
});

test("where nobody listens nothing was sent", async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  const result = await postBody(`http://127.0.0.1:${port}/?key=hunter2`, { body });
  assert.ok(result.kind === "failed");
  assert.deepEqual([result.sent, result.error.code], ["no", "unreachable"]);
  assert.match(result.error.message, /^cannot reach 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
});

test("a time that ends before there is a connection ends with nothing sent", async () => {
  const port = await listen(createSocketServer(() => {})); // never shakes hands
  const result = await postBody(`https://127.0.0.1:${port}/`, { body, timeoutMs: 100 });
  assert.ok(result.kind === "failed");
  assert.deepEqual([result.sent, result.error.code], ["no", "timeout"]);
});

test("a connection that an agent hands over before the handshake has sent nothing", async () => {
  const port = await listen(createSocketServer(() => {}));
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const agent = new SecureAgent();
  agent.createConnection = () => connectSecurely({ socket });
  const result = await postBody(`https://127.0.0.1:${port}/`, { body, agent, timeoutMs: 100 });
  assert.ok(result.kind === "failed");
  assert.deepEqual([result.sent, result.error.code], ["no", "timeout"]);
});

test("an agent keeps the connection, and what breaks on a kept one may have been sent", async () => {
  await using agent = Object.assign(new Agent({ keepAlive: true }), {
    [Symbol.asyncDispose]: async () => agent.destroy(),
  });
  const ports = new Set<number | undefined>();
  let breaks = false;
  const url = await serve(async (request, response) => {
    ports.add(request.socket.remotePort);
    await textOf(request);
    if (breaks) request.socket.destroy();
    else response.end();
  });
  for (let each = 0; each < 3; each++) assert.equal((await postBody(url, { body, agent })).kind, "accepted");
  assert.equal(ports.size, 1);
  breaks = true;
  const result = await postBody(url, { body, agent });
  assert.ok(result.kind === "failed");
  assert.equal(result.sent, "maybe");
  assert.equal(ports.size, 1);
});

test("an early refusal of a large body is heard", async () => {
  const url = await serve((request, response) => {
    response.writeHead(413, { connection: "close" }).end("too large");
    request.resume();
  });
  const answer = await postBody(url, { body: Buffer.alloc(8_000_000) });
  assert.ok(answer.kind === "refused" && answer.status === 413);
});

test("wrong arguments never reach the network, nor show a key", async () => {
  let asked = 0;
  const url = await serve((_, response) => {
    asked++;
    response.end();
  });
  const wrong: readonly (readonly [string, Partial<PostBodyOptions>, RegExp])[] = [
    ["http://192.0.2.7/", {}, /use https/],
    [url, { tls: {} }, /need an https/],
    [url, { tls: {}, fetch: globalThis.fetch }, /Node's client's/],
    [url, { headers: { authorization: "Bearer hunter2\n" } }, /authorization/],
    [url, { headers: { "a b": "x" } }, /a b/],
    [url, { timeoutMs: 0 }, /timeoutMs/],
    [url, { timeoutMs: 2 ** 31 }, /timeoutMs/],
  ];
  for (const [address, options, message] of wrong) {
    await assert.rejects(postBody(address, { body, ...options }), (error: Error) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
  assert.equal(asked, 0);
});

test("TLS: ours and theirs are verified, and a stranger gets nothing", { skip: opensslMissing() }, async () => {
  using certificates = makeCertificates();
  const { ca, otherCa, server, client } = certificates;
  let asked = 0;
  const listener = createSecureServer(
    { cert: server.cert, key: server.key, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      asked++;
      response.end((request.socket as TLSSocket).authorized ? "known" : "unknown");
    },
  );
  const url = `https://127.0.0.1:${await listen(listener)}/`;
  const trusted = { ca: ca.cert, serverName: "core.test" };
  for (const [tls, expected] of [
    [trusted, "unknown"],
    [{ ...trusted, cert: client.cert, key: client.key }, "known"],
    [{ ca: [otherCa.cert, ca.cert] }, "unknown"],
  ] as const) {
    const answer = await postBody(url, { body, tls });
    assert.ok(answer.kind === "accepted", JSON.stringify(answer));
    assert.equal(Buffer.from(answer.body ?? []).toString(), expected);
  }
  asked = 0;
  for (const tls of [undefined, { ca: otherCa.cert }, { ca: ca.cert, serverName: "other.test" }]) {
    const result = await postBody(url, { body, tls });
    assert.ok(result.kind === "failed");
    assert.deepEqual([result.sent, result.error.code], ["no", "tls"], result.error.message);
  }
  const plain = await serve((_, response) => response.end());
  const result = await postBody(plain.replace("http:", "https:"), { body });
  assert.ok(result.kind === "failed");
  assert.deepEqual([result.sent, result.error.code], ["no", "tls"]);

  const strict = createSecureServer({ cert: server.cert, key: server.key, ca: ca.cert, requestCert: true }, () => {
    asked++;
  });
  const refused = await postBody(`https://127.0.0.1:${await listen(strict)}/`, { body, tls: trusted });
  assert.ok(refused.kind === "failed");
  assert.deepEqual([refused.sent, refused.error.code], ["no", "tls"], refused.error.message);
  assert.equal(asked, 0);
});
