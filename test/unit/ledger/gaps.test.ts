import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { node, readingHere, sessionTest, up } from "../../support/ledger-session.ts";
import { ledgerTest, newDirectory, removeDirectory } from "../../support/ledger-stores.ts";
import { wall } from "../snapshot/reading.ts";

const a = up("alice");
const b = up("bob");

sessionTest("gaps come by their beginnings, open ones first", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 10n });
  await session.record(10, { [a]: 10n });
  await session.record(20, { [a]: 4n });
  await session.record(30, { [a]: 4n, [b]: 3n });
  await session.record(60, { [a]: 1n }, { up: 5, allocated: 5n });
  const gaps = await session.ledger.gaps();
  assert.deepEqual(
    gaps.map(({ cause, from, to }) => [cause, from, to]),
    [
      ["first-sight", undefined, wall(0)],
      ["counter-lost", wall(0), wall(30)],
      ["foreign-reset", wall(10), wall(20)],
      ["core-restart", wall(30), wall(55)],
    ],
  );
  assert.equal(new Set(gaps.map(({ id }) => id)).size, gaps.length);
});

sessionTest("one reading may show a reset and a lost counter at once", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 10n });
  await session.record(10, { [a]: 10n });
  const { gaps, bytes } = await session.record(20, { [a]: 4n, [b]: 3n });
  assert.equal(bytes, 7n);
  assert.deepEqual(
    gaps.map(({ cause, from, bound }) => [cause, from, bound]),
    [
      ["foreign-reset", wall(10), new Map([[b, 10n]])],
      ["counter-lost", wall(0), "unknown"],
    ],
  );
});

ledgerTest("only gaps that touch the asked time, and of the asked node, are answered", async (place) => {
  await using ledger = await place.open();
  for (const name of [node, "node-b"]) {
    await using writer = await ledger.claim(name);
    await writer.record(readingHere(0, { [a]: 10n }));
    await writer.record(readingHere(100, { [a]: 4n }));
    await writer.record(readingHere(200, { [a]: 3n }));
  }
  const asked = async (from: number | undefined, to: number | undefined): Promise<unknown> => {
    const window = { from: from === undefined ? from : wall(from), to: to === undefined ? to : wall(to) };
    const gaps = await ledger.gaps({ ...window, node });
    return gaps.map((gap) => [gap.cause === "first-sight" ? 0 : 1, (gap.to.getTime() - wall(0).getTime()) / 1000]);
  };
  const [first, second, third] = [
    [0, 0],
    [1, 100],
    [1, 200],
  ];
  assert.deepEqual(await asked(undefined, undefined), [first, second, third]);
  assert.deepEqual(await asked(50, undefined), [second, third]);
  assert.deepEqual(await asked(undefined, 50), [first, second]);
  assert.deepEqual(await asked(110, 120), [third]);
  assert.deepEqual(await asked(201, undefined), []);
  assert.deepEqual(await asked(-2_000_000_000, -1_900_000_000), [first], "nobody knows when it began");
  assert.equal((await ledger.gaps()).length, 6);
  assert.deepEqual(await ledger.gaps({ node: "unknown" }), []);
});

sessionTest("a gap seen across a clock that was set back covers both its times", async (session) => {
  await session.record(1000, { [a]: 10n, [b]: 1n });
  const { gaps } = await session.record(1010, { [a]: 4n, [b]: 1n }, { stepSeconds: -600 });
  assert.deepEqual([gaps[0]?.from, gaps[0]?.to], [wall(410), wall(1000)]);
  const found = await session.ledger.gaps({ from: wall(500), to: wall(600) });
  assert.deepEqual(
    found.map(({ cause }) => cause),
    ["first-sight", "foreign-reset"],
  );
});

ledgerTest("a time that is none, and an end before its beginning, are refused", async (place) => {
  await using ledger = await place.open();
  await assert.rejects(ledger.gaps({ from: new Date("tomorrow") }), RangeError);
  await assert.rejects(ledger.gaps({ to: new Date(Number.NaN) }), RangeError);
  await assert.rejects(ledger.gaps({ from: wall(1), to: wall(0) }), RangeError);
});

test("a closed ledger does nothing and says so", async () => {
  const directory = newDirectory();
  for (const ledger of [openMemoryLedger(), await openSqliteLedger(join(directory, "usage.db"))]) {
    const writer = await ledger.claim(node);
    await ledger.close();
    await ledger.close();
    await expectLedgerError(writer.record(readingHere(0, {})), "closed");
    await expectLedgerError(writer.release(), "closed");
    await expectLedgerError(ledger.claim(node), "closed");
    await expectLedgerError(ledger.usage(), "closed");
    await expectLedgerError(ledger.gaps(), "closed");
  }
  removeDirectory(directory);
});
