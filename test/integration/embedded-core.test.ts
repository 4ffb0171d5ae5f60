import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { expectTypeOf } from "expect-type";
import { isStatsError } from "../../src/errors/stats-error.ts";
import { GetStatsRequestSchema } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { type Dialect, type EmbeddedCore, startEmbeddedCore } from "../../src/testing/index.ts";
import {
  alice,
  api,
  bob,
  connectClients,
  emptyMessage,
  framed,
  query,
  rawCall,
  startCore,
  until,
  v2ray,
} from "./embedded-core-calls.ts";

const all: readonly Dialect[] = ["v2ray4", "v2ray5", "xray", "sing-box"];

describe("counters", () => {
  for (const dialect of all) {
    test(`a plain gRPC client reads and resets them on ${dialect}`, async (t) => {
      const core = await startCore(t, { dialect, counters: new Map([[alice, 5n]]) });
      const { v2ray } = connectClients(t, core);
      core.add(alice, 2n);
      core.add(bob, 2n ** 62n);
      core.set(api, 0n);
      assert.deepEqual(await query(v2ray), [`${api}=0`, `${alice}=7`, `${bob}=${2n ** 62n}`].sort());
      assert.equal((await v2ray.getStats({ name: alice, reset: true })).stat?.value, 7n);
      assert.equal(core.get(alice), 0n);
      assert.deepEqual(await query(v2ray, { reset: true }), [`${api}=0`, `${alice}=0`, `${bob}=${2n ** 62n}`].sort());
      assert.deepEqual(
        core.counters(),
        [alice, bob, api].map((name) => ({ name, value: 0n })),
      );
    });
  }

  test("add wraps at int64 as the cores do", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    core.set(bob, 2n ** 63n - 1n);
    core.add(bob, 1n);
    assert.equal(core.get(bob), -(2n ** 63n));
    const { v2ray } = connectClients(t, core);
    assert.equal((await v2ray.getStats({ name: bob })).stat?.value, -(2n ** 63n));
  });

  test("any name is a name", async (t) => {
    const core = await startCore(t, { dialect: "v2ray5" });
    const { v2ray } = connectClients(t, core);
    for (const name of ["__proto__", "user>>>a>>>b\n>>>traffic>>>uplink", "user>>>é😀>>>traffic>>>uplink"]) {
      core.add(name, 1n);
      assert.equal((await v2ray.getStats({ name })).stat?.value, 1n);
    }
  });

  test("wrong values are refused", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    assert.throws(() => core.add(bob, -1n), RangeError);
    assert.throws(() => core.set(bob, 2n ** 63n), RangeError);
    // @ts-expect-error bytes are bigint
    assert.throws(() => core.add(bob, 1), TypeError);
    assert.throws(() => core.advanceClock(-1), RangeError);
    assert.deepEqual(core.counters(), []);
    // @ts-expect-error no such dialect
    await assert.rejects(startEmbeddedCore({ dialect: "v2ray" }), TypeError);
  });

  test("remove and foreignReset", async (t) => {
    const core = await startCore(t, {
      dialect: "xray",
      counters: [
        [alice, 1n],
        [bob, 2n],
      ],
    });
    assert.deepEqual(core.foreignReset("bob"), [{ name: bob, value: 2n }]);
    assert.deepEqual([core.get(alice), core.get(bob)], [1n, 0n]);
    assert.equal(core.remove(bob), true);
    assert.equal(core.remove(bob), false);
    assert.equal(core.get(bob), undefined);
    core.foreignReset();
    assert.equal(core.get(alice), 0n);
  });

  test("the order of an answer is another turn of the same ring each time", async (t) => {
    const names = Array.from({ length: 10 }, (_, index) => `outbound>>>o${index}>>>traffic>>>uplink`);
    const core = await startCore(t, { dialect: "xray", counters: names.map((name) => [name, 0n]) });
    const { v2ray } = connectClients(t, core);
    let first = "";
    for (let call = 0; call < 5; call++) {
      const order = (await v2ray.queryStats({})).stat.map(({ name }) => name);
      const start = names.indexOf(order[0] ?? "");
      assert.deepEqual(order, [...names.slice(start), ...names.slice(0, start)]);
      assert.notEqual(order[0], first);
      first = order[0] ?? "";
    }
  });

  test("100,000 counters", async (t) => {
    const core = await startCore(t, { dialect: "v2ray4" });
    for (let index = 0; index < 100_000; index++) core.set(`outbound>>>o${index}>>>traffic>>>uplink`, BigInt(index));
    const { v2ray } = connectClients(t, core);
    const { stat } = await v2ray.queryStats({ reset: true });
    assert.equal(stat.length, 100_000);
    assert.equal(
      stat.reduce((sum, { value }) => sum + value, 0n),
      4_999_950_000n,
    );
    assert.equal(core.get("outbound>>>o99999>>>traffic>>>uplink"), 0n);
  });

  test("1000 calls at once on one connection", async (t) => {
    const core = await startCore(t, { dialect: "sing-box", counters: [[bob, 3n]] });
    const { v2ray } = connectClients(t, core);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => v2ray.getStats({ name: bob })));
    assert.ok(answers.every(({ stat }) => stat?.value === 3n));
  });
});

