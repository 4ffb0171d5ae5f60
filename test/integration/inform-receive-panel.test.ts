import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { openMemoryLedger } from "../../src/ledger/ledger.ts";
import { bearer, type HubAnswer, startReceiver } from "../support/inform-receiver.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { ledgerTest } from "../support/ledger-stores.ts";

function client(email: string, up: number, down: number, more: object = {}): object {
  return { id: 0, inboundId: 0, enable: false, email, up, down, expiryTime: 0, total: 0, reset: 0, ...more };
}

function panelBody(...clients: readonly object[]): string {
  const inbound = { IsInbound: true, IsOutbound: false, Tag: "in", Up: 5, Down: 6 };
  return JSON.stringify({ clientTraffics: clients, inboundTraffics: [inbound] });
}

function refused(answer: HubAnswer, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.json.error.code], [status, code], JSON.stringify(answer.json));
}

ledgerTest("a panel's body is booked as unproven under the key's node", async (place) => {
  const hub = await startReceiver(await place.open());
  await using _ = hub;
  const key = hub.key("panel-1");
  const body = panelBody(client("alice", 10, 20), client("idle", 0, 0));
  // A panel can send no header: the key is in the address.
  const headers = { "content-type": "application/json; charset=UTF-8" };
  const answer = await hub.post(`/v1/inform/3x-ui?key=${key}`, body, headers);
  assert.equal(answer.status, 200, JSON.stringify(answer.json));
  assert.deepEqual(answer.json, {
    node: "panel-1",
    writtenBy: "2.5.3 to 2.6.6",
    booked: true,
    repeated: false,
    bytes: "41",
    accepted: 3,
    refusedCount: 0,
    refused: [],
  });
  const usage = await hub.ledger.usage({ by: ["node", "user", "source"] });
  assert.deepEqual(
    usage.rows.map(({ node, subject, source, uplink, downlink }) => [node, subject, source, uplink, downlink]),
    [["panel-1", "alice", "3x-ui", 10n, 20n]],
  );
  assert.equal(usage.notes.unproven[0]?.bytes, 30n);
  const again = await hub.post(`/v1/inform/3x-ui/${key}`, body, headers);
  assert.deepEqual([again.status, again.json.repeated, again.json.booked], [200, true, true]);
  const event = hub.events.at(-1);
  assert.deepEqual([event?.kind, event?.kind === "unproven" && event.repeated], ["unproven", true]);
  assert.ok(!JSON.stringify(hub.events, (_name, value) => `${value}`).includes(key));
});

test("the bodies that 3x-ui's versions write are all understood", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const key = bearer(hub.key("p"));
  const bodies = [
    panelBody(client("a", 1, 0)),
    panelBody(client("a", 2, 0, { allTime: 0, lastOnline: 0 })),
    panelBody(client("a", 3, 0, { lastOnline: 0, uuid: "", subId: "" })),
    panelBody(client("a", 4, 0, { lastOnline: 0, resetDay: 0 })),
    JSON.stringify({ clientTraffics: [client("a", 5, 0)], inboundTraffics: null, onlineEmails: ["a"] }),
  ];
  for (const body of bodies) assert.equal((await hub.post("/v1/inform/3x-ui", body, key)).status, 200, body);
  assert.equal((await hub.ledger.totals()).total, 15n);
  for (const file of globSync("test/samples/inform/3x-ui-*.json")) {
    const recorded = await hub.post("/v1/inform/3x-ui", readFileSync(file), key);
    assert.deepEqual([recorded.status, recorded.json.refusedCount], [200, 0], file);
  }
});

test("a body that the sender marks is booked once, however often it comes", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const headers = { ...bearer(hub.key("p")), "idempotency-key": "batch-7" };
  const body = panelBody(client("alice", 10, 20));
  assert.equal((await hub.post("/v1/inform/3x-ui", body, headers)).json.booked, true);
  assert.equal((await hub.post("/v1/inform/3x-ui", body, headers)).json.booked, false);
  assert.equal((await hub.ledger.totals()).total, 30n);
});

test("bad items among good ones are told, and the good ones booked", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { maxBytesPerSecond: 1000 });
  const key = bearer(hub.key("p"));
  const body = panelBody(
    client("alice", 1, 2),
    client("alice", 1, 2),
    client("", 1, 2),
    client("minus", -1, 2),
    client("huge", 2 ** 53, 2),
    client("absurd", 900_001, 2),
  );
  const { status, json } = await hub.post("/v1/inform/3x-ui", body, key);
  assert.deepEqual([status, json.refusedCount, json.bytes], [200, 5, `${3 + 2 + 11}`], JSON.stringify(json));
  assert.equal((await hub.ledger.totals({ subject: "absurd" })).uplink, 0n);
  const event = hub.events.at(-1);
  assert.equal(event?.kind === "unproven" && event.refusedCount, 5);
});

test("what is no panel's body is refused, and so are a wrong key and another node", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const key = hub.key("p");
  const good = panelBody(client("alice", 1, 2));
  refused(await hub.post("/v1/inform/3x-ui", '{"version":1}', bearer(key)), 400, "malformed");
  refused(await hub.post("/v1/inform/3x-ui", good.slice(1), bearer(key)), 400, "malformed");
  refused(await hub.post("/v1/inform/3x-ui", good), 401, "no-key");
  refused(await hub.post(`/v1/inform/3x-ui/${key}x`, good), 401, "wrong-key");
  refused(await hub.post(`/v1/inform/3x-ui?key=${key}&node=q`, good), 403, "not-allowed");
  refused(await hub.post(`/v1/inform/3x-ui/${hub.key("p", ["totals"])}`, good), 403, "not-allowed");
  assert.equal((await hub.post(`/v1/inform/3x-ui?key=${key}&node=p`, good)).status, 200);
});

test("a panel may not tell of a node that another ledger records", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const node = openMemoryLedger();
  await using writer = await node.claim("p");
  await writer.record(readingHere(0, { [up("u")]: 1n }));
  await hub.ledger.merge(await node.changes());
  const answer = await hub.post("/v1/inform/3x-ui", panelBody(client("alice", 1, 2)), bearer(hub.key("p")));
  refused(answer, 409, "other-ledger");
});
