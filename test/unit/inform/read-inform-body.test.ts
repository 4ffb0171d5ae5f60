import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { isStatsError } from "../../../src/errors/stats-error.ts";
import { readInformBody } from "../../../src/inform/three-x-ui/read-inform-body.ts";
import { parseStatName } from "../../../src/names/parse-stat-name.ts";

function sample(name: string): Buffer {
  return readFileSync(new URL(`../../samples/inform/3x-ui-${name}.json`, import.meta.url));
}

function read(body: unknown) {
  return readInformBody(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
}

function readClient(client: unknown) {
  return read({ clientTraffics: [client], inboundTraffics: [] });
}

test("bodies of all versions say the same, told apart by their shape", () => {
  const deltas = [
    { name: "user>>>alice>>>traffic>>>uplink", bytes: 70011n },
    { name: "user>>>alice>>>traffic>>>downlink", bytes: 4300123n },
    { name: "inbound>>>inbound-443>>>traffic>>>uplink", bytes: 91230n },
    { name: "inbound>>>inbound-443>>>traffic>>>downlink", bytes: 4503311n },
    { name: "outbound>>>direct>>>traffic>>>uplink", bytes: 90011n },
    { name: "outbound>>>direct>>>traffic>>>downlink", bytes: 4412001n },
  ];
  const versions = { "2.5.3": "2.5.3 to 2.6.6", "2.9.4": "2.6.7 to 3.0.2", newest: "after 3.6.0" };
  for (const [name, writtenBy] of Object.entries(versions)) {
    const { hash, ...rest } = readInformBody(sample(name));
    assert.deepEqual(rest, { writtenBy, accepted: 5, refusedCount: 0, refused: [], deltas, takenAt: undefined });
    assert.match(hash, /^[0-9a-f]{64}$/);
  }
});

test("empty, missing and null lists are lists without items", () => {
  const bodies = [
    sample("empty-3.0-3.5").toString(),
    { clientTraffics: null, inboundTraffics: null },
    { clientTraffics: [] },
    { inboundTraffics: [], meta: { v: 1 } },
  ];
  for (const body of bodies) {
    const { hash: _, ...rest } = read(body);
    assert.deepEqual(rest, {
      writtenBy: undefined,
      accepted: 0,
      refusedCount: 0,
      refused: [],
      deltas: [],
      takenAt: undefined,
    });
  }
});

test("the hash is of the bytes", () => {
  assert.equal(readInformBody(sample("newest")).hash, readInformBody(sample("newest")).hash);
  assert.notEqual(
    readInformBody(sample("newest")).hash,
    readInformBody(Buffer.concat([sample("newest"), Buffer.from("\n")])).hash,
  );
});

test("forks write members in either case", () => {
  const body = {
    clientTraffics: [{ Email: "alice", Up: 1, Down: 2 }],
    inboundTraffics: [{ isInbound: false, isOutbound: true, tag: "direct", up: 3, down: 4, extra: {} }],
  };
  assert.deepEqual(
    read(body).deltas.map(({ name, bytes }) => `${name} ${bytes}`),
    [
      "user>>>alice>>>traffic>>>uplink 1",
      "user>>>alice>>>traffic>>>downlink 2",
      "outbound>>>direct>>>traffic>>>uplink 3",
      "outbound>>>direct>>>traffic>>>downlink 4",
    ],
  );
});

test("members that never say anything are not looked at", () => {
  const { accepted, deltas } = readClient({
    email: "a",
    up: 1,
    down: 0,
    enable: "no",
    total: -5,
    id: null,
    reset: 1e300,
  });
  assert.deepEqual([accepted, deltas], [1, [{ name: "user>>>a>>>traffic>>>uplink", bytes: 1n }]]);
});

test("names are kept as they are, whatever they hold", () => {
  for (const email of ["__proto__", "constructor", "a>>>b", "\u0000\u001b[2J", "é", "e\u0301", " ", "🦊", "A", "a"]) {
    const [uplink] = readClient({ email, up: 1, down: 1 }).deltas;
    assert.deepEqual(parseStatName(uplink?.name ?? ""), {
      kind: "traffic",
      scope: "user",
      subject: email,
      direction: "uplink",
    });
  }
});

test("bad items are refused one by one, the good ones among them counted", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['{"email":"x","up":9007199254740992,"down":0}', /^up must be below 2\^53/],
    ['{"email":"x","up":9223372036854775808,"down":0}', /^up must be below 2\^53/],
    ['{"email":"x","up":1e400,"down":0}', /^up must be/],
    ['{"email":"x","up":0,"down":-1}', /^down must be not negative$/],
    ['{"email":"x","up":0.5,"down":0}', /^up must be a whole number$/],
    ['{"email":"x","up":"5","down":0}', /^up must be a number$/],
    ['{"email":"x","up":null,"down":0}', /^up must be a number$/],
    ['{"email":"x","up":1}', /^down must be a number$/],
    ['{"up":1,"down":1}', /^email must be text$/],
    ['{"email":"","up":1,"down":1}', /^email must be not empty$/],
    ['{"email":"\\ud800","up":1,"down":1}', /^email must be well-formed Unicode$/],
    [`{"email":"${"x".repeat(1025)}","up":1,"down":1}`, /^email must be at most 1024 bytes long$/],
    [`{"email":"${"é".repeat(513)}","up":1,"down":1}`, /^email must be at most 1024 bytes long$/],
    ['{"email":"x","__proto__":{"up":1,"down":1}}', /^up must be a number$/],
    ["null", /^it must be an object$/],
    ["7", /^it must be an object$/],
    ["[]", /^it must be an object$/],
  ];
  const good = '{"email":"good","up":1,"down":2}';
  for (const [item, reason] of cases) {
    const { accepted, refused, deltas } = read(`{"clientTraffics":[${item},${good}]}`);
    assert.deepEqual([accepted, deltas.length, refused.length], [1, 2, 1], String(item));
    assert.equal(refused[0]?.path, "clientTraffics[0]");
    assert.match(refused[0]?.reason ?? "", reason);
  }
});