describe("the clock and the Go runtime's figures", () => {
  test("uptime is whole seconds, absent at 0, and follows the clock", async (t) => {
    let ms = 5_000_000;
    const core = await startCore(t, { dialect: "xray", now: () => ms });
    const uptime = async (): Promise<number> => (await connectClients(t, core).v2ray.getSysStats({})).uptime;
    assert.equal(await uptime(), 0);
    ms += 999;
    assert.equal(await uptime(), 0);
    ms += 1;
    assert.equal(await uptime(), 1);
    core.advanceClock(0.5);
    ms += 500;
    assert.equal(await uptime(), 2);
    core.restart();
    assert.equal(await uptime(), 0);
  });

  test("totals grow while the process lives and start over with the next", async (t) => {
    const core = await startCore(t, { dialect: "v2ray5", now: () => 0 });
    const { v2ray } = connectClients(t, core);
    const first = await v2ray.getSysStats({});
    let last = first;
    for (let call = 0; call < 50; call++) {
      core.advanceClock(10);
      const next = await v2ray.getSysStats({});
      for (const key of ["totalAlloc", "mallocs", "numGc", "pauseTotalNs", "uptime"] as const) {
        assert.ok(next[key] >= last[key], key);
      }
      assert.equal(next.mallocs - next.frees, next.liveObjects);
      last = next;
    }
    assert.ok(last.totalAlloc > first.totalAlloc && last.mallocs > first.mallocs);
    assert.ok(last.numGc > first.numGc && last.pauseTotalNs > first.pauseTotalNs);
    core.restart();
    assert.deepEqual(await connectClients(t, core).v2ray.getSysStats({}), first);
  });
});

describe("restart", () => {
  const user = "user>>>bob>>>traffic>>>uplink";
  const inbound = "inbound>>>in>>>traffic>>>uplink";
  const odd = "something else";
  const counters = [
    [user, 1n],
    [inbound, 2n],
    [odd, 3n],
  ] as const;

  test("counters of inbounds and outbounds are back at 0, but for sing-box", async (t) => {
    for (const dialect of all) {
      const core = await startCore(t, { dialect, counters });
      core.restart();
      assert.deepEqual(core.counters(), dialect === "sing-box" ? [] : [{ name: inbound, value: 0n }]);
      core.set(inbound, 5n);
      core.restart({ keepInbounds: dialect === "sing-box" });
      assert.deepEqual(core.counters(), dialect === "sing-box" ? [{ name: inbound, value: 0n }] : []);
    }
  });

  test("connections break without GOAWAY, and calls in progress are lost", async (t) => {
    const core = await startCore(t, { dialect: "xray", counters });
    core.fault({ hang: true });
    const lost = rawCall(core, `/${v2ray}/GetSysStats`);
    await until(() => core.calls.length === 1);
    core.restart();
    const { headers, goaways, greeted } = await lost;
    assert.deepEqual({ headers, goaways, greeted }, { headers: undefined, goaways: [], greeted: true });
    core.clearFaults();
    const { v2ray: client } = connectClients(t, core);
    assert.equal((await client.getSysStats({})).uptime, 0);
  });

  test("a reset that hung in the old process does nothing to the new one", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    const { v2ray } = connectClients(t, core);
    core.fault({ hang: true });
    const lost = assert.rejects(v2ray.queryStats({ reset: true }));
    await until(() => core.calls.length === 1);
    core.restart();
    core.set(user, 9n);
    core.clearFaults();
    await lost;
    assert.deepEqual(await query(v2ray), [`${user}=9`]);
  });
});

