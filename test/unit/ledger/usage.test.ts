import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { quarterOf } from "../../../src/ledger/quarter.ts";
import type { Usage, UsageQuery } from "../../../src/usage/usage-query.ts";
import { down, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";
import { bookQuarters } from "../../support/ledger-usage.ts";

/** A ledger with these bytes of one counter at these times, powers of two so that each sum tells its parts. */
async function ledgerWith(place: LedgerPlace, times: readonly string[]): Promise<Ledger> {
  await bookQuarters(
    await place.openStore(),
    times.map((time, index) => {
      return { node: "n", counter: up("alice"), quarter: quarterOf(new Date(time)), bytes: 1n << BigInt(index) };
    }),
  );
  return place.open();
}

async function rowsOf(ledger: Ledger, query: UsageQuery = {}): Promise<readonly Usage[]> {
  return (await ledger.usage(query)).rows;
}

async function answer(ledger: Ledger, query: UsageQuery): Promise<[string | undefined, bigint][]> {
  return (await rowsOf(ledger, query)).map(({ start, total }) => [
    start?.toISOString().replace(":00.000Z", "Z"),
    total,
  ]);
}

/** Two users and an inbound, on two nodes, in two quarters. */
async function someUsage(place: LedgerPlace): Promise<Ledger> {
  const counters = [up("bob"), down("bob"), up("alice"), down("alice"), "inbound>>>bob>>>traffic>>>uplink"];
  await bookQuarters(
    await place.openStore(),
    ["z", "a"].flatMap((node, onNode) =>
      [1_900_001, 1_900_000].flatMap((quarter, inQuarter) =>
        counters.map((counter, which) => {
          return { node, counter, quarter, bytes: 10n ** BigInt(which) * BigInt(1 + onNode * 2 + inQuarter) };
        }),
      ),
    ),
  );
  return place.open();
}

function row(values: Partial<Usage>): Usage {
  const { uplink = 0n, downlink = 0n } = values;
  const keys = { node: undefined, subject: undefined, generation: undefined, source: undefined, direction: undefined };
  return { ...keys, start: undefined, ...values, uplink, downlink, total: uplink + downlink };
}

ledgerTest("without keys usage is one row, of users alone", async (place) => {
  const ledger = await someUsage(place);
  assert.deepEqual(await rowsOf(ledger), [row({ uplink: 1010n, downlink: 10_100n })]);
  assert.deepEqual(await rowsOf(ledger, { scope: "inbound" }), [row({ uplink: 100_000n })]);
  assert.deepEqual(await rowsOf(ledger, { scope: "outbound" }), []);
});

ledgerTest(
  "usage is split by user, node, direction and quarter hour, in the order of time, node and user",
  async (place) => {
    const ledger = await someUsage(place);
    assert.deepEqual(await rowsOf(ledger, { by: ["user"] }), [
      row({ subject: "alice", uplink: 1000n, downlink: 10_000n }),
      row({ subject: "bob", uplink: 10n, downlink: 100n }),
    ]);
    assert.deepEqual(await rowsOf(ledger, { by: ["subject"] }), await rowsOf(ledger, { by: ["user"] }));
    assert.deepEqual(await rowsOf(ledger, { by: ["subject"], scope: "inbound" }), [
      row({ subject: "bob", uplink: 100_000n }),
    ]);
    assert.deepEqual(await rowsOf(ledger, { by: ["node"] }), [
      row({ node: "a", uplink: 707n, downlink: 7070n }),
      row({ node: "z", uplink: 303n, downlink: 3030n }),
    ]);
    assert.deepEqual(await rowsOf(ledger, { by: ["direction"] }), [
      row({ direction: "downlink", downlink: 10_100n }),
      row({ direction: "uplink", uplink: 1010n }),
    ]);
    const [first, second] = [1_900_000, 1_900_001].map((quarter) => new Date(quarter * 900_000)) as [Date, Date];
    assert.deepEqual(await rowsOf(ledger, { by: ["quarter"] }), [
      row({ start: first, uplink: 606n, downlink: 6060n }),
      row({ start: second, uplink: 404n, downlink: 4040n }),
    ]);
    const all = await rowsOf(ledger, { by: ["direction", "user", "node", "quarter"] });
    assert.equal(all.length, 16);
    assert.deepEqual(
      all.slice(0, 5).map(({ start, node, subject, direction }) => [start === first, node, subject, direction]),
      [
        [false, "a", "alice", "downlink"],
        [false, "a", "alice", "uplink"],
        [false, "a", "bob", "downlink"],
        [false, "a", "bob", "uplink"],
        [false, "z", "alice", "downlink"],
      ],
    );
    assert.deepEqual(
      all.map(({ start }) => start?.getTime()),
      [...Array(8).fill(first.getTime()), ...Array(8).fill(second.getTime())],
    );
  },
);

ledgerTest("usage of one user, one node, one range alone", async (place) => {
  const ledger = await someUsage(place);
  assert.deepEqual(await rowsOf(ledger, { subject: "bob" }), [row({ uplink: 10n, downlink: 100n })]);
  assert.deepEqual(await rowsOf(ledger, { subject: "bob", node: "a" }), [row({ uplink: 7n, downlink: 70n })]);
  assert.deepEqual(await rowsOf(ledger, { subject: "bob", scope: "inbound", node: "z" }), [row({ uplink: 30_000n })]);
  assert.deepEqual(await rowsOf(ledger, { node: "nobody" }), []);
  assert.deepEqual(await rowsOf(ledger, { subject: "nobody" }), []);
  assert.deepEqual(await rowsOf(ledger, { subject: ["nobody", "bob"] }), [row({ uplink: 10n, downlink: 100n })]);
  const both = await rowsOf(ledger, { by: ["user"], subject: ["alice", "bob", "bob"] });
  assert.deepEqual(both, await rowsOf(ledger, { by: ["user"] }));
  assert.deepEqual(await rowsOf(ledger, { subject: [] }), []);
  const end = new Date(1_900_001 * 900_000);
  assert.deepEqual(await rowsOf(ledger, { subject: "bob", to: end }), [row({ uplink: 6n, downlink: 60n })]);
  assert.deepEqual(await rowsOf(ledger, { subject: "bob", from: end }), [row({ uplink: 4n, downlink: 40n })]);
  assert.deepEqual(await rowsOf(ledger, { from: end, to: end }), []);
  // Both ends are rounded outwards to whole quarter hours.
  const [inside, later] = [new Date(end.getTime() - 1000), new Date(end.getTime() + 1000)];
  assert.deepEqual(await rowsOf(ledger, { subject: "bob", from: inside, to: end }), [
    row({ uplink: 6n, downlink: 60n }),
  ]);
  assert.deepEqual(await rowsOf(ledger, { subject: "bob", from: end, to: later }), [
    row({ uplink: 4n, downlink: 40n }),
  ]);
});

ledgerTest("a range without usage has none, however long it is", async (place) => {
  const empty = await place.open();
  const [past, future] = [new Date(0), new Date("2080-01-01")];
  assert.deepEqual(await rowsOf(empty, { from: past, to: future, by: ["day"] }), []);
  const ledger = await someUsage(place);
  assert.deepEqual(await rowsOf(ledger, { from: future }), []);
  assert.deepEqual(await rowsOf(ledger, { to: past }), []);
  const all = await rowsOf(ledger, { by: ["quarter"] });
  const [first, last] = [new Date(-8.64e15), new Date(8.64e15)];
  assert.deepEqual(await rowsOf(ledger, { by: ["quarter"], from: first, to: last }), all);
});

ledgerTest("days, weeks and months are those of the time zone", async (place) => {
  // Sunday and Monday around midnight in Berlin, at the end of a month in Kathmandu.
  const times = ["2024-03-31T18:00Z", "2024-03-31T18:15Z", "2024-03-31T21:45Z", "2024-03-31T22:00Z"];
  const ledger = await ledgerWith(place, times);
  assert.deepEqual(await answer(ledger, { by: ["day"], timeZone: "Europe/Berlin" }), [
    ["2024-03-30T23:00Z", 0b0111n],
    ["2024-03-31T22:00Z", 0b1000n],
  ]);
  assert.deepEqual(await answer(ledger, { by: ["week"], timeZone: "Europe/Berlin" }), [
    ["2024-03-24T23:00Z", 0b0111n],
    ["2024-03-31T22:00Z", 0b1000n],
  ]);
  assert.deepEqual(await answer(ledger, { by: ["week"], timeZone: "America/New_York" }), [["2024-03-25T04:00Z", 15n]]);
  assert.deepEqual(await answer(ledger, { by: ["month"], timeZone: "Asia/Kathmandu" }), [
    ["2024-02-29T18:15Z", 0b0001n],
    ["2024-03-31T18:15Z", 0b1110n],
  ]);
  assert.deepEqual(await answer(ledger, { by: ["month"] }), [["2024-03-01T00:00Z", 15n]]);
});

ledgerTest("hours of zones at half and three quarters of an hour begin there", async (place) => {
  const ledger = await ledgerWith(place, ["2024-01-01T10:00Z", "2024-01-01T10:15Z", "2024-01-01T10:30Z"]);
  assert.deepEqual(await answer(ledger, { by: ["hour"], timeZone: "Asia/Kolkata" }), [
    ["2024-01-01T09:30Z", 0b011n],
    ["2024-01-01T10:30Z", 0b100n],
  ]);
  assert.deepEqual(await answer(ledger, { by: ["hour"], timeZone: "Asia/Kathmandu" }), [
    ["2024-01-01T09:15Z", 0b001n],
    ["2024-01-01T10:15Z", 0b110n],
  ]);
});

ledgerTest("a day of a clock change has 23 or 25 hours", async (place) => {
  const spring = ["2024-03-30T22:45Z", "2024-03-30T23:00Z", "2024-03-31T21:45Z", "2024-03-31T22:00Z"];
  const autumn = ["2024-10-26T21:45Z", "2024-10-26T22:00Z", "2024-10-27T22:45Z", "2024-10-27T23:00Z"];
  const ledger = await ledgerWith(place, [...spring, ...autumn]);
  assert.deepEqual(await answer(ledger, { by: ["day"], timeZone: "Europe/Berlin" }), [
    ["2024-03-29T23:00Z", 0b0001n],
    ["2024-03-30T23:00Z", 0b0110n],
    ["2024-03-31T22:00Z", 0b1000n],
    ["2024-10-25T22:00Z", 0b0001_0000n],
    ["2024-10-26T22:00Z", 0b0110_0000n],
    ["2024-10-27T23:00Z", 0b1000_0000n],
  ]);
});

ledgerTest("an hour that the clock shows twice is two, one that it skips is none", async (place) => {
  const autumn = ["2024-10-26T23:45Z", "2024-10-27T00:00Z", "2024-10-27T00:45Z", "2024-10-27T01:00Z"];
  const spring = ["2024-03-31T00:45Z", "2024-03-31T01:00Z"];
  const ledger = await ledgerWith(place, [...autumn, ...spring]);
  assert.deepEqual(await answer(ledger, { by: ["hour"], timeZone: "Europe/Berlin" }), [
    ["2024-03-31T00:00Z", 0b01_0000n],
    ["2024-03-31T01:00Z", 0b10_0000n],
    ["2024-10-26T23:00Z", 0b0001n],
    ["2024-10-27T00:00Z", 0b0110n],
    ["2024-10-27T01:00Z", 0b1000n],
  ]);
});

ledgerTest("a question that has no answer is refused", async (place) => {
  const ledger = await someUsage(place);
  const wrong: [UsageQuery, RegExp][] = [
    [{ timeZone: "Europe/Nowhere" }, /Europe\/Nowhere/],
    [{ timeZone: "" }, /time zone/],
    [{ by: ["user"], scope: "inbound" }, /no users/],
    [{ by: ["day", "hour"] }, /one length of time/],
    [{ by: ["year" as "day"] }, /year/],
    [{ from: new Date(1), to: new Date(0) }, /must not be after/],
    [{ from: new Date("2024-13-01") }, /must be valid Dates/],
  ];
  for (const [query, message] of wrong)
    await assert.rejects(ledger.usage(query), { name: "RangeError", message }, JSON.stringify(query));
});

test("a question of the wrong types is refused, and not answered with nothing", async () => {
  await using ledger = openMemoryLedger();
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ from: "2026-11-01" }, /from and to must be valid Dates/],
    [{ to: 1 }, /from and to must be valid Dates/],
    [{ asOf: "2026-11-01" }, /asOf must be a valid Date/],
    [{ by: "user" }, /by must be an array of keys/],
    [{ subject: 5 }, /node and subject must be texts/],
    [{ subject: ["alice", null] }, /node and subject must be texts/],
    [{ node: 7 }, /node and subject must be texts/],
  ];
  for (const [query, message] of wrong)
    await assert.rejects(ledger.usage(query), { name: "TypeError", message }, JSON.stringify(query));
  await assert.rejects(ledger.gaps({ from: "2026-11-01" as unknown as Date }), TypeError);
});
