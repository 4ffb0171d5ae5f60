import assert from "node:assert/strict";
import { createLedger } from "../../../src/ledger/ledger.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";
import { until } from "../../support/until.ts";

const a = up("alice");

ledgerTest("a claim that was released is won at once", async (place) => {
  await using ledger = await place.open();
  const first = await ledger.claim(node);
  await first.record(readingHere(0, { [a]: 1n }));
  await first.release();
  await first.release();
  await using second = await ledger.claim(node, { whenHeld: "fail" });
  assert.equal((await second.record(readingHere(1, { [a]: 3n }))).bytes, 2n);
  await expectLedgerError(first.record(readingHere(2, { [a]: 9n })), "claim-lost");
});

ledgerTest("a writer that released its claim records nothing, though nobody took it yet", async (place) => {
  await using ledger = await place.open();
  const writer = await ledger.claim(node);
  await writer.release();
  await expectLedgerError(writer.record(readingHere(0, {})), "claim-lost");
  await expectLedgerError(writer.heartbeat(), "claim-lost");
});

ledgerTest("await using releases a claim", async (place) => {
  await using ledger = await place.open();
  {
    await using _ = await ledger.claim(node);
  }
  await using writer = await ledger.claim(node, { whenHeld: "fail" });
  assert.equal(writer.node, node);
});

ledgerTest("while a claim is held another fails where it may not wait; of another node it is won", async (place) => {
  await using ledger = await place.open();
  await using writer = await ledger.claim(node);
  const error = await expectLedgerError((await place.open()).claim(node, { whenHeld: "fail" }), "claimed");
  assert.match(error.message, new RegExp(`${node}.*${process.pid}`));
  await using other = await (await place.open()).claim("another node", { whenHeld: "fail" });
  assert.deepEqual([writer.node, other.node], [node, "another node"]);
});

ledgerTest("a waiting claim is won when the other one is released", async (place) => {
  await using first = await (await place.open()).claim(node, { intervalMs: 100 });
  const looks = countReads(await place.openStore());
  const waiting = createLedger(looks.store).claim(node);
  await until(async () => {
    await first.heartbeat();
    return looks.count >= 3;
  });
  await first.release();
  await using second = await waiting;
  await second.heartbeat();
});

ledgerTest("waiting ends with the signal's own reason, and nothing is won", async (place) => {
  const ledger = await place.open();
  await using first = await ledger.claim(node);
  const ended = new AbortController();
  const looks = countReads(await place.openStore());
  const waiting = createLedger(looks.store).claim(node, { signal: ended.signal });
  waiting.catch(() => {});
  await until(() => looks.count >= 1);
  const reason = new Error("enough");
  ended.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  await assert.rejects(ledger.claim("free", { signal: ended.signal }), (error) => error === reason);
  await first.heartbeat();
});

ledgerTest("take fences the other writer off, whatever it does then", async (place) => {
  const collect = await (await place.open()).claim(node);
  await collect.record(readingHere(0, { [a]: 1n }));
  const begun = readingHere(1, { [a]: 2n });
  const ledger = await place.open();
  await using drain = await ledger.claim(node, { whenHeld: "take" });
  await expectLedgerError(collect.record(begun), "claim-lost");
  assert.equal((await drain.record(readingHere(2, { [a]: 5n }))).bytes, 4n);
  await expectLedgerError(collect.record(readingHere(3, { [a]: 6n })), "claim-lost");
  await expectLedgerError(collect.heartbeat(), "claim-lost");
  await collect.release();
  await drain.heartbeat();
  await drain.release();
  await using again = await (await place.open()).claim(node, { whenHeld: "fail" });
  await again.record(readingHere(4, { [a]: 7n }));
  assert.deepEqual(await booked(ledger), { [a]: 6n });
});

ledgerTest("take needs no pause in the other one's signs of life", async (place) => {
  const first = await (await place.open()).claim(node);
  const store = await place.openStore();
  const busy: LedgerStore = {
    write: (work) => store.write(work),
    read: async (work) => {
      const result = await store.read(work);
      await first.heartbeat();
      return result;
    },
    close: () => store.close(),
  };
  await using second = await createLedger(busy).claim(node, { whenHeld: "take" });
  await second.heartbeat();
});

ledgerTest("a reading of before the take-over is stale for the new writer, too", async (place) => {
  const ledger = await place.open();
  const first = await ledger.claim(node);
  await first.record(readingHere(0, { [a]: 1n }));
  const begun = readingHere(1, { [a]: 2n });
  await using second = await (await place.open()).claim(node, { whenHeld: "take" });
  await expectLedgerError(second.record(begun), "stale-reading");
  assert.deepEqual(await booked(ledger), {});
});

ledgerTest("of claims at the same instant one wins", async (place) => {
  const started = performance.now();
  const ledgers = await Promise.all(Array.from({ length: 8 }, () => place.open()));
  const claims = await Promise.allSettled(ledgers.map((ledger) => ledger.claim(node, { whenHeld: "fail" })));
  const won = claims.filter((claim) => claim.status === "fulfilled");
  assert.equal(won.length, 1);
  for (const claim of claims) {
    if (claim.status === "rejected") await expectLedgerError(Promise.reject(claim.reason), "claimed");
  }
  await won[0]?.value.heartbeat();
  assert.ok(performance.now() - started < 5000, "ledgers of one process must not wait for each other in vain");
});

ledgerTest(
  "a holder whose heart stands still for three of its intervals loses its claim, not before",
  async (place, { mock }) => {
    let now = 1000;
    mock.method(performance, "now", () => now);
    const first = await (await place.open()).claim(node, { intervalMs: 5 });
    const looks = countReads(await place.openStore());
    // Its own interval does not matter.
    const waiting = createLedger(looks.store).claim(node, { intervalMs: 60_000 });
    let won = false;
    void waiting.then(() => {
      won = true;
    });
    const lookAt = async (time: number): Promise<void> => {
      now = time;
      const { count } = looks;
      await until(() => won || looks.count >= count + 2);
    };
    await lookAt(1000);
    await lookAt(1014);
    assert.equal(won, false);
    await first.heartbeat();
    await lookAt(1014);
    await lookAt(1029);
    assert.equal(won, false, "a sign of life begins the wait anew");
    await first.record(readingHere(0, {}));
    await lookAt(1029);
    await lookAt(1044);
    assert.equal(won, false, "a reading is a sign of life");
    await lookAt(1045);
    await using _ = await waiting;
    await expectLedgerError(first.heartbeat(), "claim-lost");
  },
);

ledgerTest("an interval must be above zero", async (place) => {
  await using ledger = await place.open();
  for (const intervalMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    await assert.rejects(ledger.claim(node, { intervalMs }), RangeError);
});

/** Counts how often a store was asked. */
function countReads(store: LedgerStore): { readonly store: LedgerStore; readonly count: number } {
  let count = 0;
  return {
    store: {
      write: (work) => store.write(work),
      read: async (work) => {
        const result = await store.read(work);
        count++;
        return result;
      },
      close: () => store.close(),
    },
    get count() {
      return count;
    },
  };
}

ledgerTest("a node that another ledger records is not claimed", async (place) => {
  const store = await place.openStore();
  await store.write((tx) => tx.nodeOf("another ledger", node));
  const ledger = await place.open();
  for (const whenHeld of ["wait", "fail", "take"] as const) {
    const error = await expectLedgerError(ledger.claim(node, { whenHeld }), "other-ledger");
    assert.match(error.message, new RegExp(node));
  }
});
