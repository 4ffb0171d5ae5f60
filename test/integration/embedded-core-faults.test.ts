import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { type Code, ConnectError } from "@connectrpc/connect";
import {
  QueryStatsRequestSchema,
  QueryStatsResponseSchema,
} from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import type { Dialect, Fault } from "../../src/testing/index.ts";
import {
  alice,
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

const counters = [
  [alice, 5n],
  [bob, 7n],
] as const;
const queryPath = `/${v2ray}/QueryStats`;
const sysPath = `/${v2ray}/GetSysStats`;
const resetAll = framed(QueryStatsRequestSchema, { reset: true });

test("latencyMs: a reset has long taken effect when its answer goes out", async (t) => {
  const core = await startCore(t, { dialect: "xray", counters });
  core.fault({ latencyMs: 3_600_000 });
  const { v2ray: client } = connectClients(t, core);
  const leaving = new AbortController();
  const abandoned = assert.rejects(client.queryStats({ reset: true }, { signal: leaving.signal }));
  await until(() => core.get(alice) === 0n && core.get(bob) === 0n);
  leaving.abort();
  await abandoned;
  core.clearFaults();
  core.fault({ latencyMs: 20, times: 1 });
  const before = performance.now();
  await client.getSysStats({});
  assert.ok(performance.now() - before >= 19);
});

test("grpc-timeout: the stream is reset without trailers, but V2Ray 4 minds no deadline", async (t) => {
  for (const dialect of ["v2ray4", "v2ray5", "xray", "sing-box"] as const) {
    const core = await startCore(t, { dialect, counters });
    core.fault({ latencyMs: 100 });
    const { headers, streamError } = await rawCall(core, sysPath, { headers: { "grpc-timeout": "5m" } });
    if (dialect === "v2ray4") assert.equal(headers?.["content-type"], "application/grpc");
    else assert.deepEqual({ headers, streamError }, { headers: undefined, streamError: undefined });
  }
});

test("hang: nothing happens until clearFaults, then the call goes on, even when its client has left", async (t) => {
  const core = await startCore(t, { dialect: "v2ray5", counters });
  core.fault({ hang: true });
  const { v2ray: client } = connectClients(t, core);
  const left = new AbortController();
  const abandoned = assert.rejects(client.getStats({ name: alice, reset: true }, { signal: left.signal }));
  await until(() => core.calls.length === 1);
  const waiting = client.getStats({ name: bob, reset: true });
  await until(() => core.calls.length === 2);
  left.abort();
  await abandoned;
  assert.deepEqual([core.get(alice), core.get(bob)], [5n, 7n]);
  core.clearFaults();
  assert.equal((await waiting).stat?.value, 7n);
  assert.deepEqual([core.get(alice), core.get(bob)], [0n, 0n]);
});

test("cutAfterBytes: exactly so many bytes, then the end without trailers or GOAWAY", async (t) => {
  const core = await startCore(t, { dialect: "xray", counters });
  const whole = (await rawCall(core, queryPath)).body;
  for (const cut of [0, 1, 5, 20, whole.length, whole.length + 100]) {
    core.fault({ cutAfterBytes: cut, times: 1 });
    const { headers, body, trailers, goaways } = await rawCall(core, queryPath);
    assert.equal(headers?.[":status"], 200);
    assert.equal(body.length, Math.min(cut, whole.length));
    assert.deepEqual({ trailers, goaways }, { trailers: undefined, goaways: [] });
  }
  assert.equal((await rawCall(core, queryPath)).trailers?.["grpc-status"], "0");
});

test("cutAfterBytes in a large answer, behind the window of a client", async (t) => {
  const core = await startCore(t, { dialect: "xray" });
  for (let index = 0; index < 20_000; index++) core.add(`outbound>>>o${index}>>>traffic>>>uplink`, 1n);
  core.fault({ cutAfterBytes: 500_000, method: "QueryStats" });
  const { body, trailers, goaways } = await rawCall(core, queryPath);
  assert.deepEqual([body.length, trailers, goaways], [500_000, undefined, []]);
});

test("cutAfterBytes with an error for an answer: the end without a byte", async (t) => {
  const core = await startCore(t, { dialect: "xray" });
  core.fault({ cutAfterBytes: 100 });
  const { headers, goaways } = await rawCall(core, `/${v2ray}/GetStats`);
  assert.deepEqual({ headers, goaways }, { headers: undefined, goaways: [] });
});

test("noAnswer: a new connection is closed without a byte, and without an error", async (t) => {
  const core = await startCore(t, { dialect: "v2ray4" });
  core.fault({ noAnswer: true, times: 1 });
  const { headers, greeted, goaways, streamError } = await rawCall(core, sysPath);
  assert.deepEqual([headers, greeted, goaways, streamError], [undefined, false, [], undefined]);
  assert.deepEqual(core.calls, []);
  assert.equal((await rawCall(core, sysPath)).trailers?.["grpc-status"], "0");
});

test("noAnswer: a connection in use is closed at its next call, which has no effect", async (t) => {
  const core = await startCore(t, { dialect: "v2ray4", counters });
  const session = connectHttp2(`http://${core.address}`);
  await once(session, "remoteSettings");
  core.fault({ noAnswer: true, method: "QueryStats", latencyMs: 1 });
  const stream = session.request({ ":method": "POST", ":path": queryPath, "content-type": "application/grpc" });
  const seen: string[] = [];
  for (const event of ["response", "trailers", "error", "end"]) stream.on(event, () => seen.push(event));
  stream.resume().end(resetAll);
  await once(session, "close");
  assert.deepEqual(seen, ["end"]);
  assert.deepEqual([core.get(alice), core.get(bob)], [5n, 7n]);
});

test("noAnswer for one method spares the others, also on a new connection", async (t) => {
  const core = await startCore(t, { dialect: "v2ray4" });
  core.fault({ noAnswer: true, method: "QueryStats" });
  assert.equal((await rawCall(core, sysPath)).trailers?.["grpc-status"], "0");
  const { headers, greeted } = await rawCall(core, queryPath);
  assert.deepEqual([headers, greeted], [undefined, true]);
});

test("noAnswer: a client that resets its connection meanwhile does no harm", async (t) => {
  const core = await startCore(t, { dialect: "v2ray4" });
  core.fault({ noAnswer: true, times: 1, latencyMs: 3_600_000 });
  const [host = "", port] = core.address.split(":");
  const socket = connect(Number(port), host);
  await once(socket, "connect");
  socket.resetAndDestroy();
  await once(socket, "close");
  assert.equal((await rawCall(core, sysPath)).trailers?.["grpc-status"], "0");
});

test("noService: unknown service, in the headers alone", async (t) => {
  const core = await startCore(t, { dialect: "xray", counters });
  core.fault({ noService: true });
  for (const path of [queryPath, sysPath]) {
    const { headers, trailersOnly } = await rawCall(core, path);
    assert.equal(headers?.["grpc-status"], "12");
    assert.equal(headers?.["grpc-message"], `unknown service ${v2ray}`);
    assert.equal(trailersOnly, true);
  }
});

test("noStats: no counter is known, QueryStats fails, GetSysStats works", async (t) => {
  const texts: readonly (readonly [Dialect, string, string])[] = [
    ["v2ray4", "v2ray.com/core/app/stats/command: ", "v2ray.com/core/app/stats/command: "],
    ["v2ray5", "app/stats/command: ", "app/stats/command: "],
    ["xray", "app/stats/command: ", ""],
  ];
  for (const [dialect, queryPrefix, getPrefix] of texts) {
    const core = await startCore(t, { dialect, counters });
    const { v2ray: client } = connectClients(t, core);
    core.fault({ noStats: true });
    await assert.rejects(
      client.queryStats({ reset: true }),
      status(2, `${queryPrefix}QueryStats only works its own stats.Manager.`),
    );
    await assert.rejects(
      client.getStats({ name: alice, reset: true }),
      status(dialect === "xray" ? 5 : 2, `${getPrefix}${alice} not found.`),
    );
    assert.equal((await client.getSysStats({})).uptime, 0);
    core.clearFaults();
    assert.deepEqual(await query(client), [`${alice}=5`, `${bob}=7`]);
  }
  const singBox = await startCore(t, { dialect: "sing-box" });
  assert.throws(() => singBox.fault({ noStats: true }), TypeError);
});

test("noStats on Xray: no online maps either", async (t) => {
  const core = await startCore(t, { dialect: "xray" });
  core.setOnline("a", ["192.0.2.1"]);
  core.fault({ noStats: true });
  const { xray: client } = connectClients(t, core);
  await assert.rejects(client.getStatsOnline({ name: "user>>>a>>>online" }), status(5, "user>>>a>>>online not found."));
  assert.deepEqual((await client.getAllOnlineUsers({})).users, []);
});

test("rawAnswer: these bytes and no others", async (t) => {
  const core = await startCore(t, { dialect: "v2ray5", counters });
  const brokenName = Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, 0x0a, 2, 0xff, 0xfe]);
  for (const rawAnswer of [brokenName, Buffer.alloc(0), Buffer.from([0, 0, 0, 0, 9, 1]), new Uint8Array([1, 2, 3])]) {
    core.fault({ method: "QueryStats", times: 1, rawAnswer });
    const { body, trailers } = await rawCall(core, queryPath);
    assert.deepEqual([...body], [...rawAnswer]);
    assert.equal(trailers?.["grpc-status"], "0");
  }
  const empty = framed(QueryStatsResponseSchema, {});
  core.fault({ method: "QueryStats", times: 1, rawAnswer: empty });
  assert.deepEqual((await connectClients(t, core).v2ray.queryStats({ reset: true })).stat, []);
  assert.deepEqual([core.get(alice), core.get(bob)], [0n, 0n], "the request was acted on");
});

