import assert from "node:assert/strict";
import { ledgerTest } from "../../support/ledger-stores.ts";

ledgerTest("receipts that a failed transaction forgot are there again", async (place) => {
  const store = await place.openStore();
  const { id } = await store.write((tx) => tx.ownNode("node"));
  const receiptAt = (at: number) => ({ source: "3x-ui", key: "k", at, until: at + 1 });
  await store.write((tx) => tx.addReceipt(id, receiptAt(1)));
  const failure = new Error("failed");
  const failed = store.write(async (tx) => {
    assert.equal(await tx.addReceipt(id, { ...receiptAt(5), key: "another" }), undefined);
    throw failure;
  });
  await assert.rejects(failed, failure);
  assert.equal(await store.write((tx) => tx.addReceipt(id, receiptAt(2))), 1);
  assert.equal(await store.write((tx) => tx.addReceipt(id, receiptAt(5))), undefined, "it has run out");
});
