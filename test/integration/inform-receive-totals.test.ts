import assert from "node:assert/strict";
import { test } from "node:test";
import { createTotals } from "../../src/inform/receive/totals.ts";
import type { NodeChanges, SentChanges } from "../../src/ledger/exchange/changes.ts";
import { moveLedger } from "../../src/ledger/exchange/move-ledger.ts";
import { keepParts, partsOf } from "../../src/ledger/exchange/stores.ts";
import { createLedger, type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { allChanges, bearer, type HubAnswer, type ServedReceiver, startReceiver } from "../support/inform-receiver.ts";
import { QuarterWriter } from "../support/ledger-exchange.ts";
import { faultyStore } from "../support/ledger-faults.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../support/ledger-stores.ts";

const quarter = 1_900_000;

interface World {
  readonly hub: ServedReceiver;
  readonly ledger: Ledger;
  book(node: string, user: string, bytes: bigint): Promise<void>;
  ask(query?: string, headers?: Readonly<Record<string, string>>): Promise<HubAnswer>;
}

async function world(place: LedgerPlace): Promise<World> {
  const writer = new QuarterWriter(await place.openStore());
  const ledger = await place.open();
  const hub = await startReceiver(ledger, { totalsMaxAgeMs: 0 });
  const key = bearer(hub.key("panel", ["totals"]));
  return {
    hub,
    ledger,
    book: (node, user, bytes) => writer.book(node, up(user), quarter, bytes),
    ask: (query = "", headers = {}) => hub.ask(`/v1/totals?${query}`, { ...key, ...headers }),
  };
}

/** Totals by user, and what else matters. */
function said({ status, json }: HubAnswer): unknown {
  assert.equal(status, 200, JSON.stringify(json));
  return [
    json.full,
    Object.fromEntries(json.totals.map(({ user, total }: { user: string; total: string }) => [user, total])),
  ];
}

ledgerTest("totals are of all nodes together, then only of who moved", async (place) => {
  const { hub, book, ask } = await world(place);
  await using _ = hub;
  await book("a", "alice", 5n);
  await book("b", "alice", 6n);
  await book("b", "bob", 7n);
  const first = await ask();
  assert.deepEqual(said(first), [true, { alice: "11", bob: "7" }]);
  assert.deepEqual(first.json.totals[0], { user: "alice", uplink: "11", downlink: "0", total: "11" });
  assert.equal(first.json.next, null);
  const none = await ask(`since=${first.json.cursor}`);
  assert.deepEqual(said(none), [false, {}]);
  await book("a", "bob", 1n);
  const moved = await ask(`since=${none.json.cursor}`);
  assert.deepEqual(said(moved), [false, { bob: "8" }]);
  // A cursor is good for ever: asked again, it says the same and what came since.
  await book("c", "carol", 2n);
  assert.deepEqual(said(await ask(`since=${first.json.cursor}`)), [false, { bob: "8", carol: "2" }]);
  assert.deepEqual(said(await ask("node=b")), [true, { alice: "6", bob: "7" }]);
  assert.deepEqual(said(await ask("to=2000-01-01")), [true, {}]);
  // The cursor of another question says nothing about this one.
  assert.deepEqual(said(await ask(`node=b&since=${first.json.cursor}`)), [true, { alice: "6", bob: "7" }]);
});

ledgerTest("what people wrote changes anybody's totals, and gives all of them", async (place) => {
  const { hub, ledger, book, ask } = await world(place);
  await using _ = hub;
  await book("a", "alice", 5n);
  await book("a", "bob", 7n);
  const signed = { reason: "r", author: "a" };
  let cursor = (await ask()).json.cursor;
  await ledger.alias({ user: "alice", is: "al", ...signed });
  const aliased = await ask(`since=${cursor}`);
  assert.deepEqual(said(aliased), [true, { al: "5", bob: "7" }]);
  cursor = aliased.json.cursor;
  await book("a", "alice", 1n);
  const grown = await ask(`since=${cursor}`);
  assert.deepEqual(said(grown), [false, { al: "6" }]);
  await ledger.retract({ ledger: await ledger.id(), node: "a", ...signed });
  assert.deepEqual(said(await ask(`since=${grown.json.cursor}`)), [true, {}]);
});

test("two sources of one node can take each other's rows away: then all totals are given", async () => {
  await using ledger = openMemoryLedger();
  await using hub = await startReceiver(ledger, { totalsMaxAgeMs: 0 });
  const key = bearer(hub.key("p", ["totals"]));
  const at = new Date();
  const record = (source: string, user: string): Promise<unknown> =>
    ledger.recordUnproven({ node: "n", source, takenAt: at, deltas: [{ name: up(user), bytes: 5n }] });
  await record("z-panel", "bob");
  const first = await hub.ask("/v1/totals", key);
  assert.deepEqual(said(first), [true, { bob: "5" }]);
  // Of a node's sources in a quarter hour one counts, the first by name.
  await record("a-panel", "alice");
  const after = await hub.ask(`/v1/totals?since=${first.json.cursor}`, key);
  assert.deepEqual(said(after), [true, { alice: "5" }]);
});

ledgerTest(
  "a name that was erased late is gone from what is followed, however far the erasure had come",
  async (place) => {
    const { hub, book, ask } = await world(place);
    await using _ = hub;
    await book("a", "alice", 5n);
    await book("b", "alice", 6n);
    const faulty = faultyStore(await place.openStore());
    const erasing = createLedger(faulty.store);
    const erasure = { user: "alice", reason: "r", author: "a" };
    let { cursor } = (await ask()).json;
    const followed = new Map<string, string>();
    // Killed at each step until it is done: whoever asks in between must hear of the rest.
    for (let step = 0; ; step++) {
      faulty.arm({ step, after: false });
      const failed = await erasing.erase(erasure).then(
        () => false,
        () => true,
      );
      const { json } = await ask(`since=${cursor}`);
      if (json.full) followed.clear();
      for (const { user, total } of json.totals) followed.set(user, total);
      ({ cursor } = json);
      if (!failed) break;
    }
    const all = (await ask()).json.totals.map(({ user, total }: Record<string, string>) => [user, total]);
    assert.deepEqual([...followed], all);
    assert.deepEqual([all.length, all[0]?.[1]], [1, "11"]);
  },
);

ledgerTest("what was booked before a node was moved away is told after it", async (place) => {
  const { hub, ledger, book, ask } = await world(place);
  await using _ = hub;
  await book("a", "alice", 5n);
  const { cursor } = (await ask()).json;
  await book("a", "alice", 1n);
  await moveLedger(ledger, openMemoryLedger());
  assert.deepEqual(said(await ask(`since=${cursor}`)), [true, { alice: "6" }]);
});

test("a gap that was settled before it came changes totals as it comes", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { totalsMaxAgeMs: 0 });
  const panel = bearer(hub.key("p", ["totals"]));
  await using node = openMemoryLedger();
  await using writer = await node.claim("n");
  await writer.record(readingHere(0, { [up("alice")]: 100n, [up("bob")]: 50n }));
  await writer.record(readingHere(10, { [up("alice")]: 110n, [up("bob")]: 20n }));
  const [gap] = (await node.gaps()).filter(({ cause }) => cause === "foreign-reset");
  await node.settle(gap?.id as string, { as: "restart", reason: "r", author: "a" });
  const { nodes, ...rest } = await allChanges(node);
  const key = hub.key("n", ["usage", "corrections"]);
  const send = (wanted: (each: NodeChanges) => boolean): Promise<HubAnswer> =>
    hub.push(key, { ...rest, nodes: nodes.filter(wanted) });
  assert.equal((await send((each) => each.node === "")).status, 200);
  const rows = nodes.find((each) => each.node === "n") as NodeChanges;
  const early = { ...rows, entries: [], part: { ...rows.part, to: '["quarters",0,0]' } };
  assert.equal((await hub.push(key, { ...rest, nodes: [early] })).status, 200);
  const { cursor } = (await hub.ask("/v1/totals", panel)).json;
  assert.equal((await send((each) => each.node === "n")).status, 200);
  const since = await hub.ask(`/v1/totals?since=${cursor}`, panel);
  const all = await hub.ask("/v1/totals", panel);
  assert.deepEqual(said(since), said(all));
  assert.ok(BigInt(all.json.totals[0].total) > 100n, "the gap's bound counts");
});

