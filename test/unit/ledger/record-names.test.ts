import assert from "node:assert/strict";
import { booked, node, readingHere, sessionTest, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const users = [
  "nul\u0000nul",
  "nul\u0000nul\u0000",
  "\u0000",
  "",
  "__proto__",
  "constructor",
  "a>>>traffic>>>uplink",
  ">>>",
  "x".repeat(65_536),
  `${"x".repeat(65_535)}y`,
  "\u{1f600}\u0301 ü ü",
  'quote\'s "and" \\ %_ ;--',
  "\r\n\t\u001b",
];

sessionTest("names may hold anything", async (session) => {
  const first = Object.fromEntries(users.map((user, index) => [up(user), BigInt(index + 1)]));
  await session.record(0, first);
  const second = Object.fromEntries(users.map((user, index) => [up(user), BigInt(index + 1) * 3n]));
  await session.record(10, second);
  // Gone for a while, and then reset: each way on which names are compared.
  await session.record(20, {});
  await session.record(30, second);
  const third = Object.fromEntries(users.map((user) => [up(user), 1n]));
  await session.record(40, third);
  const expected = Object.fromEntries(users.map((user, index) => [up(user), BigInt(index + 1) * 2n + 1n]));
  assert.deepEqual(await booked(session.ledger), expected);
  const [firstSight] = await session.ledger.gaps();
  assert.deepEqual(firstSight?.bound, new Map(Object.entries(first)));
  for (const user of users) {
    const [row] = (await session.ledger.usage({ subject: user })).rows;
    assert.equal(row?.total, expected[up(user)], JSON.stringify(user.slice(0, 30)));
  }
});

ledgerTest("a node's name may hold anything that is a text", async (place) => {
  for (const name of ["n\u0000", "n", "__proto__", "n\u0000n", " ", "x".repeat(65_536)]) {
    await using writer = await (await place.open()).claim(name);
    assert.equal(writer.node, name);
    await writer.record(readingHere(0, {}));
    await writer.record(readingHere(10, { [up("alice")]: BigInt(name.length) }));
  }
  const { rows } = await (await place.open()).usage({ by: ["node"] });
  assert.deepEqual(rows.map((row) => [row.node?.length, row.total]).sort(), [
    [1, 1n],
    [1, 1n],
    [2, 2n],
    [3, 3n],
    [65_536, 65_536n],
    [9, 9n],
  ]);
  const [row] = (await (await place.open()).usage({ node: "n\u0000", by: ["node"] })).rows;
  assert.deepEqual([row?.node, row?.total], ["n\u0000", 2n]);
  assert.deepEqual(
    (await (await place.open()).gaps({ node: "n\u0000n" })).map((gap) => gap.node),
    ["n\u0000n"],
  );
});

ledgerTest("a node without a name, or with half a character in it, is refused", async (place) => {
  await using ledger = await place.open();
  for (const name of ["", "\ud800", `${node}\udc00`]) await assert.rejects(ledger.claim(name), RangeError);
});
