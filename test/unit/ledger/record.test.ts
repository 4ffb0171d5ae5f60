import assert from "node:assert/strict";
import { isStatsError } from "../../../src/errors/stats-error.ts";
import type { LedgerGap } from "../../../src/ledger/gap.ts";
import { entriesOf } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, down, node, type Session, sessionTest, up } from "../../support/ledger-session.ts";
import { wall } from "../snapshot/reading.ts";

const a = up("alice");
const b = up("bob");
const c = up("carol");

/** Gaps without the first one and without their ids. */
async function laterGaps({ ledger }: Session): Promise<Omit<LedgerGap, "id" | "settled">[]> {
  const gaps = (await ledger.gaps()).filter(({ cause }) => cause !== "first-sight");
  return gaps.map(({ id: _, settled: __, ...gap }) => gap);
}

sessionTest("the first reading of a node is the base and books nothing", async (session) => {
  const result = await session.record(0, { [a]: 10n, [b]: 20n, [c]: 0n });
  assert.equal(result.state, "first");
  assert.equal(result.bytes, 0n);
  assert.equal(result.counters, 0);
  assert.deepEqual(await booked(session.ledger), {});
  const [gap] = result.gaps;
  assert.deepEqual(await session.ledger.gaps(), [gap]);
  assert.deepEqual(
    { ...gap, id: "" },
    {
      id: "",
      node,
      cause: "first-sight",
      from: undefined,
      to: wall(0),
      bound: new Map([
        [a, 10n],
        [b, 20n],
      ]),
      settled: undefined,
    },
  );
});

sessionTest("each later reading books what moved since the one before", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 20n });
  const second = await session.record(10, { [a]: 15n, [b]: 20n });
  assert.deepEqual({ ...second, gaps: [] }, { state: "ok", bytes: 5n, counters: 1, gaps: [], error: undefined });
  await session.record(20, { [a]: 15n, [b]: 20n });
  const fourth = await session.record(30, { [a]: 16n, [b]: 22n });
  assert.equal(fourth.bytes, 3n);
  assert.equal(fourth.counters, 2);
  assert.deepEqual(await booked(session.ledger), { [a]: 6n, [b]: 2n });
  assert.deepEqual(await laterGaps(session), []);
});

sessionTest("a counter that comes later in the same life of the core is booked in full", async (session) => {
  await session.record(0, { [a]: 10n });
  await session.record(10, { [a]: 10n, [b]: 7n, [c]: 0n });
  await session.record(20, { [a]: 10n, [b]: 8n, [c]: 3n });
  assert.deepEqual(await booked(session.ledger), { [b]: 8n, [c]: 3n });
  assert.deepEqual(await laterGaps(session), []);
});

sessionTest("after a restart all that counters show is booked, with a gap up to the new start", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 20n });
  await session.record(10, { [a]: 11n, [b]: 20n });
  const result = await session.record(30, { [a]: 30n, [c]: 2n }, { up: 5, allocated: 5n });
  assert.equal(result.state, "restarted");
  assert.equal(result.bytes, 32n);
  assert.deepEqual(await laterGaps(session), [
    { node, cause: "core-restart", from: wall(10), to: wall(25), bound: "unknown" },
  ]);
  // Nothing of the old life counts: bob starts at zero again.
  await session.record(40, { [a]: 31n, [b]: 3n, [c]: 2n }, { up: 15, allocated: 6n });
  assert.deepEqual(await booked(session.ledger), { [a]: 32n, [b]: 3n, [c]: 2n });
  assert.equal((await laterGaps(session)).length, 1);
});

sessionTest(
  "a restart of Xray leaves its gap's beginning open: spliced bytes come at a connection's end",
  async (session) => {
    await session.record(0, { [a]: 10n }, { kind: "xray" });
    await session.record(30, { [a]: 3n }, { kind: "xray", up: 5, allocated: 5n });
    const [gap] = await laterGaps(session);
    assert.deepEqual(gap, { node, cause: "core-restart", from: undefined, to: wall(25), bound: "unknown" });
  },
);

sessionTest("counters that vanished before a restart are as good as new after it", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 20n });
  await session.record(10, { [b]: 20n });
  await session.record(20, { [b]: 1n }, { up: 5, allocated: 5n });
  await session.record(30, { [a]: 11n, [b]: 1n }, { up: 15, allocated: 6n });
  assert.deepEqual(await booked(session.ledger), { [a]: 11n, [b]: 1n });
  assert.deepEqual(
    (await laterGaps(session)).map(({ cause }) => cause),
    ["core-restart"],
  );
});

