import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type SignatureSecret, signatureHeader, signBody } from "../../src/inform/signature.ts";
import type { SentChanges } from "../../src/ledger/exchange/changes.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { quarterOf } from "../../src/ledger/quarter.ts";
import { allChanges, bearer, bodyOf, type HubAnswer, startReceiver } from "../support/inform-receiver.ts";
import { down, readingHere, up } from "../support/ledger-session.ts";
import { ledgerTest } from "../support/ledger-stores.ts";
import { newPostgresLedger, postgresMissing, postgresServer } from "../support/postgres-server.ts";

/** A ledger in which a node has bytes of users, sent to the server. */
async function nodeLedger(node: string, users: Readonly<Record<string, bigint>>): Promise<Ledger> {
  const ledger = openMemoryLedger();
  await using writer = await ledger.claim(node);
  const named = (bytes: (user: string) => bigint) =>
    Object.fromEntries(
      Object.keys(users).flatMap((user) => [
        [up(user), bytes(user)],
        [down(user), bytes(user)],
      ]),
    );
  await writer.record(
    readingHere(
      0,
      named(() => 0n),
    ),
  );
  await writer.record(
    readingHere(
      10,
      named((user) => users[user] as bigint),
    ),
  );
  return ledger;
}

async function total(ledger: Ledger): Promise<bigint> {
  return (await ledger.totals()).total;
}

function refused(answer: HubAnswer, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.json.error.code], [status, code], JSON.stringify(answer.json));
}

/** The same changes with some things of the first node changed. */
function changed(changes: SentChanges, of: Partial<SentChanges["nodes"][number]>): SentChanges {
  return { ...changes, nodes: changes.nodes.map((node, at) => (at === 0 ? { ...node, ...of } : node)) };
}

ledgerTest("a ledger's changes are booked, and the same again adds nothing", async (place) => {
  const hub = await startReceiver(await place.open());
  await using _ = hub;
  const key = hub.key("fra-1");
  const node = await nodeLedger("fra-1", { alice: 100n, bob: 50n });
  const changes = await allChanges(node);
  const first = await hub.push(key, changes);
  assert.equal(first.status, 200, JSON.stringify(first.json));
  const [fra] = first.json.nodes;
  assert.deepEqual([fra.node, fra.refused, fra.rows, fra.left], ["fra-1", null, 4, []]);
  assert.equal(first.json.ledger, await hub.ledger.id());
  assert.equal(await total(hub.ledger), 300n);
  const again = await hub.push(key, changes);
  assert.deepEqual([again.status, again.json.nodes[0].rows, again.json.nodes[0].entries], [200, 0, 0]);
  assert.ok(again.json.nodes[0].unchanged >= 4);
  assert.equal(await total(hub.ledger), 300n);
  const held = await hub.ask(`/v1/held?sender=${await node.id()}`, bearer(key));
  assert.deepEqual(held.json, first.json.held);
  assert.deepEqual(
    hub.events.map(({ kind, node: name }) => [kind, name]),
    [
      ["merged", "fra-1"],
      ["merged", "fra-1"],
    ],
  );
  assert.ok(!JSON.stringify(hub.events).includes(key));
});

test("who has no good key hears no more than that, and nothing is read of the body", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const body = bodyOf(await allChanges(await nodeLedger("a", { alice: 1n })));
  const good = hub.key("a");
  refused(await hub.post("/v1/inform", body), 401, "no-key");
  const wrong = `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`;
  const unknown = await hub.post("/v1/inform", body, bearer(wrong));
  refused(unknown, 401, "wrong-key");
  const other = await hub.post("/v1/inform", body, bearer("hunter2"));
  assert.deepEqual(other.json, unknown.json);
  assert.equal(other.headers.get("www-authenticate"), "Bearer");
  const said = hub.events.map((event) => (event.kind === "refused" ? event.message : ""));
  assert.deepEqual(said.slice(1), [`key ${good.slice(10, 20)} is unknown`, "the key is malformed"]);
  assert.equal(await total(hub.ledger), 0n);
});

test("a key brings its own node alone", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const answer = await hub.push(hub.key("b"), await allChanges(await nodeLedger("a", { alice: 1n })));
  refused(answer, 403, "not-allowed");
  assert.equal(await total(hub.ledger), 0n);
  refused(await hub.ask("/v1/held?sender=x&node=a", bearer(hub.key("b"))), 403, "not-allowed");
  refused(
    await hub.push(hub.key("a", ["totals"]), await allChanges(await nodeLedger("a", { alice: 1n }))),
    403,
    "not-allowed",
  );
});

