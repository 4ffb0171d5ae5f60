import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger, type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../../src/ledger/memory/memory-store.ts";
import { push, QuarterWriter } from "../../support/ledger-exchange.ts";
import { readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const quarter = 1_900_000;

async function nodeLedger(bytes: bigint): Promise<{ readonly ledger: Ledger; readonly more: () => Promise<void> }> {
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  const more = (): Promise<void> => writer.book("a", up("alice"), quarter, bytes);
  await more();
  return { ledger: createLedger(store), more };
}

/** What a hub says to all that a ledger has. */
async function refusalOf(from: Ledger, hub: Ledger): Promise<string | undefined> {
  return (await push(from, hub)).results.flatMap(({ nodes }) => nodes)[0]?.refused;
}

ledgerTest("a ledger that an operator names takes a node's place, and both count", async (place) => {
  const hub = await place.open();
  const [first, second, third] = [await nodeLedger(5n), await nodeLedger(7n), await nodeLedger(9n)];
  assert.equal(await refusalOf(first.ledger, hub), undefined);
  assert.equal(await refusalOf(second.ledger, hub), "other-ledger");
  const [one, two] = [await first.ledger.id(), await second.ledger.id()];
  assert.deepEqual(await hub.replace({ node: "a", ledger: two }), { sealed: one });
  // Before it came, its place is kept from a third one, and the first brings no more.
  await first.more();
  assert.equal(await refusalOf(first.ledger, hub), "sealed");
  assert.equal(await refusalOf(third.ledger, hub), "other-ledger");
  assert.equal(await refusalOf(second.ledger, hub), undefined);
  assert.equal((await hub.totals()).total, 12n);
  await second.more();
  assert.equal(await refusalOf(second.ledger, hub), undefined);
  assert.equal((await hub.totals()).total, 19n);

  await assert.rejects(hub.replace({ node: "a", ledger: two }), { reason: "known" });
  await assert.rejects(hub.replace({ node: "a", ledger: one }), { reason: "sealed" });
  await assert.rejects(hub.replace({ node: "b", ledger: two }), { reason: "unknown-node" });
  await assert.rejects(hub.replace({ node: "a", ledger: await hub.id() }), { reason: "other-ledger" });
  assert.equal((await hub.totals()).total, 19n, "what is refused changes nothing");
  assert.equal(await refusalOf(second.ledger, hub), undefined);
});

ledgerTest("a mistyped id is mended by saying the right one, and nothing is lost", async (place) => {
  const hub = await place.open();
  const [first, second] = [await nodeLedger(5n), await nodeLedger(7n)];
  await push(first.ledger, hub);
  await hub.replace({ node: "a", ledger: "mistyped" });
  assert.equal(await refusalOf(second.ledger, hub), "other-ledger");
  assert.deepEqual(await hub.replace({ node: "a", ledger: await second.ledger.id() }), { sealed: "mistyped" });
  assert.equal(await refusalOf(second.ledger, hub), undefined);
  assert.equal((await hub.totals()).total, 12n);
});

ledgerTest("what the hub recorded itself may be replaced, and its writer has lost its claim", async (place) => {
  const hub = await place.open();
  const writer = await hub.claim("a");
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 3n }));
  const second = await nodeLedger(7n);
  assert.equal(await refusalOf(second.ledger, hub), "other-ledger");
  const { sealed } = await hub.replace({ node: "a", ledger: await second.ledger.id() });
  assert.equal(sealed, await hub.id());
  await assert.rejects(writer.record(readingHere(20, { [up("alice")]: 4n })), { reason: "claim-lost" });
  await assert.rejects(hub.claim("a"), { reason: "other-ledger" });
  assert.equal(await refusalOf(second.ledger, hub), undefined);
  assert.equal((await hub.totals()).total, 10n);
});

test("a node and an id that are none are refused before anything is asked", async () => {
  const hub = openMemoryLedger();
  await hub.close();
  for (const [node, ledger] of [
    ["", "id"],
    ["a", ""],
    ["a", "no id"],
    ["a", "x".repeat(65)],
  ] as const)
    await assert.rejects(hub.replace({ node, ledger }), RangeError);
});
