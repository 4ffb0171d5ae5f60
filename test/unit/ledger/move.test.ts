import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeLedgers } from "../../../src/ledger/exchange/merge-ledgers.ts";
import { moveLedger } from "../../../src/ledger/exchange/move-ledger.ts";
import { createLedger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../../src/ledger/memory/memory-store.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { bytesIn } from "../../support/ledger-exchange.ts";
import { faultyStore, InjectedFault } from "../../support/ledger-faults.ts";
import { node, readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

async function sumIn(store: LedgerStore): Promise<bigint> {
  return [...(await bytesIn(store)).values()].reduce((sum, bytes) => sum + bytes, 0n);
}

async function recorders(stores: readonly LedgerStore[]): Promise<number> {
  const found = await Promise.all(stores.map((store) => store.read((tx) => tx.nodesNamed([node]))));
  return found.flat().filter(({ state }) => state === "own").length;
}

ledgerTest(
  "a moved ledger is recorded in the other one without a gap, and moving again moves nothing",
  async (place) => {
    const from = await place.open();
    const store = openMemoryStore();
    const to = createLedger(store);
    const writer = await from.claim(node);
    await writer.record(readingHere(0, { [up("alice")]: 100n, [up("quiet")]: 5n }));
    await writer.record(readingHere(10, { [up("alice")]: 150n, [up("quiet")]: 5n }));
    assert.deepEqual((await moveLedger(from, to)).nodes, [node]);

    await expectLedgerError(writer.record(readingHere(20, { [up("alice")]: 170n })), "claim-lost");
    await expectLedgerError(from.claim(node), "sealed");
    const moved = await to.claim(node);
    const { state, bytes } = await moved.record(readingHere(30, { [up("alice")]: 180n, [up("quiet")]: 6n }));
    assert.deepEqual({ state, bytes }, { state: "ok", bytes: 31n });
    assert.deepEqual(
      (await to.gaps()).map(({ cause }) => cause),
      ["first-sight"],
    );
    assert.deepEqual(await moveLedger(from, to), { rows: 0, entries: 0, refused: [], nodes: [] });
    assert.equal(await sumIn(store), 81n);
  },
);

test("a move that fails at any step is finished by the next one, and two can never record", async () => {
  for (const side of ["source", "target"] as const)
    for (const after of [false, true])
      for (let step = 0; ; step++) {
        const stores = { source: openMemoryStore(), target: openMemoryStore() };
        const faulty = faultyStore(stores[side]);
        const from = createLedger(side === "source" ? faulty.store : stores.source);
        const to = createLedger(side === "target" ? faulty.store : stores.target);
        const writer = await from.claim(node);
        await writer.record(readingHere(0, { [up("alice")]: 100n }));
        await writer.record(readingHere(10, { [up("alice")]: 150n }));
        faulty.arm({ step, after });
        const failed = await moveLedger(from, to).then(
          () => false,
          (error: unknown) => {
            assert.ok(error instanceof InjectedFault);
            return true;
          },
        );
        assert.ok((await recorders([stores.source, stores.target])) <= 1);
        if (!failed) {
          assert.ok(step > 5);
          break;
        }
        faulty.arm(undefined);
        await moveLedger(from, to);
        assert.equal(await recorders([stores.source]), 0);
        const { bytes } = await (await to.claim(node)).record(readingHere(20, { [up("alice")]: 160n }));
        assert.equal(bytes, 10n);
        assert.equal(await sumIn(stores.target), 60n);
      }
});

test("a ledger is not moved where the other one records a node of the name, or where it went elsewhere", async () => {
  const [from, to, third] = [openMemoryLedger(), openMemoryLedger(), openMemoryLedger()];
  await (await from.claim(node)).record(readingHere(0, { [up("alice")]: 1n }));
  await (await to.claim(node)).record(readingHere(0, { [up("alice")]: 1n }));
  await expectLedgerError(moveLedger(from, to), "other-ledger");
  await (await from.claim(node, { whenHeld: "take" })).record(readingHere(10, { [up("alice")]: 2n }));
  assert.deepEqual((await moveLedger(from, third)).nodes, [node]);
  await expectLedgerError(moveLedger(from, openMemoryLedger()), "sealed");
});

test("a hub goes on with a node that was moved", async () => {
  const [from, to] = [openMemoryLedger(), openMemoryLedger()];
  const store = openMemoryStore();
  const hub = createLedger(store);
  const writer = await from.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 50n }));
  await mergeLedgers(from, hub);
  await moveLedger(from, to);
  await (await to.claim(node)).record(readingHere(20, { [up("alice")]: 70n }));
  assert.deepEqual((await mergeLedgers(from, hub)).refused, []);
  assert.deepEqual((await mergeLedgers(to, hub)).refused, []);
  assert.equal(await sumIn(store), 70n);
});
