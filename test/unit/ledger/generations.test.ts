import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type GenerationQuery, type GenerationStart, openMemoryLedger } from "../../../src/ledger/index.ts";
import { entriesOf, storedBytes } from "../../support/ledger-entries.ts";
import { down, node, openSession, readingHere, sessionTest, up } from "../../support/ledger-session.ts";
import { ledgerKinds, ledgerTest } from "../../support/ledger-stores.ts";

const [a, b] = [up("alice"), down("alice")];
const bob = up("bob");
const signed = { reason: "made anew", author: "panel" };
const start = { user: "alice", ...signed };

sessionTest("bytes booked already stay with the old generation, and none is booked twice", async (session, place) => {
  await session.record(0, { [a]: 100n, [bob]: 1n });
  await session.record(10, { [a]: 110n, [bob]: 3n });
  const [started, ...rest] = await session.ledger.newGeneration(start);
  assert.deepEqual([started?.node, started?.generation, rest], [node, 1, []]);
  await session.record(20, { [a]: 115n, [b]: 7n, [bob]: 3n });
  assert.deepEqual(await storedBytes(place, node), {
    [`${a} 0`]: 10n,
    [`${bob} 0`]: 2n,
    [`${a} 1`]: 5n,
    [`${b} 1`]: 7n,
  });
  const [entry] = await entriesOf(place, "generation");
  assert.deepEqual(entry?.body, { scope: "user", subject: "alice", generations: [["core", 1]], ...signed });
  assert.deepEqual([entry?.id, entry?.node], [started?.id, node]);
});

for (const scope of ["inbound", "outbound"] as const)
  sessionTest(`an ${scope} begins anew, and neither a user nor the other scope of its name`, async (session) => {
    const counterOf = (each: string, way: string): string => `${each}>>>alice>>>traffic>>>${way}`;
    const all = (bytes: bigint): Record<string, bigint> =>
      Object.fromEntries(["user", "inbound", "outbound"].map((each) => [counterOf(each, "uplink"), bytes]));
    await session.record(0, all(100n));
    await session.record(10, all(110n));
    const [started, ...rest] = await session.ledger.newGeneration({ scope, subject: "alice", ...signed });
    assert.deepEqual([started?.node, started?.generation, rest], [node, 1, []]);
    await session.record(20, { ...all(115n), [counterOf(scope, "downlink")]: 7n });
    for (const asked of ["user", "inbound", "outbound"] as const) {
      const { rows } = await session.ledger.usage({ scope: asked, by: ["subject", "generation"] });
      assert.deepEqual(
        rows.map(({ subject, generation, uplink, downlink }) => [subject, generation, uplink, downlink]),
        asked === scope
          ? [
              ["alice", 0, 10n, 0n],
              ["alice", 1, 5n, 7n],
            ]
          : [["alice", 0, 15n, 0n]],
      );
      const current = await session.ledger.totals({ scope: asked, subject: "alice", generation: "current" });
      assert.equal(current.total, asked === scope ? 12n : 15n);
    }
    const begun = await session.ledger.generations();
    assert.deepEqual(
      begun.map(({ at: _, ...each }) => each),
      [{ ...started, scope, subject: "alice", ...signed }],
    );
    // Its name is no user's: erasing the user leaves the entry alone.
    await session.ledger.erase({ user: "alice", ...signed });
    assert.equal((await session.ledger.generations())[0]?.subject, "alice");
  });

ledgerTest("generations are told with when, who and why, of whom and where they are asked for", async (place) => {
  await using ledger = await place.open();
  for (const name of ["n1", "n2"]) {
    await using writer = await ledger.claim(name);
    await writer.record(readingHere(0, { [a]: 1n, "inbound>>>ws>>>traffic>>>uplink": 1n }));
  }
  assert.deepEqual(await ledger.generations(), []);
  const before = Date.now();
  await ledger.newGeneration(start);
  await ledger.newGeneration({ ...start, node: "n1", reason: "again", author: "ops" });
  await ledger.newGeneration({ ...signed, scope: "inbound", subject: "ws", node: "n2" });
  await ledger.alias({ node: "n1", is: "fra", ...signed });
  const told = async (query?: GenerationQuery): Promise<unknown[]> =>
    (await ledger.generations(query)).map((each) => [each.node, each.subject, each.generation, each.reason]).sort();
  const ofAlice = [
    ["fra", "alice", 1, "made anew"],
    ["fra", "alice", 2, "again"],
    ["n2", "alice", 1, "made anew"],
  ];
  const ofWs = [["n2", "ws", 1, "made anew"]];
  assert.deepEqual(await told(), [...ofAlice, ...ofWs]);
  assert.deepEqual(await told({ scope: "user" }), ofAlice);
  assert.deepEqual(await told({ subject: "ws" }), ofWs);
  assert.deepEqual(await told({ scope: "outbound" }), []);
  assert.deepEqual(await told({ node: "n1" }), ofAlice.slice(0, 2));
  assert.deepEqual(await told({ node: "fra", scope: "inbound" }), []);
  for (const { at, author, id } of await ledger.generations()) {
    assert.ok(at.getTime() >= before && at.getTime() <= Date.now());
    assert.ok(["panel", "ops"].includes(author) && id.length > 10);
  }
  await using hub = openMemoryLedger();
  await hub.merge(await ledger.changes());
  assert.deepEqual(await hub.generations(), await ledger.generations());
  await hub.retract({ ledger: await ledger.id(), node: "n2", ...signed });
  assert.deepEqual(
    (await hub.generations()).map((each) => each.node),
    ["fra", "fra"],
  );
  await assert.rejects(ledger.generations({ scope: "users" as "user" }), RangeError);
});