test("a signed body is taken; replayed it does no harm; stale, changed or of a wrong secret it is refused", async () => {
  const now = new Date();
  await using hub = await startReceiver(openMemoryLedger(), { now: () => now });
  const secret = hub.secret("a");
  const node = await nodeLedger("a", { alice: 7n });
  const body = gzipSync(bodyOf(await allChanges(node)));
  const post = (sent: Uint8Array, by: SignatureSecret, at: Date): Promise<HubAnswer> =>
    hub.post("/v1/inform", sent, { "content-encoding": "gzip", [signatureHeader]: signBody(body, by, at) });
  assert.equal((await post(body, secret, now)).status, 200);
  const replayed = await post(body, secret, now);
  assert.deepEqual([replayed.status, replayed.json.nodes[0].rows], [200, 0]);
  assert.equal(await total(hub.ledger), 14n);
  refused(await post(body, secret, new Date(now.getTime() - 400_000)), 401, "stale-signature");
  refused(await post(body, secret, new Date(now.getTime() + 400_000)), 401, "stale-signature");
  refused(await post(body.subarray(1), secret, now), 401, "wrong-signature");
  refused(await post(body, { ...secret, secret: "x".repeat(43) }, now), 401, "wrong-signature");
  refused(await post(body, { ...secret, id: "0123456789" }, now), 401, "wrong-key");
  refused(await hub.post("/v1/inform", body, { [signatureHeader]: "t=1" }), 401, "malformed-signature");
  const held = await hub.ask(`/v1/held?sender=${await node.id()}`, {
    [signatureHeader]: signBody(new Uint8Array(), secret, now),
  });
  assert.equal(held.json.nodes.length, 1);
});

test("bodies that are not ours are refused for what is wrong with them", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const key = bearer(hub.key("a"));
  const good = bodyOf(await allChanges(await nodeLedger("a", { alice: 7n })));
  const post = (body: string | Uint8Array, headers = {}): Promise<HubAnswer> =>
    hub.post("/v1/inform", body, { ...key, ...headers });
  refused(await post(good, { "content-type": "text/plain" }), 415, "content-type");
  refused(await post(good, { "content-encoding": "br" }), 415, "encoding");
  refused(await post(gzipSync(good).subarray(0, -9), { "content-encoding": "gzip" }), 400, "truncated");
  refused(await post(good, { "content-encoding": "gzip" }), 400, "damaged");
  refused(await post(good.slice(0, -2)), 400, "malformed");
  refused(await post(""), 400, "malformed");
  refused(await post(Buffer.from([0xff, 0xfe])), 400, "malformed");
  refused(await post("[".repeat(200_000)), 400, "malformed");
  refused(await post("null"), 400, "malformed");
  refused(await post('{"version":1,"changes":{"version":1,"ledger":7}}'), 400, "malformed");
  refused(await post(good.replace('"version":1', '"version":2')), 400, "unknown-version");
  refused(await post(good.replace('"changes":{"version":1', '"changes":{"version":9')), 400, "unknown-version");
  const panel = await post('{"clientTraffics":[],"inboundTraffics":[]}');
  refused(panel, 400, "malformed");
  assert.match(panel.json.error.message, /3x-ui/);
  assert.equal(await total(hub.ledger), 0n);
  assert.equal((await post(good)).status, 200);
});

test("a bad row or entry among good ones is told, and the rest taken", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { maxBytesPerSecond: 1_000_000 });
  const key = hub.key("a");
  const changes = await allChanges(await nodeLedger("a", { alice: 7n, bob: 8n, carol: 9n }));
  const [node] = changes.nodes;
  const usage = node?.usage.map((columns) => ({
    ...columns,
    bytes: columns.bytes.map((bytes) => (bytes === 7n ? 2n ** 63n : bytes === 8n ? 900_000_001n : bytes)),
  }));
  const gap = node?.entries[0];
  assert.ok(gap !== undefined && usage !== undefined);
  const adjust = {
    ...gap,
    id: "hacked",
    kind: "adjust",
    body: JSON.stringify({ scope: "user", subject: "x", direction: "uplink", bytes: "-9", reason: "r", author: "a" }),
  };
  const entries = [...(node?.entries ?? []), { ...gap, id: "broken", body: '{"cause":7}' }, adjust];
  const answer = await hub.push(key, changed(changes, { usage, entries }));
  assert.equal(answer.status, 200, JSON.stringify(answer.json));
  const [told] = answer.json.nodes;
  assert.deepEqual([told.rows, told.aside, told.leftCount], [2, 2, 4]);
  const left = told.left.map(({ item, reason }: { item: string; reason: string }) => `${item} ${reason}`).sort();
  assert.deepEqual(left, [
    "broken malformed",
    "hacked not-allowed",
    `${down("alice")} out-of-range`,
    `${up("alice")} out-of-range`,
  ]);
  assert.equal(await total(hub.ledger), 18n);
  const corrections = hub.key("a", ["usage", "corrections"]);
  const sent = changed(changes, { entries: [adjust], upTo: (node?.upTo ?? 0) + 1 });
  assert.equal((await hub.push(corrections, sent)).json.nodes[0].entries, 1);
});

