import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeChanges } from "../../src/ledger/exchange/changes.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { quarterOf } from "../../src/ledger/quarter.ts";
import { allChanges, type HubAnswer, type ServedReceiver, startReceiver } from "../support/inform-receiver.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { ledgerTest } from "../support/ledger-stores.ts";

async function nodeLedger(node: string): Promise<Ledger> {
  const ledger = openMemoryLedger();
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 100n }));
  return ledger;
}

/** Everything that a customer or an operator could be shown. */
async function books(ledger: Ledger): Promise<unknown> {
  const usage = await ledger.usage({ by: ["node", "user", "source", "day"] });
  return { usage, gaps: await ledger.gaps({ which: "all" }), held: (await ledger.changes()).nodes.length };
}

ledgerTest("whatever a hacked node's key sends, other nodes, names and corrections stay as they are", async (place) => {
  const hub = await startReceiver(await place.open());
  await using _ = hub;
  const [own, other] = [await nodeLedger("a"), await nodeLedger("b")];
  const key = hub.key("a");
  await hub.push(hub.key("b"), await allChanges(other));
  await hub.push(key, await allChanges(own));
  const { ledger, nodes } = await allChanges(own);
  const [node] = nodes as [NodeChanges];
  const [gap] = node.entries;
  assert.ok(gap !== undefined);
  const signed = { reason: "r", author: "a" };
  const later = { since: node.upTo, upTo: node.upTo + 1, usage: [], entries: [] };
  const rows = [{ quarter: quarterOf(new Date()), counters: [0], bytes: [77n] }];
  const correction = (kind: string, body: object): NodeChanges => {
    const entry = { ...gap, id: `hacked-${kind}`, kind, body: JSON.stringify({ ...body, ...signed }) };
    return { ...node, ...later, entries: [entry] };
  };
  const before = await books(hub.ledger);
  const push = (...sent: readonly NodeChanges[]): Promise<HubAnswer> => hub.push(key, { ledger, nodes: sent });

  for (const sent of [
    { ...node, ...later, node: "b", usage: rows },
    { ...node, ...later, node: "b", ledger: await other.id(), usage: rows },
    { ...node, ...later, node: "", usage: rows },
    { ...node, ...later, node: "", entries: [{ ...gap, id: "a gap of all nodes" }] },
    { ...node, ...later, node: "", state: "sealed" as const, usage: rows },
  ])
    assert.deepEqual(codeOf(await push(sent)), [403, "not-allowed"], JSON.stringify(sent.node));
  for (const sent of [
    correction("adjust", { scope: "user", subject: "alice", direction: "uplink", bytes: "-100" }),
    correction("settle", { gap: gap.id, as: "nothing-lost" }),
    correction("alias", { of: "user", name: "alice", is: "bob" }),
    correction("erase", { hash: "00", generations: [] }),
    correction("retract", { ledger: await other.id() }),
    correction("aside", {}),
    correction("a kind of a later release", {}),
  ])
    for (const name of ["a", ""]) {
      const [entry] = sent.entries;
      const { status, json } = await push({ ...sent, node: name });
      // What a node notes of itself is never about no node.
      if (name === "" && entry?.kind === "aside") assert.deepEqual([status, json.error.code], [403, "not-allowed"]);
      else assert.deepEqual([status, json.nodes[0].left], [200, [{ item: entry?.id, reason: "not-allowed" }]]);
    }
  // Another ledger under its own name, and what the hub or another node recorded.
  for (const id of ["another", await other.id(), await hub.ledger.id()])
    assert.equal((await push({ ...node, ...later, ledger: id, usage: rows })).status, 409, id);
  assert.deepEqual(await books(hub.ledger), before);
});

