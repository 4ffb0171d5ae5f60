import assert from "node:assert/strict";
import type { StoredEntry } from "../../../src/ledger/store.ts";
import { node, readingHere, sessionTest, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";
import { wall } from "../snapshot/reading.ts";

const a = up("alice");
// 2023-11-14T22:13:20Z: the first quarter hour ends after 100 seconds.
const quarters = [0, 1, 2].map((index) => wall(-800 + index * 900));

sessionTest("a difference belongs to the quarter hour in which its reading ended", async (session) => {
  await session.record(0, {});
  await session.record(99, { [a]: 1n });
  await session.record(100, { [a]: 11n });
  await session.record(109, { [a]: 111n });
  await session.record(999.999, { [a]: 1111n });
  await session.record(1000, { [a]: 11_111n });
  const { rows } = await session.ledger.usage({ by: ["quarter"] });
  assert.deepEqual(
    rows.map(({ start, total }) => [start, total]),
    [
      [quarters[0], 1n],
      [quarters[1], 1110n],
      [quarters[2], 10_000n],
    ],
  );
});

sessionTest("a quarter hour's bytes grow with every reading of it, more than 2^53 too", async (session) => {
  await session.record(0, { [a]: 1n });
  let value = 1n;
  for (let at = 1; at < 90; at++) {
    value += 2n ** 50n + BigInt(at);
    await session.record(at, { [a]: value });
  }
  const { rows } = await session.ledger.usage({ by: ["quarter"] });
  assert.deepEqual(
    rows.map(({ total }) => total),
    [value - 1n],
  );
});

sessionTest("sums go beyond what 63 bits hold", async (session) => {
  const most = 2n ** 63n - 1n;
  await session.record(0, {});
  await session.record(10, { [a]: most, [up("bob")]: most });
  await session.record(1010, { [a]: most - 5n }, { up: 5, allocated: 5n });
  const [row] = (await session.ledger.usage({ by: ["user"] })).rows;
  assert.deepEqual([row?.subject, row?.total], ["alice", 2n * most - 5n]);
  assert.equal((await session.ledger.totals()).total, 3n * most - 5n);
});

/** All late notes, by their windows. */
async function lateNotes(place: LedgerPlace): Promise<Pick<StoredEntry, "from" | "to">[]> {
  const store = await place.openStore();
  const entries = await store.read((tx) => tx.entries({ kinds: ["late"] }));
  return entries.map(({ from, to }) => ({ from, to }));
}

ledgerTest("bytes of a long interval that crosses a quarter hour bring a late note", async (place) => {
  await using writer = await (await place.open()).claim(node, { intervalMs: 10_000 });
  const read = (at: number): Promise<unknown> => writer.record(readingHere(at, { [a]: BigInt(Math.ceil(at)) }));
  // Within a quarter hour, and across its end at the usual pace: nothing to say.
  for (const at of [0, 60, 95, 105, 115]) await read(at);
  assert.deepEqual(await lateNotes(place), []);
  await read(1020);
  await read(2000);
  await read(2000.5);
  assert.deepEqual(await lateNotes(place), [
    { from: wall(115).getTime(), to: wall(1020).getTime() },
    { from: wall(1020).getTime(), to: wall(2000).getTime() },
  ]);
});