test("a body of nothing but wrong items costs little", () => {
  const { refused, refusedCount } = read(`{"clientTraffics":[${"0,".repeat(99_999)}0]}`);
  assert.deepEqual([refused.length, refusedCount], [1000, 100_000]);
  assert.equal(refused[999]?.path, "clientTraffics[999]");
});

test("the largest exact number is counted exactly", () => {
  assert.equal(readClient({ email: "a", up: Number.MAX_SAFE_INTEGER, down: 0 }).deltas[0]?.bytes, 2n ** 53n - 1n);
});

test("an inbound is an inbound or an outbound", () => {
  for (const [IsInbound, IsOutbound] of [
    [true, true],
    [false, false],
    [1, 0],
    [undefined, undefined],
    ["true", false],
  ]) {
    const { accepted, refused } = read({ inboundTraffics: [{ IsInbound, IsOutbound, Tag: "x", Up: 1, Down: 1 }] });
    assert.equal(accepted, 0);
    assert.match(refused[0]?.reason ?? "", /^scope must be told by exactly one of IsInbound and IsOutbound$/);
  }
});

test("what stands there twice counts once, zero or not", () => {
  const item = (email: string, up: number) => ({ email, up, down: 0 });
  const { accepted, refused, deltas } = read({
    clientTraffics: [
      item("a", 1),
      item("b", 0),
      item("a", 5),
      item("b", 6),
      item("A", 2),
      item("\u001b", 0),
      item("\u001b", 1),
    ],
    inboundTraffics: [
      { IsInbound: true, IsOutbound: false, Tag: "a", Up: 3, Down: 0 },
      { IsInbound: false, IsOutbound: true, Tag: "a", Up: 4, Down: 0 },
    ],
  });
  assert.equal(accepted, 6);
  assert.deepEqual(
    deltas.map(({ bytes }) => bytes),
    [1n, 2n, 3n, 4n],
  );
  assert.deepEqual(refused, [
    { path: "clientTraffics[2]", reason: 'user "a" stands before it already' },
    { path: "clientTraffics[3]", reason: 'user "b" stands before it already' },
    { path: "clientTraffics[6]", reason: 'user "\\u001b" stands before it already' },
  ]);
});

test("what is no such body at all is malformed, and not shown", () => {
  const bodies = [
    "",
    "hunter2",
    "{",
    "[]",
    "null",
    "7",
    "{}",
    '{"rows":[]}',
    '{"clientTraffics":{}}',
    '{"inboundTraffics":"hunter2"}',
    "\ufeff{}",
  ];
  for (const body of bodies) {
    assert.throws(
      () => read(body),
      (error) => isStatsError(error) && error.code === "malformed" && !error.message.includes("hunter2"),
      body,
    );
  }
  assert.throws(() => readInformBody(Buffer.from([0x22, 0xff, 0x22])), { code: "malformed", message: /JSON in UTF-8/ });
});

test("whatever comes, every item is accepted or refused, and nothing is invented", () => {
  const bytes = fc.oneof(fc.nat(), fc.double(), fc.string(), fc.constant(null), fc.integer());
  const item = fc.oneof(
    fc.record(
      { email: fc.oneof(fc.constantFrom("a", "b"), fc.string({ unit: "binary" })), up: bytes, down: bytes },
      { requiredKeys: [] },
    ),
    fc.record({
      Tag: fc.constantFrom("a", "b"),
      Up: bytes,
      Down: bytes,
      IsInbound: fc.boolean(),
      IsOutbound: fc.boolean(),
    }),
    fc.jsonValue(),
  );
  const list = fc.array(item, { maxLength: 8 });
  fc.assert(
    fc.property(list, list, (clientTraffics, inboundTraffics) => {
      const { accepted, refused, refusedCount, deltas } = read({ clientTraffics, inboundTraffics });
      assert.equal(refused.length, refusedCount);
      assert.equal(accepted + refusedCount, clientTraffics.length + inboundTraffics.length);
      assert.equal(new Set(deltas.map(({ name }) => name)).size, deltas.length);
      assert.ok(deltas.every(({ bytes }) => bytes > 0n && bytes < 2n ** 53n));
      assert.ok(deltas.length <= accepted * 2);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        read(text);
      } catch (error) {
        assert.ok(isStatsError(error));
      }
    }),
  );
});