sessionTest(
  "a foreign reset books fallen counters in full, others by difference, bounded by these",
  async (session) => {
    await session.record(0, { [a]: 10n, [b]: 20n, [c]: 30n });
    const result = await session.record(10, { [a]: 4n, [b]: 25n, [c]: 30n });
    assert.equal(result.state, "ok");
    assert.equal(result.bytes, 9n);
    assert.deepEqual(await laterGaps(session), [
      {
        node,
        cause: "foreign-reset",
        from: wall(0),
        to: wall(10),
        bound: new Map([
          [b, 20n],
          [c, 30n],
        ]),
      },
    ]);
    await session.record(20, { [a]: 5n, [b]: 25n, [c]: 31n });
    assert.deepEqual(await booked(session.ledger), { [a]: 5n, [b]: 5n, [c]: 1n });
    assert.equal((await laterGaps(session)).length, 1);
  },
);

sessionTest("counters that fell to zero count on from zero", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 20n });
  const reset = await session.record(10, { [a]: 0n, [b]: 0n });
  assert.equal(reset.bytes, 0n);
  assert.equal(reset.gaps[0]?.cause, "foreign-reset");
  await session.record(20, { [a]: 12n, [b]: 1n });
  assert.deepEqual(await booked(session.ledger), { [a]: 12n, [b]: 1n });
  assert.equal((await laterGaps(session)).length, 1);
});

sessionTest(
  "where a restart cannot be ruled out the difference is booked, bounded by the old values",
  async (session) => {
    await session.record(0, { [a]: 10n, [b]: 20n });
    await session.record(5, { [b]: 20n });
    const result = await session.record(10_000, { [b]: 21n }, { up: 60 });
    assert.equal(result.state, "ok");
    assert.equal(result.bytes, 1n);
    assert.deepEqual(await laterGaps(session), [
      {
        node,
        cause: "uncertain-restart",
        from: wall(5),
        to: wall(10_000),
        bound: new Map([
          [b, 20n],
          [a, 10n],
        ]),
      },
    ]);
  },
);

sessionTest(
  "a vanished counter that returns is booked by the difference, below its last value in full",
  async (session) => {
    await session.record(0, { [a]: 10n, [b]: 20n, [c]: 30n });
    await session.record(10, { [b]: 20n, [c]: 30n });
    await session.record(20, { [c]: 30n });
    await session.record(30, {});
    const back = await session.record(40, { [a]: 14n, [b]: 3n, [c]: 30n });
    assert.equal(back.bytes, 7n);
    assert.deepEqual(await laterGaps(session), [
      { node, cause: "counter-lost", from: wall(10), to: wall(40), bound: "unknown" },
    ]);
    await session.record(50, { [a]: 15n, [b]: 4n, [c]: 31n });
    assert.deepEqual(await booked(session.ledger), { [a]: 5n, [b]: 4n, [c]: 1n });
    assert.equal((await laterGaps(session)).length, 1);
  },
);

sessionTest(
  "a counter that vanishes twice, and one that returns at zero, are remembered by their latest",
  async (session) => {
    await session.record(0, { [a]: 10n, [b]: 20n });
    await session.record(10, {});
    await session.record(20, { [a]: 15n, [b]: 0n });
    await session.record(30, {});
    await session.record(40, { [a]: 16n, [b]: 2n });
    assert.deepEqual(await booked(session.ledger), { [a]: 6n, [b]: 2n });
    assert.deepEqual(await laterGaps(session), [
      { node, cause: "counter-lost", from: wall(0), to: wall(20), bound: "unknown" },
    ]);
  },
);

sessionTest("of another core nothing is booked, and all when the right one is back", async (session) => {
  await session.record(0, { [a]: 10n });
  for (const at of [10, 20]) {
    const stranger = await session.record(at, { [a]: 999n, [b]: 999n }, { up: 99_999 });
    assert.equal(stranger.state, "other-core");
    assert.equal(stranger.bytes, 0n);
    assert.deepEqual(stranger.gaps, []);
    assert.ok(isStatsError(stranger.error) && stranger.error.code === "other-core");
    assert.ok(stranger.error.advice);
  }
  assert.deepEqual(await booked(session.ledger), {});
  const healed = await session.record(30, { [a]: 14n, [b]: 1n });
  assert.equal(healed.state, "ok");
  assert.deepEqual(await booked(session.ledger), { [a]: 4n, [b]: 1n });
  assert.deepEqual(await laterGaps(session), []);
});

