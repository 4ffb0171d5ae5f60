import assert from "node:assert/strict";
import { moveLedger } from "../../../src/ledger/exchange/move-ledger.ts";
import { createLedger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { node, readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const alice = up("alice");

ledgerTest("a generation is not begun on a node that is moved away meanwhile", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger(store);
  {
    await using writer = await ledger.claim(node);
    await writer.record(readingHere(0, { [alice]: 1n }));
  }
  let moved = false;
  const beside = createLedger({
    read: (work) => store.read(work),
    async write(work) {
      if (!moved) await moveLedger(ledger, openMemoryLedger());
      moved = true;
      return store.write(work);
    },
    close: () => store.close(),
  });
  assert.deepEqual(await beside.newGeneration({ user: "alice", reason: "made anew", author: "panel" }), []);
  assert.ok(moved);
  assert.deepEqual(await store.read((tx) => tx.entries({ kinds: ["generation"] })), []);
});