test("status: that status, percent-encoded, and no effect", async (t) => {
  const core = await startCore(t, { dialect: "xray", counters });
  core.fault({ status: { code: 14, message: "é 100%\n" } });
  const { headers } = await rawCall(core, queryPath, { body: resetAll });
  assert.equal(headers?.["grpc-message"], "%C3%A9 100%25%0A");
  await assert.rejects(connectClients(t, core).v2ray.queryStats({ reset: true }), status(14, "é 100%\n"));
  assert.equal(core.get(alice), 5n);
});

test("a call meets the oldest fault that fits it, as often as it says", async (t) => {
  const core = await startCore(t, { dialect: "xray", counters });
  const { v2ray: client } = connectClients(t, core);
  const fault = (code: number, options: Partial<Fault> = {}): void =>
    core.fault({ status: { code, message: "" }, ...options });
  fault(3, { method: "QueryStats", times: 2 });
  fault(7, { times: 1 });
  fault(9, { method: "GetSysStats" });
  const codes: number[] = [];
  for (const call of ["queryStats", "getSysStats", "getSysStats", "queryStats", "queryStats"] as const) {
    codes.push(
      await client[call]({}).then(
        () => 0,
        (error) => ConnectError.from(error).code,
      ),
    );
  }
  assert.deepEqual(codes, [3, 7, 9, 3, 0]);
});

test("faults that cannot be are refused", async (t) => {
  const core = await startCore(t, { dialect: "xray" });
  for (const fault of [{}, { method: "GetStats" }, { hang: true, noAnswer: true }] as const) {
    assert.throws(() => core.fault(fault), TypeError);
  }
  for (const fault of [
    { latencyMs: -1 },
    { latencyMs: 2 ** 31 },
    { hang: true, times: 0 },
    { hang: true, times: 1.5 },
    { cutAfterBytes: -1 },
    { status: { code: 0, message: "" } },
    { status: { code: 17, message: "" } },
  ] as const) {
    assert.throws(() => core.fault(fault), RangeError);
  }
  assert.equal((await rawCall(core, sysPath, { body: emptyMessage })).trailers?.["grpc-status"], "0");
});

function status(code: Code, message: string): (error: unknown) => boolean {
  return (error) => {
    const { code: got, rawMessage } = ConnectError.from(error);
    assert.deepEqual([got, rawMessage], [code, message]);
    return true;
  };
}