test("rows of a time that has not come wait until it has", async () => {
  let now = new Date();
  await using hub = await startReceiver(openMemoryLedger(), { now: () => now });
  const key = hub.key("a");
  const changes = await allChanges(await nodeLedger("a", { alice: 7n }));
  const usage = changes.nodes[0]?.usage.map((columns) => ({ ...columns, quarter: quarterOf(now) + 97 }));
  const ahead = changed(changes, { usage: usage ?? [] });
  const early = await hub.push(key, ahead);
  refused(early, 409, "clock");
  assert.equal(early.json.nodes[0].refused, "clock");
  assert.ok(Number(early.headers.get("retry-after")) > 0);
  assert.deepEqual([await total(hub.ledger), (await hub.ledger.held(changes.ledger)).nodes], [0n, []]);
  now = new Date(now.getTime() + 86_400_000);
  assert.equal((await hub.push(key, ahead)).status, 200);
  assert.equal(await total(hub.ledger), 14n);
});

ledgerTest("a second ledger of a node is refused until an operator lets it take the place", async (place) => {
  const hub = await startReceiver(await place.open());
  await using _ = hub;
  const key = hub.key("a");
  await hub.push(key, await allChanges(await nodeLedger("a", { alice: 7n })));
  const second = await allChanges(await nodeLedger("a", { alice: 5n }));
  const answer = await hub.push(key, second);
  refused(answer, 409, "other-ledger");
  assert.equal(answer.json.nodes[0].refused, "other-ledger");
  assert.equal(await total(hub.ledger), 14n);
  await hub.ledger.merge(second, { replace: true });
  assert.equal((await hub.push(key, second)).status, 200);
  assert.equal(await total(hub.ledger), 24n);
});

test("a key that sends too often waits; others do not", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { ratePerKey: { perSecond: 0.001, burst: 2 } });
  const [a, b] = [bearer(hub.key("a")), bearer(hub.key("b"))];
  assert.equal((await hub.ask("/v1/held?sender=x", a)).status, 200);
  assert.equal((await hub.ask("/v1/held?sender=x", a)).status, 200);
  const often = await hub.ask("/v1/held?sender=x", a);
  refused(often, 429, "rate");
  assert.ok(Number(often.headers.get("retry-after")) > 900);
  assert.equal((await hub.ask("/v1/held?sender=x", b)).status, 200);
});

test("the list of addresses is of who really sends", async () => {
  const lists = { allowAddresses: ["192.0.2.0/24", "2001:db8::/32"], trustedProxies: ["127.0.0.1"] };
  await using hub = await startReceiver(openMemoryLedger(), lists);
  const key = bearer(hub.key("a"));
  const from = async (forwarded?: string): Promise<number> => {
    const headers = forwarded === undefined ? key : { ...key, "x-forwarded-for": forwarded };
    return (await hub.ask("/v1/held?sender=x", headers)).status;
  };
  assert.equal(await from(), 403);
  assert.equal(await from("192.0.2.7"), 200);
  assert.equal(await from("::ffff:192.0.2.7"), 200);
  assert.equal(await from("2001:db8::1"), 200);
  assert.equal(await from("192.0.2.7, 198.51.100.1"), 403);
  assert.equal(await from("192.0.2.7, junk"), 403);
  assert.equal(hub.events.at(-2)?.address, "198.51.100.1");
});

test("other paths and methods are none, and the health needs no key", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  assert.deepEqual((await hub.ask("/v1/health")).json, { status: "ok" });
  refused(await hub.ask("/v1/healthy"), 404, "not-found");
  refused(await hub.post("/v1/inform/other", "{}"), 404, "not-found");
  const wrong = await hub.ask("/v1/inform");
  refused(wrong, 405, "method");
  assert.equal(wrong.headers.get("allow"), "POST");
  refused(await hub.ask("/v1/held?sender=no%20id", bearer(hub.key("a"))), 400, "malformed");
});

test("a database that is down is to be asked again, and its words stay here", { skip: postgresMissing() }, async () => {
  const server = await postgresServer();
  await using hub = await startReceiver(await newPostgresLedger());
  const key = hub.key("a");
  const changes = await allChanges(await nodeLedger("a", { alice: 7n }));
  await server.stop();
  try {
    const answer = await hub.push(key, changes);
    refused(answer, 503, "unavailable");
    assert.equal(answer.headers.get("retry-after"), "10");
    assert.doesNotMatch(answer.json.error.message, /ECONN|postgres/i);
    assert.equal(hub.events.at(-1)?.kind, "failed");
    assert.equal((await hub.ask("/v1/health")).status, 503);
  } finally {
    await server.start();
  }
  assert.equal((await hub.push(key, changes)).status, 200);
  assert.equal(await total(hub.ledger), 14n);
});

ledgerTest("two processes of a hub that take the same at the same time book it once", async (place) => {
  const [one, two] = [await startReceiver(await place.open()), await startReceiver(await place.open())];
  await using _one = one;
  await using _two = two;
  const changes = await allChanges(await nodeLedger("a", { alice: 7n, bob: 8n }));
  const keys = [one.key("a"), two.key("a")] as const;
  const pushes = Array.from({ length: 6 }, (_, at) =>
    at % 2 ? two.push(keys[1], changes) : one.push(keys[0], changes),
  );
  for (const { status, json } of await Promise.all(pushes)) assert.equal(status, 200, JSON.stringify(json));
  assert.equal(await total(one.ledger), 30n);
});