ledgerTest("where sealing a node changes whose generation is the current one, all totals are given", async (place) => {
  const { hub, ledger, ask } = await world(place);
  await using _ = hub;
  const changesOf = async (id: string, generation: number): Promise<SentChanges> => {
    const name = up("alice");
    return {
      ledger: id,
      nodes: [
        {
          ...{ ledger: id, node: "n", state: "growing", recorded: true, replaces: [], since: 0, upTo: 1 },
          ...{ part: { sweep: "s", from: "", to: undefined }, sessions: [{ revision: 1, id }] },
          ...{ counters: [{ source: "core", name, generation }], entries: [] },
          usage: [{ quarter, counters: [0], bytes: [5n] }],
        },
      ],
    };
  };
  await ledger.merge(await changesOf("first", 2));
  await ledger.merge(await changesOf("second", 1), { replace: true });
  const query = "generation=current";
  const before = await ask(query);
  await ledger.replace({ node: "n", ledger: "third" });
  const since = await ask(`${query}&since=${before.json.cursor}`);
  assert.deepEqual(said(since), said(await ask(query)));
  assert.notDeepEqual(since.json.totals, before.json.totals);
  const etag = before.headers.get("etag") ?? "";
  assert.equal((await ask(query, { "if-none-match": etag })).status, 200);
});

