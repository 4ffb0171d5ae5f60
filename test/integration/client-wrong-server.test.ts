// What is at the address is no core, or a core that cannot be read: the error says so.
import assert from "node:assert/strict";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createTcpServer, type Socket } from "node:net";
import { test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { StatsClient, type StatsClientOptions } from "../../src/index.ts";
import { startEmbeddedCore } from "../../src/testing/index.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { type ExpectedFailure, expectFailure } from "../support/expect-failure.ts";
import { freePorts } from "../support/free-ports.ts";
import { openServer } from "../support/raw-servers.ts";

const noOpenssl = opensslMissing();
if (noOpenssl !== undefined) console.log(`skipped what needs certificates: ${noOpenssl}`);

/** Every read fails alike, and nothing is thrown beside it: an unheard "error" would end the test's process. */
async function everyReadFails(
  address: string,
  expected: ExpectedFailure,
  options: StatsClientOptions = {},
): Promise<void> {
  await using client = new StatsClient(address, { retries: 0, timeoutMs: 20_000, ...options });
  await expectFailure(client.get("a"), expected);
  await expectFailure(client.query(), expected);
  await expectFailure(client.sysStats(), expected);
  await expectFailure(client.snapshot(), expected);
  await expectFailure(client.detect(), expected);
  await expectFailure(client.onlineUsers(), expected);
  await expectFailure(client.onlineIps("a"), expected);
  await expectFailure(client.resetCounters({ all: true }), expected);
  if (expected.code === "unreachable" || expected.code === "unsupported") {
    await expectFailure(client.resetCounters({ names: ["a"] }), expected);
  }
}

test("nobody listens there", async () => {
  const { port } = await freePorts("port");
  await everyReadFails(`127.0.0.1:${port}`, {
    code: "unreachable",
    message: new RegExp(`^connection refused at 127.0.0.1:${port}$`),
    advice: /running/,
    cause: "ECONNREFUSED",
  });
});

test("there is no such socket", async () => {
  await everyReadFails("unix:/nowhere/core.sock", { code: "unreachable", advice: /running/, cause: "ENOENT" });
  await everyReadFails("unix:@nowhere", { code: "unreachable", advice: /running/, cause: "ECONNREFUSED" });
});

test("there is no such host", async () => {
  await using client = new StatsClient("nowhere.invalid:80", { retries: 0 });
  await expectFailure(client.get("a"), {
    code: "unreachable",
    message: /^cannot reach nowhere\.invalid:80: /,
    advice: /address/,
  });
});

test("an HTTP/1 server", async () => {
  await using server = await openServer(createHttp1Server((_, response) => response.end("hello")));
  await everyReadFails(server.address, {
    code: "wrong-protocol",
    advice: /port of the core's API/,
    cause: "ERR_HTTP2_ERROR",
  });
});

test("a server of something else, which speaks first", async () => {
  await using server = await openServer(createTcpServer((socket) => socket.write("SSH-2.0-OpenSSH_9.2p1\r\n")));
  await everyReadFails(server.address, {
    code: "wrong-protocol",
    advice: /port of the core's API/,
    cause: "ERR_HTTP2_ERROR",
  });
});

test("an HTTP/2 server that does not speak gRPC", async () => {
  await using server = await openServer(createHttp2Server((_, response) => response.end("hello")));
  await everyReadFails(server.address, {
    code: "wrong-protocol",
    message: /HTTP status 200, content-type none/,
    advice: /web server/,
    cause: undefined,
  });
  const page = createHttp2Server((_, response) => response.writeHead(404, { "content-type": "text/html" }).end("no"));
  await using website = await openServer(page);
  await everyReadFails(website.address, {
    code: "wrong-protocol",
    message: /HTTP status 404, content-type text\/html/,
    advice: /web server/,
  });
});

test("a TLS server, which closes the connection or answers with an alert", { skip: noOpenssl }, async () => {
  using certificates = makeCertificates();
  await using silent = await openServer(createTlsServer(certificates.server));
  await everyReadFails(silent.address, { code: "no-answer", advice: /https:\/\// });
  const alert = Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70);
  await using polite = await openServer(createTcpServer((socket) => socket.once("data", () => socket.end(alert))));
  await everyReadFails(polite.address, { code: "no-answer", advice: /https:\/\// });
});

test("a server without TLS, or without HTTP/2 in it, where https:// is asked for", { skip: noOpenssl }, async () => {
  using certificates = makeCertificates();
  const options = { tls: { ca: certificates.ca.cert } };
  await using core = await startEmbeddedCore({ dialect: "xray" });
  await everyReadFails(
    `https://${core.address}`,
    {
      code: "tls",
      message: /wrong version number$/,
      advice: /really speaks TLS/,
      cause: "ERR_SSL_WRONG_VERSION_NUMBER",
    },
    options,
  );
  await using web = await openServer(createTlsServer({ ...certificates.server, ALPNProtocols: ["http/1.1"] }));
  await everyReadFails(
    `https://${web.address}`,
    {
      code: "tls",
      message: /no application protocol$/,
      advice: /TLS/,
      cause: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    },
    options,
  );
});

test("a server that accepts and closes, as an API inbound without a rule does", async () => {
  const closings: [cause: string | undefined, onConnection: (socket: Socket) => void][] = [
    [undefined, (socket) => socket.end()],
    [undefined, (socket) => socket.once("data", () => socket.end())],
    ["ECONNRESET", (socket) => socket.once("data", () => socket.resetAndDestroy())],
  ];
  for (const [cause, onConnection] of closings) {
    await using server = await openServer(createTcpServer(onConnection));
    await everyReadFails(server.address, { code: "no-answer", advice: /routing rule/, cause });
  }
});

test("a server that never says anything", async () => {
  await using server = await openServer(createTcpServer(() => {}));
  const expected = { code: "timeout", message: /within 50 ms$/, advice: /timeoutMs/, cause: undefined } as const;
  await everyReadFails(server.address, expected, { timeoutMs: 50 });
  await everyReadFails(`https://${server.address}`, expected, { timeoutMs: 50 });
});

test("a core without StatsService", async () => {
  for (const dialect of ["v2ray4", "v2ray5", "xray", "sing-box"] as const) {
    await using core = await startEmbeddedCore({ dialect });
    core.fault({ noService: true });
    await everyReadFails(core.address, { code: "unsupported", message: /unknown service/, advice: /StatsService/ });
  }
});

test("a core without stats: only sysStats and detect answer", async () => {
  for (const dialect of ["v2ray4", "v2ray5", "xray"] as const) {
    await using core = await startEmbeddedCore({ dialect });
    core.fault({ noStats: true });
    await using client = new StatsClient(core.address);
    const expected = { code: "stats-disabled", message: /keeps no statistics/, advice: /"stats": \{\}/ } as const;
    await expectFailure(client.get("a"), expected);
    await expectFailure(client.query(), expected);
    await expectFailure(client.snapshot(), expected);
    await expectFailure(client.resetCounters({ all: true }), expected);
    await expectFailure(client.resetCounters({ names: ["a"] }), expected);
    const noOneOnline = dialect === "xray" ? expected : ({ code: "unsupported", advice: /Xray/ } as const);
    await expectFailure(client.onlineUsers(), noOneOnline);
    await expectFailure(client.onlineIps("a"), noOneOnline);
    await client.sysStats();
    const { kind, capabilities } = await client.detect();
    const online = dialect === "xray";
    assert.deepEqual([kind, capabilities], [dialect, { stats: false, onlineUsers: online, onlineIps: online }]);
  }
});
