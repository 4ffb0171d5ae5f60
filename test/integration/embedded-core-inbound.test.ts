import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import type { EmbeddedCore } from "../../src/testing/index.ts";
import { startCore, until } from "./embedded-core-calls.ts";

const up = 300_000;
const down = 700_000;

/** A server that reads all a client says, then answers `down` bytes and ends. */
async function startTarget(t: TestContext): Promise<{ host: string; port: number }> {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    // Some clients here are gone by then.
    socket.on("error", () => {});
    await buffer(socket);
    socket.end(Buffer.alloc(down));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

function dial(address: string): Socket {
  const [host, port] = address.split(":");
  return connect({ host: `${host}`, port: Number(port), allowHalfOpen: true });
}

function values(core: EmbeddedCore): Record<string, bigint> {
  return Object.fromEntries(core.counters().map(({ name, value }) => [name.replace(">>>traffic>>>", " "), value]));
}

const tags = { tag: "door", outbound: "direct" } as const;

test("the bytes of a connection are counted for inbound, outbound and user", async (t) => {
  const target = await startTarget(t);
  const core = await startCore(t, { dialect: "v2ray5" });
  await using inbound = await core.openInbound({ ...tags, user: "alice", target });
  const idle = {
    "inbound>>>door uplink": 0n,
    "inbound>>>door downlink": 0n,
    "outbound>>>direct uplink": 0n,
    "outbound>>>direct downlink": 0n,
  };
  assert.deepEqual(values(core), idle);
  const client = dial(inbound.address);
  client.end(Buffer.alloc(up));
  assert.equal((await buffer(client)).length, down);
  assert.deepEqual(values(core), {
    "inbound>>>door uplink": 300_000n,
    "inbound>>>door downlink": 700_000n,
    "outbound>>>direct uplink": 300_000n,
    "outbound>>>direct downlink": 700_000n,
    "user>>>alice uplink": 300_000n,
    "user>>>alice downlink": 700_000n,
  });
});

test("sing-box lists nothing before the first connection; without a user there is no user's counter", async (t) => {
  const target = await startTarget(t);
  const core = await startCore(t, { dialect: "sing-box" });
  const inbound = await core.openInbound({ ...tags, target });
  assert.deepEqual(values(core), {});
  const client = dial(inbound.address);
  client.end("12345");
  await buffer(client);
  assert.deepEqual(values(core), {
    "inbound>>>door uplink": 5n,
    "inbound>>>door downlink": 700_000n,
    "outbound>>>direct uplink": 5n,
    "outbound>>>direct downlink": 700_000n,
  });
});

test("splice: the downlink is booked when the connection has ended, and a restart loses it", async (t) => {
  const server = createServer((socket) => void socket.resume().write("0123456789")).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const core = await startCore(t, { dialect: "xray" });
  const target = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const inbound = await core.openInbound({ ...tags, user: "alice", target, splice: true });
  const downlink = (): bigint | undefined => core.get("user>>>alice>>>traffic>>>downlink");
  for (const expected of [10n, 20n]) {
    const client = dial(inbound.address);
    client.write("abc");
    await once(client, "data");
    assert.equal(downlink(), expected - 10n);
    client.destroy();
    await until(() => downlink() === expected);
  }
  const client = dial(inbound.address);
  await once(client, "data");
  core.restart();
  await once(client, "end");
  client.destroy();
  assert.deepEqual(values(core), {
    "inbound>>>door uplink": 0n,
    "inbound>>>door downlink": 0n,
    "outbound>>>direct uplink": 0n,
    "outbound>>>direct downlink": 0n,
  });
});

test("splice is Xray's alone", async (t) => {
  const core = await startCore(t, { dialect: "v2ray4" });
  const target = { host: "127.0.0.1", port: 1 };
  await assert.rejects(core.openInbound({ ...tags, target, splice: true }), TypeError);
});

test("a target that refuses ends the connection", async (t) => {
  const target = await startTarget(t);
  const core = await startCore(t, { dialect: "xray" });
  const inbound = await core.openInbound({ ...tags, user: "alice", target: { ...target, host: "127.0.0.77" } });
  const client = dial(inbound.address);
  client.resume();
  await once(client, "end");
  client.destroy();
  assert.equal(core.get("user>>>alice>>>traffic>>>uplink"), 0n);
});

test("closing the inbound, or the core, ends its connections and its port", async (t) => {
  const target = await startTarget(t);
  const core = await startCore(t, { dialect: "xray" });
  const inbounds = [await core.openInbound({ ...tags, target }), await core.openInbound({ ...tags, target })];
  const clients = inbounds.map(({ address }) => dial(address));
  for (const client of clients) client.resume();
  await Promise.all(clients.map((client) => once(client, "connect")));
  const ends = clients.map((client) => once(client, "end"));
  await inbounds[0]?.close();
  await ends[0];
  await core.close();
  await ends[1];
  for (const client of clients) client.destroy();
  for (const { address } of inbounds) {
    const [error] = await once(dial(address), "error");
    assert.equal(error.code, "ECONNREFUSED");
  }
  await inbounds[1]?.close();
});