sessionTest("of another address or kind the counters are a new base, and the gap says so", async (session) => {
  await session.record(0, { [a]: 10n });
  for (const [at, options] of [
    [10, { endpoint: "127.0.0.1:9" }],
    [20, { endpoint: "127.0.0.1:9", kind: "xray" }],
  ] as const) {
    const { state, bytes, gaps } = await session.record(at, { [a]: 90n + BigInt(at), [b]: 0n }, options);
    assert.deepEqual([state, bytes], ["new-base", 0n]);
    assert.deepEqual(
      gaps.map(({ cause, from, to, bound }) => ({ cause, from, to, bound })),
      [{ cause: "other-core", from: wall(at - 10), to: wall(at), bound: new Map([[a, 90n + BigInt(at)]]) }],
    );
  }
  const next = await session.record(30, { [a]: 115n }, { endpoint: "127.0.0.1:9", kind: "xray" });
  assert.deepEqual([next.state, next.bytes], ["ok", 5n]);
  assert.deepEqual(await booked(session.ledger), { [a]: 5n });
});

sessionTest("localhost is 127.0.0.1, and a kind that is not known any", async (session) => {
  await session.record(0, { [a]: 1n });
  const { state } = await session.record(10, { [a]: 3n }, { endpoint: "localhost:10085", kind: "unknown" });
  assert.equal(state, "ok");
  assert.equal((await session.record(20, { [a]: 4n })).state, "ok");
  assert.deepEqual(await booked(session.ledger), { [a]: 3n });
});

sessionTest("an operator's word makes it the same core", async (session) => {
  await session.record(0, { [a]: 10n, [b]: 5n });
  const moved = await session.record(10, { [a]: 14n, [b]: 5n }, { endpoint: "unix:/api", sameCore: true });
  assert.deepEqual([moved.state, moved.bytes, moved.gaps], ["ok", 4n, []]);
  const options = { endpoint: "unix:/api", up: 99_999, sameCore: true };
  const older = await session.record(20, { [a]: 15n, [b]: 6n }, options);
  assert.deepEqual([older.state, older.bytes], ["ok", 2n]);
  const zeroed = await session.record(30, { [a]: 1n, [b]: 6n }, { ...options, up: 999_999 });
  assert.deepEqual([zeroed.state, zeroed.bytes, zeroed.gaps[0]?.cause], ["ok", 1n, "foreign-reset"]);
  const anew = await session.record(40, { [a]: 2n, [b]: 1n }, { ...options, up: 9_999_999, allocated: 1n });
  assert.deepEqual([anew.state, anew.bytes, anew.gaps[0]?.cause], ["restarted", 3n, "core-restart"]);
});

sessionTest(
  "what a new node shows is booked where an operator says so, and refused where it is known",
  async (session, place) => {
    const first = await session.record(0, { [a]: 10n, [b]: 0n }, { bookExisting: true, up: 1000 });
    assert.deepEqual([first.state, first.bytes, first.counters, first.gaps], ["first", 10n, 1, []]);
    const late = (await entriesOf(place, "late")).map(({ from, to }) => [new Date(from), new Date(to)]);
    assert.deepEqual(late, [[wall(-1000), wall(0)]], "it flowed since the core's start");
    await session.record(10, { [a]: 12n, [b]: 1n });
    await expectLedgerError(session.record(20, { [a]: 13n, [b]: 1n }, { bookExisting: true }), "known");
    assert.deepEqual(await booked(session.ledger), { [a]: 12n, [b]: 1n });
  },
);

sessionTest("of a reading in which nothing moved other ledgers hear nothing", async (session) => {
  await session.record(0, { [a]: 1n });
  await session.record(10, { [a]: 2n });
  const { cursor } = await session.ledger.changes();
  await session.record(20, { [a]: 2n });
  assert.deepEqual((await session.ledger.changes({ since: cursor })).nodes, []);
  await session.record(30, { [a]: 5n });
  const [changed] = (await session.ledger.changes({ since: cursor })).nodes;
  assert.deepEqual(
    changed?.usage.map(({ bytes }) => bytes),
    [[4n]],
  );
  assert.deepEqual(await booked(session.ledger), { [a]: 4n });
});

sessionTest("both directions, inbounds and outbounds are booked apart", async (session) => {
  const inbound = "inbound>>>ws>>>traffic>>>downlink";
  const outbound = "outbound>>>alice>>>traffic>>>uplink";
  await session.record(0, {});
  await session.record(10, {
    [a]: 1n,
    [down("alice")]: 2n,
    [inbound]: 4n,
    [outbound]: 8n,
    "user>>>alice>>>online": 16n,
  });
  const [user] = (await session.ledger.usage()).rows;
  assert.deepEqual([user?.uplink, user?.downlink, user?.total], [1n, 2n, 3n]);
  const [entering] = (await session.ledger.usage({ scope: "inbound", by: ["subject"] })).rows;
  assert.deepEqual([entering?.subject, entering?.total], ["ws", 4n]);
  const [leaving] = (await session.ledger.usage({ scope: "outbound", by: ["subject"] })).rows;
  assert.deepEqual([leaving?.subject, leaving?.uplink], ["alice", 8n]);
});