describe("stop, start, close", () => {
  test("a stopped core refuses, keeps its port and its counters", async (t) => {
    const core = await startCore(t, { dialect: "v2ray5", counters: [[bob, 1n]] });
    const { address } = core;
    const { v2ray } = connectClients(t, core);
    await v2ray.getSysStats({});
    await core.stop();
    await core.stop();
    const { v2ray: later } = connectClients(t, core);
    await assert.rejects(later.getSysStats({}), (error) => ConnectError.from(error).code === Code.Unavailable);
    await core.start();
    await core.start();
    assert.equal(core.address, address);
    assert.deepEqual(await query(later), [`${bob}=1`]);
  });

  test("close ends all sockets, twice is once, and there is no start after it", async () => {
    const core = await startEmbeddedCore({ dialect: "xray" });
    const { port, host } = split(core.address);
    const socket = connect(port, host);
    await once(socket, "connect");
    socket.resume();
    await Promise.all([core.close(), once(socket, "close")]);
    await core.close();
    await assert.rejects(core.start(), (error) => isStatsError(error) && error.code === "closed");
  });

  test("await using closes it", async () => {
    let address = "";
    {
      await using core = await startEmbeddedCore({ dialect: "xray" });
      expectTypeOf(core).toEqualTypeOf<EmbeddedCore>();
      address = core.address;
    }
    const { port, host } = split(address);
    const [error] = await once(connect(port, host), "error");
    assert.equal(error.code, "ECONNREFUSED");
  });

  test("a port that is taken is Node's error", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    await assert.rejects(startEmbeddedCore({ dialect: "xray", port }), { code: "EADDRINUSE" });
  });

  test("an IPv6 address stands in brackets", async (t) => {
    const core = await startCore(t, { dialect: "xray", host: "::1" });
    assert.match(core.address, /^\[::1\]:\d+$/);
    const { v2ray } = connectClients(t, core);
    assert.equal((await v2ray.getSysStats({})).uptime, 0);
  });
});

describe("connections", () => {
  test("disconnect: by GOAWAY, by FIN, by RST", async (t) => {
    const core = await startCore(t, { dialect: "v2ray4" });
    for (const how of ["goaway", "fin"] as const) {
      const session = connectHttp2(`http://${core.address}`);
      await once(session, "remoteSettings");
      const goaways: number[] = [];
      session.on("goaway", (code) => goaways.push(code));
      core.disconnect(how);
      await once(session, "close");
      // Node says it once more when the last call has ended.
      assert.deepEqual([...new Set(goaways)], how === "goaway" ? [0] : []);
    }
    const { port, host } = split(core.address);
    const socket = connect(port, host);
    await once(socket, "data");
    core.disconnect("reset");
    const [error] = await once(socket, "error");
    assert.equal(error.code, "ECONNRESET");
  });

  test("the fourth ping without a call brings GOAWAY too_many_pings", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    const session = connectHttp2(`http://${core.address}`);
    const goaways: unknown[] = [];
    session.on("goaway", (code, _last, data) => goaways.push([code, `${data}`]));
    session.on("error", () => {});
    const closed = new Promise((resolve) => session.on("close", resolve));
    await once(session, "connect");
    for (let count = 0; count < 3; count++) await ping(session);
    const stream = session.request({
      ":method": "POST",
      ":path": `/${v2ray}/GetSysStats`,
      "content-type": "application/grpc",
    });
    stream.resume().end(emptyMessage);
    await once(stream, "close");
    for (let count = 0; count < 3; count++) await ping(session);
    assert.deepEqual(goaways, []);
    await ping(session).catch(() => {});
    await closed;
    assert.deepEqual(goaways, [[11, "too_many_pings"]]);
  });

  test("the ping limit can be switched off", async (t) => {
    const core = await startCore(t, { dialect: "xray", onFourthPing: "nothing" });
    const session = connectHttp2(`http://${core.address}`);
    t.after(() => session.destroy());
    await once(session, "connect");
    for (let count = 0; count < 6; count++) await ping(session);
  });

  test("a client that speaks HTTP/1.1 is dropped, and the core lives on", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    const { port, host } = split(core.address);
    const socket = connect(port, host);
    socket.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    const { v2ray } = connectClients(t, core);
    assert.equal((await v2ray.getSysStats({})).uptime, 0);
  });
});

describe("calls", () => {
  test("what was asked, as plain data", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    const { v2ray: client, xray: xrayClient } = connectClients(t, core);
    await client.queryStats({ pattern: "user>>>", patterns: ["user>>>"] });
    await xrayClient.getAllOnlineUsers({});
    await rawCall(core, `/${v2ray}/GetStats`, { body: framed(GetStatsRequestSchema, { name: "x", reset: true }) });
    await rawCall(core, "/other.Service/Add");
    const xrayName = v2ray.replace("v2ray.core", "xray");
    assert.deepEqual(core.calls, [
      {
        service: v2ray,
        method: "QueryStats",
        request: { pattern: "user>>>", reset: false, patterns: ["user>>>"], regexp: false },
      },
      { service: xrayName, method: "GetAllOnlineUsers", request: {} },
      { service: v2ray, method: "GetStats", request: { name: "x", reset: true } },
      { service: "other.Service", method: "Add", request: undefined },
    ]);
  });
});

function split(address: string): { host: string; port: number } {
  const [host = "", port = ""] = address.split(":");
  return { host, port: Number(port) };
}

function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
}
