import assert from "node:assert/strict";
import { currentReader } from "../../../src/internal/reading-clock.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, sessionTest, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";
import { reading, wall } from "../snapshot/reading.ts";

const a = up("alice");

ledgerTest("a reading begun before the claim was won is stale", async (place) => {
  await using ledger = await place.open();
  const early = readingHere(0, { [a]: 1n });
  await using writer = await ledger.claim(node);
  await expectLedgerError(writer.record(early), "stale-reading");
  assert.deepEqual(await ledger.gaps(), []);
  assert.equal((await writer.record(readingHere(0, { [a]: 1n }))).state, "first");
});

ledgerTest("a reading begun before the last recorded one ended is stale, and is not booked later", async (place) => {
  await using ledger = await place.open();
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  const early = readingHere(10, { [a]: 5n });
  await writer.record(readingHere(20, { [a]: 7n }));
  await expectLedgerError(writer.record(early), "stale-reading");
  const last = readingHere(30, { [a]: 8n });
  await writer.record(last);
  await expectLedgerError(writer.record(last), "stale-reading");
  assert.deepEqual(await booked(ledger), { [a]: 7n });
});

ledgerTest("a reading older than one that another process recorded on this boot is stale", async (place) => {
  await using ledger = await place.open();
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await pretendOtherReader(await place.openStore());
  await using next = await ledger.claim(node, { whenHeld: "take" });
  await expectLedgerError(next.record(readingHere(-1, { [a]: 2n })), "stale-reading");
  assert.equal((await next.record(readingHere(1, { [a]: 3n }))).bytes, 2n);
});

/** Makes the base one that another process recorded. */
async function pretendOtherReader(store: LedgerStore): Promise<void> {
  await store.write(async (tx) => {
    const { id, base, revision } = await tx.ownNode(node);
    const evidence = JSON.parse(base as string);
    await tx.changeNode(id, { base: JSON.stringify({ ...evidence, readerId: "another" }), revision: revision + 1 });
  });
}

ledgerTest("what this process did not read from a core is not recordable", async (place) => {
  await using ledger = await place.open();
  await using writer = await ledger.claim(node);
  const { readerId } = currentReader();
  const restored = Snapshot.fromJSON(JSON.parse(JSON.stringify(readingHere(0, { [a]: 1n }))));
  assert.equal(restored.evidence.readerId, readerId);
  await expectLedgerError(writer.record(restored), "not-recordable");
  await expectLedgerError(writer.record(reading(0, { [a]: 1n }, { readerId: "another process" })), "not-recordable");
  assert.deepEqual(await ledger.gaps(), []);
});

sessionTest(
  "while the wall clock is more than a quarter hour off nothing is booked, and all after",
  async (session) => {
    await session.record(0, { [a]: 1n });
    for (const [at, stepSeconds] of [
      [10, 901],
      [20, -901],
      [30, 30 * 365 * 86_400],
    ] as const) {
      const result = await session.record(at, { [a]: BigInt(at) }, { stepSeconds });
      assert.equal(result.state, "clock");
      assert.equal(result.bytes, 0n);
      await expectLedgerError(Promise.reject(result.error), "clock");
    }
    assert.deepEqual(await booked(session.ledger), {});
    assert.equal((await session.record(40, { [a]: 41n })).bytes, 40n);
    assert.equal((await session.record(50, { [a]: 42n }, { stepSeconds: 890 })).bytes, 1n);
    assert.equal((await session.record(60, { [a]: 43n })).bytes, 1n);
    assert.deepEqual(
      (await session.ledger.gaps()).map(({ cause }) => cause),
      ["first-sight"],
    );
  },
);

sessionTest(
  "an operator's word books although the wall clock stepped, and from then on it is right",
  async (session) => {
    await session.record(0, { [a]: 1n });
    const stepSeconds = 86_400;
    const accepted = await session.record(10, { [a]: 5n }, { stepSeconds, acceptClock: true });
    assert.deepEqual([accepted.state, accepted.bytes], ["ok", 4n]);
    assert.equal((await session.record(20, { [a]: 6n }, { stepSeconds })).bytes, 1n);
    const [row, ...more] = (await session.ledger.usage({ by: ["day"] })).rows;
    assert.deepEqual(more, []);
    assert.deepEqual(row?.start, new Date(wall(86_400).setUTCHours(0, 0, 0, 0)));
  },
);

sessionTest("a clock that no quarter hour can be told from books nothing", async (session) => {
  await session.record(0, { [a]: 1n });
  for (const [at, year] of [
    [10, 2101],
    [20, 1969],
  ] as const) {
    const stepSeconds = (Date.UTC(year, 0) - wall(at).getTime()) / 1000;
    const result = await session.record(at, { [a]: 5n }, { stepSeconds, acceptClock: true });
    assert.deepEqual([result.state, result.bytes], ["clock", 0n], String(year));
  }
  assert.equal((await session.record(30, { [a]: 6n })).bytes, 5n);
});

ledgerTest("a node seen first by such a clock has no base yet", async (place) => {
  await using ledger = await place.open();
  await using writer = await ledger.claim(node);
  const stepSeconds = (Date.UTC(2101, 0) - wall(0).getTime()) / 1000;
  const early = await writer.record(readingHere(0, { [a]: 1n }, { stepSeconds }));
  assert.deepEqual([early.state, early.gaps], ["clock", []]);
  assert.equal((await writer.record(readingHere(10, { [a]: 2n }))).state, "first");
});