ledgerTest("totals come in pages, and what moves between two of them comes with the next question", async (place) => {
  const { hub, book, ask } = await world(place);
  await using _ = hub;
  for (const user of ["a", "b", "c", "d", "e"]) await book("n", user, 1n);
  const first = await ask("limit=2");
  assert.deepEqual([said(first), first.json.cursor], [[true, { a: "1", b: "1" }], null]);
  await book("n", "a", 1n);
  await book("n", "e", 1n);
  const second = await ask(`limit=2&page=${first.json.next}`);
  assert.deepEqual(said(second), [true, { c: "1", d: "1" }]);
  const third = await ask(`limit=2&page=${second.json.next}`);
  // Of the first page's reading, which is not done again for each page.
  assert.deepEqual([said(third), third.json.next], [[true, { e: "1" }], null]);
  assert.deepEqual(said(await ask(`since=${third.json.cursor}`)), [false, { a: "2", e: "2" }]);
  // Another process goes on as well.
  const elsewhere = await startReceiver(hub.ledger, { totalsMaxAgeMs: 0 });
  await using __ = elsewhere;
  const there = await elsewhere.ask(
    `/v1/totals?limit=2&page=${second.json.next}`,
    bearer(elsewhere.key("p", ["totals"])),
  );
  assert.deepEqual(said(there), [true, { e: "2" }]);
});

ledgerTest("nothing new is 304", async (place) => {
  const { hub, book, ask } = await world(place);
  await using _ = hub;
  await book("n", "a", 1n);
  const first = await ask();
  const etag = first.headers.get("etag") ?? "";
  assert.match(etag, /^"[0-9a-f]{16}"$/);
  const same = await ask("", { "if-none-match": `"x", W/${etag}` });
  assert.deepEqual([same.status, same.json, same.headers.get("etag")], [304, undefined, etag]);
  assert.equal((await ask("limit=7", { "if-none-match": etag })).status, 200);
  await book("n", "a", 1n);
  assert.equal((await ask("", { "if-none-match": etag })).status, 200);
});

