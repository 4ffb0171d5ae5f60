import assert from "node:assert/strict";
import type { ChangedEntry, LedgerChanges } from "../../../src/ledger/exchange/changes.ts";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../../src/ledger/memory/memory-store.ts";
import { bytesIn, QuarterWriter } from "../../support/ledger-exchange.ts";
import { down, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const quarter = 1_900_000;
const signed = { reason: "asked for it", author: "me" };

function sender() {
  const store = openMemoryStore();
  return { ledger: createLedger(store), writer: new QuarterWriter(store) };
}

function withEntry(changes: LedgerChanges, entry: ChangedEntry): LedgerChanges {
  return { ...changes, nodes: changes.nodes.map((node) => ({ ...node, entries: [...node.entries, entry] })) };
}

ledgerTest("what comes of an erased user's other counter, and in entries, comes without the name", async (place) => {
  const { ledger, writer } = sender();
  await using hub = await place.open();
  await writer.book("a", up("alice"), quarter, 1n);
  await hub.merge(await ledger.changes());
  const at = Date.now();
  await hub.erase({ user: "alice", ...signed });
  await writer.book("a", down("alice"), quarter, 2n);
  const body = JSON.stringify({ cause: "foreign-reset", from: at, bound: [[up("alice"), "5"]] });
  await hub.merge(withEntry(await ledger.changes(), { id: "gap", kind: "gap", at, from: at, to: at, body }));
  const store = await place.openStore();
  const bodies = (await store.read((tx) => tx.entries({}))).map((entry) => entry.body);
  const texts = [...(await bytesIn(store)).keys(), ...bodies];
  assert.equal(bodies.length, 2);
  assert.deepEqual(
    texts.filter((text) => text.includes("alice")),
    [],
  );
});

ledgerTest("a counter that is erased at its sender and not yet here is one, and counts once", async (place) => {
  const { ledger, writer } = sender();
  await using hub = await place.open();
  await writer.book("a", up("alice"), quarter, 1n);
  await hub.merge(await ledger.changes());
  await ledger.erase({ user: "alice", ...signed });
  const { nodes, ...changes } = await ledger.changes();
  await hub.merge({ ...changes, nodes: nodes.filter(({ node }) => node === "a") });
  assert.deepEqual([...(await bytesIn(await place.openStore())).values()], [1n]);
});