sessionTest("a core that begins anew counts in full, to the new generation", async (session, place) => {
  await session.record(0, { [a]: 100n });
  await session.ledger.newGeneration(start);
  await session.record(10, { [a]: 30n }, { up: 5, allocated: 5n });
  await session.ledger.newGeneration(start);
  await session.record(20, { [a]: 31n }, { up: 15, allocated: 6n });
  assert.deepEqual(await storedBytes(place, node), {
    [`${a} 0`]: 0n,
    [`${a} 1`]: 30n,
    [`${b} 1`]: 0n,
    [`${a} 2`]: 1n,
    [`${b} 2`]: 0n,
  });
});

sessionTest("a counter that is missing is still known when it comes back", async (session, place) => {
  await session.record(0, { [a]: 100n, [bob]: 0n });
  await session.record(10, { [bob]: 0n });
  await session.ledger.newGeneration(start);
  await session.record(20, { [bob]: 0n });
  const { gaps } = await session.record(30, { [a]: 104n, [bob]: 0n });
  assert.deepEqual(gaps, []);
  assert.equal((await storedBytes(place, node))[`${a} 1`], 4n);
  await session.record(40, { [bob]: 0n });
  await session.ledger.newGeneration(start);
  const lost = await session.record(50, { [a]: 2n, [bob]: 0n });
  assert.deepEqual(
    lost.gaps.map(({ cause }) => cause),
    ["counter-lost"],
  );
  assert.equal((await storedBytes(place, node))[`${a} 2`], 2n);
});

ledgerTest(
  "every node of this ledger, or the one that is named; nothing where the user has no counters",
  async (place) => {
    await using ledger = await place.open();
    for (const name of ["n1", "n2", "n3"]) {
      await using writer = await ledger.claim(name);
      await writer.record(readingHere(0, { [name === "n3" ? bob : a]: 1n }));
    }
    const store = await place.openStore();
    await store.write(async (tx) => {
      const { id } = await tx.nodeOf("another", "n4");
      await tx.addCounters(id, [{ source: "core", name: a, generation: 0 }]);
    });
    const pairs = async (name?: string): Promise<unknown> =>
      (await ledger.newGeneration({ ...start, node: name })).map((each) => [each.node, each.generation]);
    assert.deepEqual(await pairs(), [
      ["n1", 1],
      ["n2", 1],
    ]);
    assert.deepEqual(await pairs("n2"), [["n2", 2]]);
    assert.deepEqual(await pairs("n3"), []);
    assert.deepEqual(await pairs("n4"), []);
    assert.deepEqual(await pairs("nowhere"), []);
    assert.deepEqual(await ledger.newGeneration({ ...start, user: "carol" }), []);
    assert.equal((await entriesOf(place, "generation")).length, 3);
  },
);

ledgerTest("what no core shows begins anew too", async (place) => {
  await using ledger = await place.open();
  const record = async (bytes: bigint): Promise<void> => {
    await ledger.recordUnproven({ node: "n", source: "3x-ui", takenAt: new Date(), deltas: new Map([[a, bytes]]) });
  };
  await record(5n);
  await ledger.newGeneration(start);
  await record(7n);
  assert.deepEqual(await storedBytes(place, "n"), { [`3x-ui ${a} 0`]: 5n, [`3x-ui ${a} 1`]: 7n, [`3x-ui ${b} 1`]: 0n });
  assert.deepEqual((await entriesOf(place, "generation"))[0]?.body.generations, [["3x-ui", 1]]);
});

ledgerTest("a writer goes on beside it, in the middle of its claim", async (place) => {
  await using ledger = await place.open();
  await using other = await place.open();
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  const work: Promise<unknown>[] = [];
  for (let at = 1; at <= 20; at++) {
    work.push(other.newGeneration(start));
    await writer.record(readingHere(at, { [a]: BigInt(1 + at), [b]: BigInt(at) }));
  }
  await Promise.all(work);
  const stored = Object.entries(await storedBytes(place, node));
  const sum = (name: string): bigint =>
    stored.filter(([key]) => key.startsWith(name)).reduce((total, [, bytes]) => total + bytes, 0n);
  assert.deepEqual([sum(a), sum(b)], [20n, 20n]);
  assert.ok(stored.some(([key]) => key === `${b} 20`));
});

