import assert from "node:assert/strict";
import { createLedger } from "../../../src/ledger/ledger.ts";
import type { LedgerStore, Session, StoredNode } from "../../../src/ledger/store.ts";
import { node, readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const alice = up("alice");

async function standing(store: LedgerStore): Promise<{ readonly stored: StoredNode; readonly sessions: Session[] }> {
  return store.read(async (tx) => {
    const [stored] = (await tx.nodes()).filter(({ name }) => name === node) as [StoredNode];
    return { stored, sessions: [...(await tx.sessions(stored.id))] };
  });
}

ledgerTest("of openings that write in turn each is one session", async (place) => {
  const ledgers = [await place.open(), await place.open()];
  for (let round = 0; round < 3; round++)
    for (const ledger of ledgers) {
      const record = { node, source: "3x-ui", takenAt: new Date(), deltas: new Map([[alice, 1n]]) };
      await ledger.recordUnproven(record);
    }
  const { stored, sessions } = await standing(await place.openStore());
  assert.deepEqual([stored.revision, sessions.map(({ revision }) => revision)], [6, [1, 2]]);
});

ledgerTest("a writer whose database is put back under it begins a session of its own", async (place) => {
  const store = await place.openStore();
  await using writer = await createLedger(store).claim(node);
  for (const at of [0, 1, 2]) await writer.record(readingHere(at, { [alice]: BigInt(at) }));
  const { stored, sessions } = await standing(store);
  assert.equal(sessions.length, 1);
  await store.write((tx) => tx.changeNode(stored.id, { revision: stored.revision - 1 }));
  for (const at of [3, 4]) await writer.record(readingHere(at, { [alice]: BigInt(at) }));
  const after = await standing(store);
  assert.deepEqual(
    after.sessions.map(({ revision }) => revision),
    [1, stored.revision],
  );
  assert.notEqual(after.sessions[1]?.id, sessions[0]?.id);
});
