import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ListenOptions, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { parseEndpoint } from "../../../src/client/endpoint.ts";

const valid: readonly [address: string, name: string, origin: string][] = [
  ["127.0.0.1:10085", "127.0.0.1:10085", "http://127.0.0.1:10085"],
  ["localhost:10085", "localhost:10085", "http://localhost:10085"],
  ["core.example:65535", "core.example:65535", "http://core.example:65535"],
  ["[::1]:10085", "[::1]:10085", "http://[::1]:10085"],
  ["http://127.0.0.1:10085", "127.0.0.1:10085", "http://127.0.0.1:10085"],
  ["http://127.0.0.1:10085/", "127.0.0.1:10085", "http://127.0.0.1:10085"],
  ["http://[fe80::1]:10085", "[fe80::1]:10085", "http://[fe80::1]:10085"],
  // What HTTP has for its own default is a port like any other here.
  ["127.0.0.1:80", "127.0.0.1:80", "http://127.0.0.1"],
  ["http://[::1]:80/", "[::1]:80", "http://[::1]"],
  ["core.example:443", "core.example:443", "http://core.example:443"],
  ["https://core.example", "https://core.example", "https://core.example"],
  ["https://core.example:443", "https://core.example", "https://core.example"],
  ["https://core.example:8443/", "https://core.example:8443", "https://core.example:8443"],
  ["https://[::1]:8443", "https://[::1]:8443", "https://[::1]:8443"],
];
for (const [address, name, origin] of valid) {
  test(`parseEndpoint understands ${address}`, () => {
    assert.deepEqual(parseEndpoint(address), { name, origin, sessionOptions: {} });
  });
}

const invalid: readonly string[] = [
  "",
  ":10085",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:0",
  "127.0.0.1:65536",
  "127.0.0.1:port",
  "127.0.0.1:1 0085",
  "::1:10085",
  "[::1]",
  "[::1:10085",
  "localhost",
  "http://localhost",
  "http://",
  "https://",
  "https://:8443",
  "https://core.example:0",
  "ftp://localhost:21",
  "127.0.0.1:10085/api",
  "http://127.0.0.1:10085/?a=b",
  "https://core.example/#part",
  "unix:",
  "unix:@",
  "unix:/a\0b",
  "unix:@a\0b",
  "a b:1",
];
for (const address of invalid) {
  test(`parseEndpoint refuses ${JSON.stringify(address)}, and shows it`, () => {
    assert.throws(
      () => parseEndpoint(address),
      (error) =>
        error instanceof TypeError && error.message.startsWith(`not an address: "${address}"; write host:port`),
    );
  });
}

const withPassword: readonly string[] = [
  "root:SECRET@127.0.0.1:10085",
  "SECRET@127.0.0.1:10085",
  "root:SECRET@localhost",
  "root:a/SECRET@127.0.0.1:10085",
  "root:a@SECRET@127.0.0.1:10085",
  "root:a\nSECRET@127.0.0.1:10085",
  "http://root:SECRET@127.0.0.1:10085",
  "https://root:SECRET@core.example",
  "https://root:a/SECRET@core.example",
  "ftp://root:SECRET@core.example:21",
  "//root:SECRET@core.example:21",
];
for (const address of withPassword) {
  test(`parseEndpoint refuses a password without showing it: ${JSON.stringify(address)}`, () => {
    assert.throws(
      () => parseEndpoint(address),
      (error) => error instanceof TypeError && /…@/.test(error.message) && !error.message.includes("SECRET"),
    );
  });
}

test("parseEndpoint shows nothing of what stands before the last @ of any address that is no socket's", () => {
  const before = fc.string({ unit: "binary", maxLength: 20 }).map((text) => `${text}SECRET`);
  const scheme = fc.constantFrom("", "http://", "https://");
  fc.assert(
    fc.property(scheme, before, fc.constantFrom("h", "h:1", "127.0.0.1:1/", ""), (scheme, before, host) => {
      try {
        const { name } = parseEndpoint(`${scheme}${before}@${host}`);
        assert.doesNotMatch(name, /secret/i);
      } catch (error) {
        assert.ok(error instanceof TypeError);
        assert.doesNotMatch(error.message, /secret/i);
      }
    }),
  );
});

test("parseEndpoint takes tls options with an https address only", () => {
  for (const address of ["127.0.0.1:10085", "http://127.0.0.1:10085", "unix:/run/core.sock", "unix:@core"]) {
    assert.throws(() => parseEndpoint(address, {}), /TypeError: tls options need an https:\/\/ address, not /);
  }
  const tls = { ca: ["one", "two"], cert: "cert", key: "key", serverName: "core.example" };
  const { sessionOptions } = parseEndpoint("https://127.0.0.1:8443", tls);
  assert.deepEqual(sessionOptions, { ca: ["one", "two"], cert: "cert", key: "key", servername: "core.example" });
  assert.notEqual(sessionOptions.ca, tls.ca);
  const some = parseEndpoint("https://127.0.0.1:8443", { ca: "one", cert: undefined });
  assert.deepEqual(some.sessionOptions, { ca: "one" });
});

/** Connects by the session options of an address, to a server that listens there. */
async function connects(t: TestContext, address: string, listen: ListenOptions): Promise<void> {
  const server = createServer((socket) => socket.end("here"));
  t.after(() => server.close());
  server.listen(listen);
  await once(server, "listening");
  const { name, origin, sessionOptions } = parseEndpoint(address);
  assert.equal(name, address);
  assert.equal(origin, "http://localhost");
  const socket = sessionOptions.createConnection?.(new URL(origin), {}) as Socket;
  const [text] = await once(socket, "data");
  assert.equal(`${text}`, "here");
}

test("parseEndpoint of a socket's path connects there", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "v2ray-stats-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "a@b.sock");
  await connects(t, `unix:${path}`, { path });
});

test("parseEndpoint of an abstract socket connects there", { skip: process.platform !== "linux" }, async (t) => {
  const name = `v2ray-stats-test-${process.pid}`;
  await connects(t, `unix:@${name}`, { path: `\0${name}` });
});
