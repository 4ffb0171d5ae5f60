import assert from "node:assert/strict";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { quarterStart } from "../../../src/ledger/quarter.ts";
import { addQuarters } from "../../support/ledger-answers.ts";
import { down, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";

const first = 20_000 * 96;
const before = quarterStart(first + 10 * 96);

function rowsOn(days: readonly number[]): Parameters<typeof addQuarters>[1] {
  return days.flatMap((day) =>
    [0, 5, 95].flatMap((quarter) =>
      [up("alice"), down("bob")].map((counter) => {
        return { node: "n", counter, quarter: first + day * 96 + quarter, bytes: BigInt(1 + day * 100 + quarter) };
      }),
    ),
  );
}

async function unpackedQuarters(place: LedgerPlace): Promise<number> {
  const store = await place.openStore();
  return store.read(async (tx) => {
    const [node] = await tx.nodes();
    return (await tx.quarters(node?.id as number)).length;
  });
}

ledgerTest("past days are packed once, late rows of theirs are folded in, and younger days wait", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger(store);
  await addQuarters(store, rowsOn([0, 1, 10]));
  const expected = await ledger.usage({ by: ["quarter", "user"] });
  const steps: [number, number][] = [];
  assert.equal(await ledger.pack({ before, onProgress: (done, of) => steps.push([done, of]) }), 2);
  assert.deepEqual(steps, [
    [1, 2],
    [2, 2],
  ]);
  assert.equal(await unpackedQuarters(place), 3);
  assert.deepEqual(await ledger.usage({ by: ["quarter", "user"] }), expected);
  assert.equal(await ledger.pack({ before }), 0);
  await addQuarters(store, [{ node: "n", counter: up("alice"), quarter: first + 5, bytes: 1000n }]);
  const { total } = await ledger.totals({ from: quarterStart(first + 5), to: quarterStart(first + 6) });
  assert.equal(total, 1012n);
  assert.equal(await ledger.pack({ before }), 1);
  assert.equal(await unpackedQuarters(place), 3);
  assert.equal((await ledger.totals({ from: quarterStart(first + 5), to: quarterStart(first + 6) })).total, 1012n);
});

ledgerTest("two packers at once, and one that is stopped between two days, do no harm", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger(store);
  await addQuarters(store, rowsOn([0, 1, 2, 3]));
  const expected = await ledger.usage({ by: ["quarter", "user"] });
  const stop = new AbortController();
  const stopped = ledger.pack({ before, signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
  await assert.rejects(stopped, /enough/);
  assert.equal(await unpackedQuarters(place), 9);
  assert.deepEqual(await ledger.usage({ by: ["quarter", "user"] }), expected);
  await Promise.all([ledger.pack({ before }), createLedger(await place.openStore()).pack({ before })]);
  assert.equal(await unpackedQuarters(place), 0);
  assert.deepEqual(await ledger.usage({ by: ["quarter", "user"] }), expected);
});

ledgerTest("a day of more bytes than a month could hold of such days stays as it is", async (place) => {
  const store = await place.openStore();
  const ledger = createLedger(store);
  const bytes = 2n ** 62n;
  await addQuarters(
    store,
    [0, 1, 2].map((quarter) => ({ node: "n", counter: up("alice"), quarter: first + quarter, bytes })),
  );
  await ledger.pack({ before });
  assert.equal((await ledger.totals()).total, 3n * bytes);
  assert.equal(await unpackedQuarters(place), 3);
});