ledgerTest("a wrong user, node, reason or author is refused before anything is read", async (place) => {
  const ledger = await place.open();
  await ledger.close();
  for (const wrong of [{ user: "" }, { node: "" }, { reason: "" }, { author: "x".repeat(1001) }])
    await assert.rejects(ledger.newGeneration({ ...start, ...wrong }), RangeError);
  await assert.rejects(ledger.newGeneration({ ...start, user: 1 as unknown as string }), TypeError);
  const both = { ...start, scope: "user", subject: "alice" } as unknown as GenerationStart;
  await assert.rejects(ledger.newGeneration(both), TypeError);
  await assert.rejects(ledger.newGeneration(signed as unknown as GenerationStart), TypeError);
  await assert.rejects(ledger.newGeneration({ ...signed, scope: "api" as "user", subject: "a" }), RangeError);
});

type Step =
  | { readonly kind: "traffic"; readonly name: string; readonly bytes: bigint }
  | { readonly kind: "hide" | "show"; readonly name: string }
  | { readonly kind: "restart" | "reset" | "read" | "begin" };

const counterName = fc.constantFrom(a, b, bob);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("traffic" as const), name: counterName, bytes: fc.bigInt(0n, 1000n) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("hide" as const, "show" as const), name: counterName }) },
  { weight: 4, arbitrary: fc.constant({ kind: "read" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "reset" as const, "begin" as const) }),
  },
);

for (const { kind, place: openPlace } of ledgerKinds)
  test(`generations split what would have been booked without them, and change nothing else (${kind})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, anew) => {
        await using place = openPlace();
        await using plainPlace = openPlace();
        const [marked, plain] = [await openSession(place, anew), await openSession(plainPlace, anew)];
        const shown = new Map<string, bigint>();
        const hidden = new Set<string>();
        const expected = new Map<string, bigint>();
        let [at, started, generation, known] = [0, -1000, 0, false];
        const totals = async (): Promise<Map<string, bigint>> =>
          new Map(Object.entries(await storedBytes(plainPlace, node)));
        for (const each of steps) {
          at += 5;
          if (each.kind === "traffic") shown.set(each.name, (shown.get(each.name) ?? 0n) + each.bytes);
          if (each.kind === "hide") hidden.add(each.name);
          if (each.kind === "show") hidden.delete(each.name);
          if (each.kind === "restart" || each.kind === "reset") shown.clear();
          if (each.kind === "restart") started = at - 1;
          if (each.kind === "begin") {
            const begun = await marked.ledger.newGeneration(start);
            assert.equal(begun.length, known ? 1 : 0);
            if (known) generation++;
          }
          if (each.kind !== "read") continue;
          const counters = Object.fromEntries([...shown].filter(([name]) => !hidden.has(name)));
          const options = { up: at - started, allocated: BigInt(at - started) };
          const before = await totals();
          const [result, plainResult] = [
            await marked.record(at, counters, options),
            await plain.record(at, counters, options),
          ];
          const told = ({ state, bytes, gaps }: typeof result): unknown => [
            state,
            bytes,
            gaps.map(({ id: _, ...gap }) => gap),
          ];
          assert.deepEqual(told(result), told(plainResult));
          for (const [key, bytes] of await totals()) {
            const name = key.slice(0, -2);
            if (name !== bob) known = true;
            const of = `${name} ${name === bob ? 0 : generation}`;
            const moved = bytes - (before.get(key) ?? 0n);
            if (moved > 0n) expected.set(of, (expected.get(of) ?? 0n) + moved);
          }
        }
        const stored = Object.entries(await storedBytes(place, node)).filter(([, bytes]) => bytes > 0n);
        assert.deepEqual(new Map(stored.sort()), new Map([...expected].sort()));
      }),
      { numRuns: kind === "memory" ? 300 : 15 },
    );
  });

test("a generation that another ledger tells of may have any number of sources", async () => {
  await using ledger = openMemoryLedger();
  const generations = Array.from({ length: 300_000 }, (_, at) => [`s${at}`, at]);
  const body = JSON.stringify({ scope: "user", subject: "alice", generations, ...signed });
  const entry = { id: "g", kind: "generation", at: 1, from: 1, to: 1, body };
  const node = {
    ...{ ledger: "l", node: "n", state: "growing" as const, recorded: true, replaces: [], since: 0, upTo: 1 },
    ...{ part: { sweep: "s", from: "", to: undefined }, sessions: [], counters: [], usage: [], entries: [entry] },
  };
  await ledger.merge({ ledger: "l", nodes: [node] });
  assert.deepEqual(
    (await ledger.generations()).map(({ generation }) => generation),
    [299_999],
  );
});
