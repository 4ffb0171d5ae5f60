import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  GetStatsRequestSchema,
  QueryStatsRequestSchema,
} from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import type { Dialect } from "../../src/testing/index.ts";
import {
  alice,
  api,
  bob,
  connectClients,
  framed,
  query,
  type RawOptions,
  rawCall,
  startCore,
  until,
  v2ray,
  xray,
} from "./embedded-core-calls.ts";

// Every expectation here was measured on V2Ray 4.34, V2Ray 5.52, Xray 26.3.27 and sing-box 1.14.1.
const dialects = ["v2ray4", "v2ray5", "xray", "sing-box"] as const;
const counters = [
  [alice, 1n],
  [bob, 2n],
  [api, 3n],
] as const;

type Request = MessageInitShape<typeof QueryStatsRequestSchema>;

describe("QueryStats: who matches what", () => {
  // A: alice's counter, B: bob's, I: the inbound's; one letter for each time it is in the answer.
  const table: readonly (readonly [Request, Record<Dialect, string>])[] = [
    [{}, { v2ray4: "ABI", v2ray5: "ABI", xray: "ABI", "sing-box": "ABI" }],
    [{ pattern: "bob" }, { v2ray4: "B", v2ray5: "B", xray: "B", "sing-box": "ABI" }],
    [{ pattern: "Bob" }, { v2ray4: "", v2ray5: "", xray: "", "sing-box": "ABI" }],
    [{ patterns: ["bob"] }, { v2ray4: "ABI", v2ray5: "B", xray: "ABI", "sing-box": "B" }],
    [{ patterns: ["bob", "alice"] }, { v2ray4: "ABI", v2ray5: "AB", xray: "ABI", "sing-box": "AB" }],
    [{ patterns: ["bob", "user>>>"] }, { v2ray4: "ABI", v2ray5: "AB", xray: "ABI", "sing-box": "ABB" }],
    [
      { pattern: "bob", patterns: ["bob"] },
      { v2ray4: "B", v2ray5: "B", xray: "B", "sing-box": "B" },
    ],
    [
      { pattern: "bob", patterns: ["alice"] },
      { v2ray4: "B", v2ray5: "AB", xray: "B", "sing-box": "A" },
    ],
    [
      { pattern: "b.b", regexp: true },
      { v2ray4: "", v2ray5: "B", xray: "", "sing-box": "ABI" },
    ],
    [
      { patterns: ["b.b"], regexp: true },
      { v2ray4: "ABI", v2ray5: "B", xray: "ABI", "sing-box": "B" },
    ],
    [
      { patterns: ["^user.*link$"], regexp: true },
      { v2ray4: "ABI", v2ray5: "AB", xray: "ABI", "sing-box": "AB" },
    ],
    [
      { patterns: [""], regexp: true },
      { v2ray4: "ABI", v2ray5: "ABI", xray: "ABI", "sing-box": "ABI" },
    ],
    [
      { pattern: "zzz", patterns: ["zzz"] },
      { v2ray4: "", v2ray5: "", xray: "", "sing-box": "" },
    ],
  ];
  const letters = new Map<string, string>([
    [alice, "A"],
    [bob, "B"],
    [api, "I"],
  ]);

  for (const dialect of dialects) {
    test(dialect, async (t) => {
      const core = await startCore(t, { dialect, counters });
      const { v2ray: client } = connectClients(t, core);
      for (const [request, expected] of table) {
        const { stat } = await client.queryStats(request);
        const got = stat.map(({ name }) => letters.get(name)).sort();
        assert.equal(got.join(""), expected[dialect], JSON.stringify(request));
      }
    });

    test(`${dialect} resets what it answers and nothing else`, async (t) => {
      const core = await startCore(t, { dialect, counters });
      const { v2ray: client } = connectClients(t, core);
      await client.queryStats({ pattern: "bob", reset: true });
      const ignored = dialect === "sing-box";
      assert.deepEqual([core.get(alice), core.get(bob), core.get(api)], ignored ? [0n, 0n, 0n] : [1n, 0n, 3n]);
    });
  }

  test("sing-box: under reset the second of a counter is 0", async (t) => {
    const core = await startCore(t, { dialect: "sing-box", counters });
    const { v2ray: client } = connectClients(t, core);
    const { stat } = await client.queryStats({ patterns: ["bob", "user>>>bob"], reset: true });
    assert.deepEqual(
      stat.map(({ name, value }) => [name, value]),
      [
        [bob, 2n],
        [bob, 0n],
      ],
    );
    assert.deepEqual(await query(client, { patterns: ["bob", "user>>>bob"] }), [`${bob}=0`, `${bob}=0`]);
  });

  test("sing-box: an empty pattern among others matches all", async (t) => {
    const core = await startCore(t, { dialect: "sing-box", counters });
    const { v2ray: client } = connectClients(t, core);
    assert.deepEqual(
      await query(client, { patterns: ["bob", ""] }),
      [`${alice}=1`, `${api}=3`, `${bob}=2`, `${bob}=2`].sort(),
    );
  });

  test("v2ray5: an empty text in patterns is never answered, and costs nothing here", async (t) => {
    const core = await startCore(t, { dialect: "v2ray5", counters });
    const { v2ray: client } = connectClients(t, core);
    for (const patterns of [[""], ["bob", ""]]) {
      const leaving = new AbortController();
      const waiting = client.queryStats({ patterns, reset: true }, { signal: leaving.signal });
      const before = core.calls.length;
      await until(() => core.calls.length > before);
      assert.equal((await client.getStats({ name: bob })).stat?.value, 2n);
      leaving.abort();
      await assert.rejects(waiting, (error) => ConnectError.from(error).code === Code.Canceled);
    }
    assert.equal(core.get(bob), 2n);
  });

  test("a bad expression", async (t) => {
    for (const dialect of dialects) {
      const core = await startCore(t, { dialect, counters });
      const body = framed(QueryStatsRequestSchema, { pattern: "a(", patterns: ["a("], regexp: true });
      const { headers } = await rawCall(core, `/${v2ray}/QueryStats`, { body });
      if (dialect === "v2ray4" || dialect === "xray") assert.equal(headers?.["grpc-status"], undefined);
      else {
        assert.equal(headers?.["grpc-status"], "2");
        assert.match(`${headers?.["grpc-message"]}`, /^error parsing regexp: .*: `a\(`$/);
      }
    }
  });
});

