import assert from "node:assert/strict";
import { lookForNodes } from "../../../src/ledger/look-for-node.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

ledgerTest("many looks are one read, and each finds its own node", async (place) => {
  const store = await place.openStore();
  const names = ["a", "b\u0000c", "\u00e9", "__proto__", "x".repeat(70_000)];
  for (const name of [...names, "unasked"]) await store.write((tx) => tx.ownNode(name));
  let reads = 0;
  const counting: LedgerStore = {
    ...store,
    read: (work) => {
      reads++;
      return store.read(work);
    },
  };
  const look = lookForNodes(counting);
  const found = await Promise.all([...names, "b", "nobody"].map(look));
  assert.deepEqual(
    found.map((node) => node?.name),
    [...names, undefined, undefined],
  );
  assert.equal(reads, 1);
  await look("a");
  assert.equal(reads, 2);
});

ledgerTest("a node that is sealed is not found, one that came from another ledger is", async (place) => {
  const store = await place.openStore();
  await store.write(async (tx) => {
    await tx.changeNode((await tx.nodeOf("elsewhere", "gone")).id, { state: "sealed" });
    await tx.nodeOf("elsewhere", "here");
  });
  const look = lookForNodes(store);
  assert.equal(await look("gone"), undefined);
  assert.equal((await look("here"))?.state, "merged");
  const { id } = await store.write((tx) => tx.ownNode("gone"));
  assert.equal((await look("gone"))?.id, id);
});

ledgerTest("a read that fails, or runs twice, leaves the next looks as they are", async (place) => {
  const store = await place.openStore();
  await store.write((tx) => tx.ownNode("a"));
  let fails = true;
  const shaky: LedgerStore = {
    ...store,
    read: async (work) => {
      if (fails) throw new Error("away");
      await store.read(work);
      return store.read(work);
    },
  };
  const look = lookForNodes(shaky);
  const failed = await Promise.allSettled([look("a"), look("b")]);
  assert.deepEqual(
    failed.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  fails = false;
  const [a, b] = await Promise.all([look("a"), look("b")]);
  assert.deepEqual([a?.name, b], ["a", undefined]);
});
