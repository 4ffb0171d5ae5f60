import assert from "node:assert/strict";
import { mergeLedgers } from "../../../src/ledger/exchange/merge-ledgers.ts";
import { createLedger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../../src/ledger/memory/memory-store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { bytesIn } from "../../support/ledger-exchange.ts";
import { node, readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

ledgerTest("a ledger that a hub knows further than itself takes a new id, and writes a gap", async (place) => {
  const ledger = await place.open();
  const store = openMemoryStore();
  const hub = createLedger(store);
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 50n }));
  await mergeLedgers(ledger, hub);
  // As if another one of the same id had recorded on.
  const before = await ledger.id();
  const held = await hub.held(before);
  const further = held.nodes.map((each) => ({
    ...each,
    revision: 9,
    sessions: [...each.sessions, { revision: 3, id: "other" }],
  }));
  const { restored, since } = await ledger.reconcile({ ...held, nodes: further });
  assert.equal(restored, true);
  assert.notEqual(await ledger.id(), before);
  assert.deepEqual(since, { ledger: await ledger.id(), nodes: [] });

  await expectLedgerError(writer.record(readingHere(20, { [up("alice")]: 60n })), "claim-lost");
  const next = await ledger.claim(node);
  const existing = next.record(readingHere(25, { [up("alice")]: 65n }), { bookExisting: true });
  await expectLedgerError(existing, "known");
  const { state, gaps } = await next.record(readingHere(30, { [up("alice")]: 70n }));
  assert.equal(state, "new-base");
  assert.deepEqual(
    gaps.map(({ cause, bound }) => ({ cause, bound })),
    [{ cause: "ledger-restored", bound: new Map([[up("alice"), 20n]]) }],
  );
  await next.record(readingHere(40, { [up("alice")]: 75n }));
  assert.deepEqual((await mergeLedgers(ledger, hub)).refused, [], "the hub holds nothing newer of the old id");
  assert.deepEqual([...(await bytesIn(store)).values()], [55n]);
  assert.equal((await mergeLedgers(ledger, hub)).rows, 0);
});

ledgerTest("a hub that was put back gets all it lacks again", async (place) => {
  const ledger = await place.open();
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 50n }));
  await mergeLedgers(ledger, openMemoryLedger());
  const since = (await ledger.changes()).cursor;
  const { since: again, restored } = await ledger.reconcile(
    {
      ledger: "hub",
      sender: await ledger.id(),
      nodes: since.nodes.map((each) => ({ ...each, revision: 0, sessions: [] })),
    },
    { since },
  );
  assert.equal(restored, false);
  assert.equal((await ledger.changes({ since })).nodes.length, 0);
  assert.equal((await ledger.changes({ since: again })).nodes.length, 1);
});

ledgerTest("packed days are found by their revision, and a question with nothing new finds nothing", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger(store);
  const writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 50n }));
  await ledger.pack({ before: new Date(8.64e15) });
  const hubStore = openMemoryStore();
  const hub = createLedger(hubStore);
  assert.equal((await mergeLedgers(ledger, hub)).rows, 1);
  await hub.pack({ before: new Date(8.64e15) });
  await writer.record(readingHere(20, { [up("alice")]: 53n }));
  const { nodes, cursor } = await ledger.changes({
    since: (await ledger.reconcile(await hub.held(await ledger.id()))).since,
  });
  assert.deepEqual(
    nodes[0]?.usage.map(({ bytes }) => bytes),
    [[53n]],
  );
  await hub.merge({ ledger: await ledger.id(), nodes });
  assert.deepEqual([...(await bytesIn(hubStore)).values()], [53n]);
  assert.deepEqual((await ledger.changes({ since: cursor })).nodes, []);
});

ledgerTest("a copy is told by a height alone, and by a node that is not here", async (place) => {
  const ledger = await place.open();
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  const hub = openMemoryLedger();
  await mergeLedgers(ledger, hub);
  const sender = await ledger.id();
  const held = await hub.held(sender);
  assert.equal((await ledger.reconcile(held)).restored, false);
  const missing = { ledger: sender, node: "recorded later", revision: 1, sessions: [] };
  const { restored } = await ledger.reconcile({ ...held, nodes: [...held.nodes, missing] });
  assert.equal(restored, true);
  // Nothing was written since, so that the sessions are the same ones.
  const again = await ledger.claim(node);
  await again.record(readingHere(10, { [up("alice")]: 1n }));
  await mergeLedgers(ledger, hub);
  const now = await hub.held(await ledger.id());
  const higher = now.nodes.map((each) => ({ ...each, revision: each.revision + 5 }));
  assert.equal((await ledger.reconcile({ ...now, nodes: higher })).restored, true);
});
