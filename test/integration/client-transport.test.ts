// Every way to a core: Unix sockets, abstract ones, TLS fronts with and without client certificates.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createServer as createTlsServer, type TlsOptions as TlsServerOptions } from "node:tls";
import { StatsClient, type StatsClientOptions, type TlsOptions } from "../../src/index.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/index.ts";
import { type Certificates, makeCertificates, opensslMissing } from "../support/certificates.ts";
import { expectFailure } from "../support/expect-failure.ts";
import { openServer, passTo } from "../support/raw-servers.ts";

const counters = [["user>>>alice>>>traffic>>>uplink", 2n ** 60n]] as const;

async function reads(address: string, options: StatsClientOptions = {}): Promise<void> {
  await using client = new StatsClient(address, options);
  assert.equal(client.address, address);
  assert.equal((await client.get(counters[0][0]))?.value, 2n ** 60n);
  const snapshot = await client.snapshot();
  assert.deepEqual([snapshot.size, snapshot.evidence.endpoint], [1, address]);
}

test("host:port, http://host:port, a name, and IPv6", async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters });
  await reads(core.address);
  await reads(core.address.replace("127.0.0.1", "localhost"));
  await using client = new StatsClient(`http://${core.address}`);
  assert.equal((await client.query()).length, 1);
  assert.equal(client.address, core.address);
});

test("IPv6", { skip: await noIpv6() }, async () => {
  await using core = await startEmbeddedCore({ dialect: "xray", counters, host: "::1" });
  await reads(core.address);
});

async function noIpv6(): Promise<string | undefined> {
  try {
    await (await openServer(createTcpServer(), { host: "::1", port: 0 }))[Symbol.asyncDispose]();
    return undefined;
  } catch {
    return "this machine has no IPv6";
  }
}

test("a Unix socket, by a path", async () => {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-socket-"));
  try {
    const path = join(directory, "core.sock");
    await using core = await startEmbeddedCore({ dialect: "v2ray5", counters });
    await using relay = await openServer(createTcpServer(passTo(core.address)), { path });
    await reads(`unix:${path}`);
    assert.equal(relay.accepted, 1);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("an abstract Unix socket", {
  skip: process.platform === "linux" ? undefined : "only Linux has them",
}, async () => {
  const name = `v2ray-stats-${process.pid}`;
  await using core = await startEmbeddedCore({ dialect: "v2ray5", counters });
  await using relay = await openServer(createTcpServer(passTo(core.address)), { path: `\0${name}` });
  await reads(`unix:@${name}`);
  assert.equal(relay.accepted, 1);
});

describe("a TLS front", { skip: opensslMissing() }, () => {
  let certificates: Certificates;
  let core: EmbeddedCore;
  before(async () => {
    certificates = makeCertificates();
    core = await startEmbeddedCore({ dialect: "sing-box", counters });
  });
  after(async () => {
    certificates[Symbol.dispose]();
    await core.close();
  });

  async function front(options: TlsServerOptions = {}) {
    const server = createTlsServer({ ...certificates.server, ALPNProtocols: ["h2"], ...options }, passTo(core.address));
    return await openServer(server);
  }
  async function refused(address: string, tls: TlsOptions, message: RegExp, cause: string): Promise<void> {
    await using client = new StatsClient(`https://${address}`, { tls });
    const expected = { code: "tls", message, advice: /certificates, the server name/, cause } as const;
    await expectFailure(client.get("a"), expected);
    await expectFailure(client.snapshot(), expected);
  }

  test("whose authority we are told to trust, as text or bytes, one or several", async () => {
    await using server = await front();
    const { ca, otherCa } = certificates;
    for (const trusted of [ca.cert, ca.cert.toString(), [otherCa.cert, ca.cert.toString()]]) {
      await reads(`https://${server.address}`, { tls: { ca: trusted } });
    }
  });

  test("of another name than its address has", async () => {
    await using server = await front();
    await reads(`https://${server.address}`, { tls: { ca: certificates.ca.cert, serverName: "core.test" } });
    const tls = { ca: certificates.ca.cert, serverName: "other.test" };
    await refused(server.address, tls, /other\.test/, "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("that nobody we trust vouches for", async () => {
    await using server = await front();
    const { otherCa } = certificates;
    await refused(server.address, { ca: otherCa.cert }, /unable to verify/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    await refused(server.address, {}, /unable to verify/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  test("that asks for our certificate", async () => {
    const { ca, otherCa, client } = certificates;
    await using server = await front({ ca: ca.cert, requestCert: true, rejectUnauthorized: true });
    await reads(`https://${server.address}`, { tls: { ca: ca.cert, cert: client.cert, key: client.key } });
    const cause = "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED";
    await refused(server.address, { ca: ca.cert }, /certificate required$/, cause);
    // Node's own server drops such a client after the handshake, without a word.
    const tls = { ca: ca.cert, cert: otherCa.cert, key: otherCa.key };
    await using stranger = new StatsClient(`https://${server.address}`, { tls });
    await expectFailure(stranger.get("a"), { code: "no-answer" });
  });

  test("whose core is away", async () => {
    await using gone = await startEmbeddedCore({ dialect: "xray" });
    const server = createTlsServer({ ...certificates.server, ALPNProtocols: ["h2"] }, passTo(gone.address));
    await using away = await openServer(server);
    await gone.stop();
    await using client = new StatsClient(`https://${away.address}`, { tls: { ca: certificates.ca.cert } });
    await expectFailure(client.sysStats(), { code: "no-answer", advice: /./ });
    await gone.start();
    await client.sysStats();
  });

  test("a broken certificate of ours is refused when it is first needed", async () => {
    await using server = await front();
    await using client = new StatsClient(`https://${server.address}`, { tls: { cert: "no", key: "no" } });
    await expectFailure(client.sysStats(), { code: "tls" });
  });
});

test("addresses that are none", () => {
  const wrong = [
    "",
    "127.0.0.1",
    "127.0.0.1:",
    ":10085",
    "http://127.0.0.1",
    "ftp://a:1",
    "unix:",
    "unix:@",
    "a b:1",
    "a:1/x",
    "a:99999",
    "https://",
    "me:secret@host:1",
  ];
  for (const address of wrong) assert.throws(() => new StatsClient(address), /^TypeError: not an address: /, address);
  assert.throws(
    () => new StatsClient("me:secret@host:1"),
    (error: Error) => !error.message.includes("secret"),
  );
  assert.throws(() => new StatsClient("127.0.0.1:1", { tls: {} }), TypeError);
  assert.throws(() => new StatsClient("unix:/a", { tls: {} }), TypeError);
});

test("the port that HTTP or HTTPS has by itself may be written, and is kept", () => {
  const cases = [
    ["127.0.0.1:80", "127.0.0.1:80"],
    ["[::1]:80", "[::1]:80"],
    ["http://localhost:80", "localhost:80"],
    ["https://core.test:443", "https://core.test"],
    ["https://core.test", "https://core.test"],
  ] as const;
  for (const [address, name] of cases) assert.equal(new StatsClient(address).address, name);
});