ledgerTest("absurd bytes of a hacked node are kept aside or left out, and no sum overflows", async (place) => {
  const hub = await startReceiver(await place.open(), { maxBytesPerSecond: 2 ** 52 });
  await using _ = hub;
  const key = hub.key("a");
  const { ledger, nodes } = await allChanges(await nodeLedger("a"));
  const [node] = nodes as [NodeChanges];
  const now = quarterOf(new Date());
  const most = BigInt(2 ** 52) * 900n;
  const bytes = [2n ** 63n - 1n, 2n ** 63n, 10n ** 29n, most];
  // Four quarters of what is just plausible are more than an int64.
  const usage = bytes.map((each, at) => ({ quarter: now - at, counters: [0], bytes: [each] }));
  for (let at = 4; at < 7; at++) usage.push({ quarter: now - at, counters: [0], bytes: [most] });
  const { status, json } = await hub.push(key, { ledger, nodes: [{ ...node, usage }] });
  assert.equal(status, 200, JSON.stringify(json));
  const [told] = json.nodes;
  assert.deepEqual([told.rows, told.aside, told.leftCount], [4, 1, 2]);
  const { total } = await hub.ledger.totals();
  assert.equal(total, 4n * most);
  assert.ok(total > 2n ** 63n);
  assert.equal((await totalsOf(hub)).total, `${total}`);
});

ledgerTest("a hacked node's key says nothing about no node for another node's ledger", async (place) => {
  const hub = await startReceiver(await place.open());
  await using _ = hub;
  const [own, other] = [await nodeLedger("a"), await nodeLedger("b")];
  await hub.push(hub.key("a"), await allChanges(own));
  await other.adjust({ user: "alice", bytes: 5n, reason: "r", author: "a" });
  const sent = await allChanges(other);
  const about = sent.nodes.find(({ node }) => node === "") as NodeChanges;
  const session = { revision: 1, id: "hacked" };
  const poison = { ...about, upTo: Number.MAX_SAFE_INTEGER, sessions: [session], entries: [] };
  const nodes = [poison, ...Array.from({ length: 9 }, (_, at) => ({ ...poison, ledger: `made-up-${at}` }))];
  const { status, json } = await hub.push(hub.key("a"), { ledger: await other.id(), nodes });
  assert.deepEqual([status, json.held.nodes], [200, []]);
  const store = await place.openStore();
  assert.deepEqual(await store.read(async (tx) => (await tx.nodes()).map(({ name }) => name).sort()), ["", "a"]);

  const answer = await hub.push(hub.key("b", ["usage", "corrections"]), sent);
  assert.deepEqual(
    answer.json.nodes.map(({ entries }: { entries: number }) => entries),
    sent.nodes.map(({ entries }) => entries.length),
  );
  const held = await hub.ledger.held(await other.id());
  assert.equal((await other.reconcile(held)).restored, false);
});

test("a hacked node's key makes no end of ledgers known: each is looked at in every answer", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { ratePerKey: { perSecond: 100, burst: 100 } });
  const { ledger, nodes } = await allChanges(await nodeLedger("a"));
  const [node] = nodes as [NodeChanges];
  const key = hub.key("a");
  for (let round = 0; round < 3; round++) {
    const many = Array.from({ length: 500 }, (_, at) => {
      return { ...node, ledger: `made-up-${round}-${at}`, state: "sealed" as const };
    });
    await hub.push(key, { ledger, nodes: many });
  }
  assert.equal((await hub.ledger.changes({ limit: 1_000_000 })).nodes.length, 1000);
});

ledgerTest("ledgers that recorded a node of a name are counted, sealed ones too", async (place) => {
  const store = await place.openStore();
  const counts = await store.write(async (tx) => {
    await tx.ownNode("a");
    await tx.nodeOf("l", "b");
    const { id } = await tx.nodeOf("l", "a");
    await tx.changeNode(id, { state: "sealed" });
    return [await tx.ledgersOf("a"), await tx.ledgersOf("b"), await tx.ledgersOf("c")];
  });
  assert.deepEqual(counts, [2, 1, 0]);
});

function codeOf({ status, json }: HubAnswer): unknown {
  return [status, json.error?.code];
}

async function totalsOf(hub: ServedReceiver): Promise<{ readonly total: string }> {
  const answer = await hub.ask("/v1/totals", { authorization: `Bearer ${hub.key("p", ["totals"])}` });
  return answer.json.totals[0];
}
