import assert from "node:assert/strict";
import { test } from "node:test";
import { createInformSender } from "../../src/inform/send/sender.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { changesJson } from "../../src/ledger/exchange/changes-json.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { allChanges, bearer, startReceiver } from "../support/inform-receiver.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { ledgerTest } from "../support/ledger-stores.ts";

async function nodeLedger(): Promise<Ledger> {
  const ledger = openMemoryLedger();
  await using writer = await ledger.claim("a");
  const users = ["alice", "bob", "carol"].map(up);
  await writer.record(readingHere(0, Object.fromEntries(users.map((user) => [user, 0n]))));
  await writer.record(readingHere(10, Object.fromEntries(users.map((user) => [user, 100n]))));
  return ledger;
}

/** A body of all of it, with some of its only node bent. */
// biome-ignore lint/suspicious/noExplicitAny: what is wrong has no type.
async function bodyWith(ledger: Ledger, bend: (node: any) => void): Promise<string> {
  const changes = await allChanges(ledger);
  const json = JSON.parse(JSON.stringify(changesJson(changes)));
  // In full, so that each part of them can be bent.
  json.nodes[0].counters = structuredClone(changes.nodes[0]?.counters);
  bend(json.nodes[0]);
  return JSON.stringify({ version: 1, changes: json });
}

ledgerTest("bad rows and entries among good ones are left out one by one, and the rest booked", async (place) => {
  const hub = await startReceiver(await place.open());
  await using _ = hub;
  const node = await nodeLedger();
  const body = await bodyWith(node, (sent) => {
    const [gap] = sent.entries;
    const at = sent.counters.findIndex(({ name }: { name: string }) => name === up("bob"));
    sent.usage[0].bytes[sent.usage[0].counters.indexOf(at)] = 100;
    const good = { ...sent.counters[at], name: up("dora") };
    const wrong = [{ name: "\ud800" }, { generation: 2 ** 31 }, { source: null }].map((bad) => ({ ...good, ...bad }));
    for (const counter of [good, ...wrong]) {
      sent.usage[0].counters.push(sent.counters.push(counter) - 1);
      sent.usage[0].bytes.push("7");
    }
    // What PostgreSQL does not take into an index, and what is no entry at all.
    for (const id of ["a\0b", "a".repeat(5000), undefined]) sent.entries.push({ ...gap, id });
    sent.entries.push({ ...gap, id: "long-kind", kind: "k".repeat(5000) }, 7);
  });
  const { status, json } = await hub.post("/v1/inform", body, bearer(hub.key("a")));
  assert.equal(status, 200, JSON.stringify(json));
  const [told] = json.nodes;
  assert.deepEqual([told.rows, told.entries, told.leftCount], [3, 1, 9]);
  assert.ok(told.left.every(({ reason }: { reason: string }) => reason === "malformed"));
  const items = told.left.map(({ item }: { item: string }) => item);
  assert.deepEqual(items.sort(), [
    "counters[4]",
    ...["entries[1]", "entries[2]", "entries[3]", "entries[5]", "long-kind"],
    ...[up("bob"), up("dora"), up("dora")],
  ]);
  const users = (await hub.ledger.usage({ by: ["user"] })).rows.map(({ subject, total }) => [subject, total]);
  assert.deepEqual(users, [
    ["alice", 100n],
    ["carol", 100n],
    ["dora", 7n],
  ]);
  const [event] = hub.events;
  assert.ok(event?.kind === "merged" && event.nodes[0]?.left.length === 9);
});

test("a body of nothing but wrong items is refused at the first one too many", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const node = await nodeLedger();
  const key = bearer(hub.key("a"));
  const many = (count: number): Promise<string> =>
    bodyWith(node, (sent) => {
      sent.entries = Array(count).fill(0);
    });
  assert.equal((await hub.post("/v1/inform", await many(1000), key)).json.nodes[0].leftCount, 1000);
  const { status, json } = await hub.post("/v1/inform", await many(3_000_000), key);
  assert.deepEqual([status, json.error.code], [400, "malformed"]);
  assert.match(json.error.message, /entries\[1000\] must be/);
});

test("the sender tells what was left out, goes on, and keeps it in its ledger", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const node = await nodeLedger();
  const events: InformSenderEvent[] = [];
  const bend = async (body: string): Promise<string> => {
    const sent = JSON.parse(body);
    const [changes] = sent.changes.nodes;
    if (changes.usage[0] !== undefined) changes.usage[0].bytes[0] = 7;
    return JSON.stringify(sent);
  };
  const sender = createInformSender({
    ledger: node,
    hub: hub.url,
    key: hub.key("a"),
    encoding: "none",
    // As a wire that bends one row of every body.
    fetch: async (url, init) => {
      const body = init?.body && (await bend(Buffer.from(init.body as Uint8Array).toString()));
      return fetch(url, { ...init, ...(body && { body }) });
    },
    onEvent: (event) => events.push(event),
  });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  const told = events.map((event) =>
    event.kind === "left-out" ? [event.node, event.count, event.reason] : event.kind,
  );
  assert.deepEqual(told, [["a", 1, "malformed"], "current"]);
  assert.equal((await hub.ledger.totals()).total, 200n);
  assert.equal((await node.totals()).total, 300n);
});