test("one reading serves all that ask the same for a while, and its cursor misses nothing", async () => {
  await using ledger = openMemoryLedger();
  await using hub = await startReceiver(ledger, { totalsMaxAgeMs: 3_600_000 });
  await using exact = await startReceiver(ledger, { totalsMaxAgeMs: 0 });
  const record = (): Promise<unknown> =>
    ledger.recordUnproven({ node: "n", source: "x", takenAt: new Date(), deltas: [{ name: up("a"), bytes: 5n }] });
  await record();
  const key = bearer(hub.key("p", ["totals"]));
  const first = await hub.ask("/v1/totals", key);
  await record();
  const stale = await hub.ask("/v1/totals", key);
  assert.deepEqual([said(stale), stale.json.cursor], [[true, { a: "5" }], first.json.cursor]);
  const other = bearer(exact.key("p", ["totals"]));
  const since = await exact.ask(`/v1/totals?since=${stale.json.cursor}`, other);
  assert.deepEqual(said(since), [false, { a: "10" }]);
  // A cursor of another process that is ahead of this one's reading takes nothing back.
  const ahead = await hub.ask(`/v1/totals?since=${since.json.cursor}`, key);
  assert.deepEqual(said(ahead), [false, {}]);
});

test("many questions at once are read two at a time, and those that are the same once", async () => {
  await using ledger = openMemoryLedger();
  let [reading, most, all] = [0, 0, 0];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const watched: Ledger = {
    ...ledger,
    async usage(query) {
      all++;
      most = Math.max(most, ++reading);
      await released;
      reading--;
      return ledger.usage(query);
    },
  };
  const totals = createTotals(keepParts(watched, partsOf(ledger)), 3_600_000);
  const answers = Array.from({ length: 40 }, (_, at) =>
    totals.answer(new URLSearchParams({ from: `20${20 + (at % 4)}-01-01` }), null, new Date()),
  );
  // All that can begin does within one round of the loop: nothing here waits for anything outside.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([reading, all], [2, 2]);
  release();
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  assert.deepEqual([most, all], [2, 4]);
});

test("a hub that was put back gives all totals", async () => {
  const [before, after] = [openMemoryLedger(), openMemoryLedger()];
  await using hub = await startReceiver(before);
  await using restored = await startReceiver(after);
  await before.recordUnproven({ node: "n", source: "x", takenAt: new Date(), deltas: [{ name: up("a"), bytes: 5n }] });
  const { cursor } = (await hub.ask("/v1/totals", bearer(hub.key("p", ["totals"])))).json;
  const answer = await restored.ask(`/v1/totals?since=${cursor}`, bearer(restored.key("p", ["totals"])));
  assert.deepEqual(said(answer), [true, {}]);
});

test("a day after the last full answer there is another one", async () => {
  let now = new Date();
  await using hub = await startReceiver(openMemoryLedger(), { now: () => now });
  const key = bearer(hub.key("p", ["totals"]));
  const { cursor } = (await hub.ask("/v1/totals", key)).json;
  now = new Date(now.getTime() + 86_000_000);
  assert.equal((await hub.ask(`/v1/totals?since=${cursor}`, key)).json.full, false);
  now = new Date(now.getTime() + 1_000_000);
  assert.equal((await hub.ask(`/v1/totals?since=${cursor}`, key)).json.full, true);
});

test("wrong questions are refused, and who may only send may not ask", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const key = bearer(hub.key("p", ["totals"]));
  for (const query of ["from=x", "from=2026-02-01&to=2026-01-01", "limit=0", "since=%00", "page=e30", "generation=7"]) {
    const { status, json } = await hub.ask(`/v1/totals?${query}`, key);
    assert.deepEqual([status, json.error.code], [400, "malformed"], query);
  }
  assert.equal((await hub.ask("/v1/totals", bearer(hub.key("p")))).status, 403);
  assert.equal((await hub.ask("/v1/totals")).status, 401);
});
