import assert from "node:assert/strict";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { Usage } from "../../../src/usage/usage-query.ts";
import { up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";

// More than one step of a stream has, and more than the largest of many are picked from at once.
const users = Array.from({ length: 1500 }, (_, index) => `user${String(9999 - index)}`);
const days = ["2026-03-01T12:00Z", "2026-03-02T12:00Z", "2026-03-03T12:00Z"];

async function manyUsers(place: LedgerPlace, source: string): Promise<Ledger> {
  const ledger = await place.open();
  for (const day of days) {
    const deltas = users.map((user) => ({ name: up(user), bytes: 7n }));
    await ledger.recordUnproven({ node: "n", source, takenAt: new Date(day), deltas, id: day });
  }
  return ledger;
}

ledgerTest(
  "rows one by one are those of the whole answer, over steps that end within and between days",
  async (place) => {
    await using ledger = await manyUsers(place, "panel");
    const { rows, notes } = await ledger.usage({ by: ["user", "day"] });
    assert.equal(rows.length, users.length * days.length);
    const stream = ledger.usageRows({ by: ["user", "day"] });
    const streamed: Usage[] = [];
    let next = await stream.next();
    for (; !next.done; next = await stream.next()) streamed.push(next.value);
    assert.deepEqual(streamed, rows);
    assert.deepEqual(next.value, notes);
  },
);

ledgerTest("of many equal rows the largest are the first by time, then by name", async (place) => {
  await using ledger = await manyUsers(place, "panel");
  const { rows } = await ledger.top(3, { by: ["user", "day"] });
  const first = [...users].sort().slice(0, 3);
  assert.deepEqual(
    rows.map(({ subject, start }) => [subject, start?.toISOString().slice(0, 10)]),
    first.map((user) => [user, "2026-03-01"]),
  );
});

ledgerTest("an overlap of several days is one note with the bytes of all of them", async (place) => {
  await using ledger = await manyUsers(place, "panel");
  const other = { name: up("user9999"), bytes: 5n };
  for (const day of days)
    await ledger.recordUnproven({ node: "n", source: "zzz", takenAt: new Date(day), deltas: [other], id: day });
  for (const by of [[], ["day"]] as const) {
    const { overlaps } = (await ledger.usage({ by })).notes;
    assert.deepEqual(overlaps, [
      {
        node: "n",
        source: "zzz",
        from: new Date("2026-03-01T12:00Z"),
        to: new Date("2026-03-03T12:15Z"),
        bytes: 15n,
      },
    ]);
  }
});