describe("errors, in the headers alone", () => {
  const get = (name: string): RawOptions => ({ body: framed(GetStatsRequestSchema, { name }) });
  const same = (answer: string): Record<Dialect, string> => ({
    v2ray4: answer,
    v2ray5: answer,
    xray: answer,
    "sing-box": answer,
  });
  const unknown = `unknown method Nope for service ${v2ray}`;
  const noXray = `200 12 unknown service ${xray}`;
  const table: readonly (readonly [string, RawOptions, Record<Dialect, string>])[] = [
    [
      `/${v2ray}/GetStats`,
      get('a>>>é%\n"'),
      {
        v2ray4: '200 2 v2ray.com/core/app/stats/command: a>>>%C3%A9%25%0A" not found.',
        v2ray5: '200 2 app/stats/command: a>>>%C3%A9%25%0A" not found.',
        xray: '200 5 a>>>%C3%A9%25%0A" not found.',
        "sing-box": '200 2 a>>>%C3%A9%25%0A" not found.',
      },
    ],
    [
      `/${v2ray}/GetStats`,
      get(""),
      {
        v2ray4: "200 2 v2ray.com/core/app/stats/command:  not found.",
        v2ray5: "200 2 app/stats/command:  not found.",
        xray: "200 5 undefined",
        "sing-box": "200 2 undefined",
      },
    ],
    [
      `/${xray}/GetStats`,
      get("nope"),
      { v2ray4: noXray, v2ray5: noXray, xray: "200 5 nope not found.", "sing-box": noXray },
    ],
    [
      `/${xray}/GetUsersStats`,
      {},
      {
        v2ray4: noXray,
        v2ray5: noXray,
        xray: `200 12 unknown method GetUsersStats for service ${xray}`,
        "sing-box": noXray,
      },
    ],
    [`/${v2ray}/Nope`, {}, same(`200 12 ${unknown}`)],
    [`/${v2ray}/Nope`, { body: "none" }, same(`200 12 ${unknown}`)],
    ["/a.B/C", {}, same("200 12 unknown service a.B")],
    ["/a", {}, { ...same('200 12 malformed method name: "/a"'), v2ray4: '200 8 malformed method name: "/a"' }],
    [`/${v2ray}/GetStats`, { body: Buffer.alloc(0) }, same("200 2 EOF")],
    [`/${v2ray}/GetStats`, { body: Buffer.from([0, 0, 0, 0, 9, 1]) }, same("200 2 unexpected EOF")],
    [
      `/${v2ray}/GetStats`,
      { body: Buffer.from([0, 0x7f, 0, 0, 0]) },
      same("200 8 grpc: received message larger than max (2130706432 vs. 4194304)"),
    ],
    [
      `/${v2ray}/GetStats`,
      { headers: { "grpc-encoding": "gzip" } },
      same('200 12 grpc: Decompressor is not installed for grpc-encoding "gzip"'),
    ],
    [
      `/${v2ray}/GetStats`,
      { body: Buffer.from([1, 0, 0, 0, 0]) },
      same("200 13 grpc: compressed flag set with identity or empty encoding"),
    ],
    [
      `/${v2ray}/GetStats`,
      { body: Buffer.from([2, 0, 0, 0, 0]) },
      same("200 13 grpc: received unexpected payload format 2"),
    ],
    [
      `/${v2ray}/GetStats`,
      { headers: { "content-type": "application/json" } },
      { ...same('415 3 invalid gRPC request content-type "application/json"'), v2ray4: "reset" },
    ],
    [
      `/${v2ray}/GetStats`,
      { headers: { "grpc-timeout": "x" } },
      { ...same('400 13 malformed grpc-timeout: transport: timeout string is too short: "x"'), v2ray4: "reset" },
    ],
    [
      `/${v2ray}/GetStats`,
      { headers: { "grpc-timeout": "123456789S" } },
      {
        ...same('400 13 malformed grpc-timeout: transport: timeout string is too long: "123456789S"'),
        v2ray4: "reset",
      },
    ],
    [
      `/${v2ray}/GetStats`,
      { ...get("nope"), headers: { "grpc-timeout": "0m" } },
      { ...same("200 4 context deadline exceeded"), v2ray4: "200 2 v2ray.com/core/app/stats/command: nope not found." },
    ],
  ];

  for (const dialect of dialects) {
    test(dialect, async (t) => {
      const core = await startCore(t, { dialect });
      for (const [path, options, expected] of table) {
        const { headers, trailersOnly, streamError } = await rawCall(core, path, options);
        const got =
          headers === undefined
            ? "reset"
            : `${headers[":status"]} ${headers["grpc-status"]} ${headers["grpc-message"]}`;
        assert.equal(got, expected[dialect], `${path} ${JSON.stringify(options)}`);
        assert.equal(trailersOnly, headers !== undefined);
        assert.equal(streamError !== undefined, headers === undefined);
      }
    });
  }

  test("broken requests", async (t) => {
    for (const dialect of dialects) {
      const core = await startCore(t, { dialect });
      for (const body of [Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, 0xff, 0xfe]), Buffer.from([0, 0, 0, 0, 2, 0x0a, 9])]) {
        const { headers } = await rawCall(core, `/${v2ray}/GetStats`, { body });
        assert.equal(headers?.["grpc-status"], "13");
      }
    }
  });

  test("a GET is refused, but never answered by V2Ray 4", async (t) => {
    for (const dialect of dialects) {
      const core = await startCore(t, { dialect });
      const answer = rawCall(core, `/${v2ray}/GetSysStats`, { body: "none", headers: { ":method": "GET" } });
      if (dialect === "v2ray4") {
        // Its connection only ends with the core.
        await connectClients(t, core).v2ray.getSysStats({});
        await core.close();
        assert.equal((await answer).headers, undefined);
      } else assert.equal((await answer).headers?.[":status"], 405);
    }
  });
});

test("the wire of a good answer: zero is absent, the content type is the request's", async (t) => {
  const core = await startCore(t, { dialect: "xray", counters: [["a", 0n]] });
  const body = framed(GetStatsRequestSchema, { name: "a" });
  const two = Buffer.concat([body, framed(GetStatsRequestSchema, { name: "b" })]);
  for (const [type, request] of [
    ["application/grpc", body],
    ["application/grpc+proto", two],
  ] as const) {
    const answer = await rawCall(core, `/${v2ray}/GetStats`, { body: request, headers: { "content-type": type } });
    assert.equal(answer.headers?.["content-type"], type);
    assert.deepEqual([...answer.body], [0, 0, 0, 0, 5, 0x0a, 3, 0x0a, 1, 0x61]);
    assert.deepEqual([answer.trailers?.["grpc-status"], answer.trailers?.["grpc-message"]], ["0", ""]);
  }
});

describe("online maps", () => {
  const name = "user>>>alice@example.com>>>online";

  test("Xray: addresses with the start of their latest connection, loopback left out", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    const clients = connectClients(t, core);
    const notFound = { code: 5 };
    await assert.rejects(clients.xray.getStatsOnline({ name }), notFound);
    await assert.rejects(clients.xray.getStatsOnlineIpList({ name }), notFound);

    const since = new Date("2026-01-02T03:04:05.678Z");
    const before = Math.floor(Date.now() / 1000);
    core.setOnline("alice@example.com", [
      "127.0.0.1",
      "::1",
      ["192.0.2.1", since],
      ["2001:db8::1", since],
      "127.0.0.5",
    ]);
    core.setOnline("bob", ["::1"]);
    const { stat } = await clients.xray.getStatsOnline({ name, reset: true });
    assert.deepEqual([stat?.name, stat?.value], [name, 3n]);
    const { name: listed, ips } = await clients.xray.getStatsOnlineIpList({ name });
    assert.equal(listed, name);
    const { "127.0.0.5": now, ...rest } = ips;
    assert.deepEqual(rest, { "192.0.2.1": 1767323045n, "[2001:db8::1]": 1767323045n });
    assert.ok(now !== undefined && now >= before);
    assert.deepEqual((await clients.xray.getAllOnlineUsers({})).users, [name]);
    assert.equal((await clients.xray.getStatsOnline({ name: "user>>>bob>>>online" })).stat?.value, 0n);
    await assert.rejects(clients.v2ray.getStats({ name }), notFound);
    assert.deepEqual(await query(clients.v2ray), []);

    core.setOnline("alice@example.com", []);
    assert.equal((await clients.xray.getStatsOnline({ name })).stat?.value, 0n);
    assert.deepEqual((await clients.xray.getStatsOnlineIpList({ name })).ips, {});
    assert.deepEqual((await clients.xray.getAllOnlineUsers({})).users, []);
    core.restart();
    await assert.rejects(connectClients(t, core).xray.getStatsOnline({ name }), notFound);
  });

  test("Xray serves them under V2Ray's name too, the others under none", async (t) => {
    const body = framed(GetStatsRequestSchema, { name });
    for (const dialect of dialects) {
      const core = await startCore(t, { dialect });
      if (dialect === "xray") core.setOnline("alice@example.com", ["192.0.2.1"]);
      else assert.throws(() => core.setOnline("alice@example.com", []), TypeError);
      for (const method of ["GetStatsOnline", "GetStatsOnlineIpList", "GetAllOnlineUsers"]) {
        const { headers, trailers } = await rawCall(core, `/${v2ray}/${method}`, { body });
        const message = `unknown method ${method} for service ${v2ray}`;
        if (dialect === "xray") assert.equal(trailers?.["grpc-status"], "0");
        else assert.deepEqual([headers?.["grpc-status"], headers?.["grpc-message"]], ["12", message]);
      }
    }
  });

  test("what is not an address is refused", async (t) => {
    const core = await startCore(t, { dialect: "xray" });
    assert.throws(() => core.setOnline("a", ["example.com"]), TypeError);
    assert.throws(() => core.setOnline("a", ["[::2]"]), TypeError);
  });
});
