import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { counterKey } from "../../../src/ledger/counter-key.ts";
import { erasedNames, idsOnceErased, nameOnceErased, userOf } from "../../../src/ledger/erased-names.ts";
import { createLedger } from "../../../src/ledger/ledger.ts";
import { openSqliteStore } from "../../../src/ledger/sqlite/sqlite-store.ts";
import type { LedgerStore } from "../../../src/ledger/store.ts";
import { entriesOf, storedBytes } from "../../support/ledger-entries.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { faultyStore, InjectedFault } from "../../support/ledger-faults.ts";
import { down, node, readingHere, sessionTest, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest, newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

const name = "alice@example.com";
const hash = createHash("sha256").update(`v2ray-stats erase\0${name}`).digest("hex");
const pseudonym = `erased-${hash.slice(0, 12)}`;
const [a, b, bob] = [up(name), down(name), up("bob")];
const [ea, eb] = [up(pseudonym), down(pseudonym)];
const signed = { reason: "asked to be forgotten", author: "ops" };
const erasure = { user: name, ...signed };

/** Where the name still stands in a store. */
async function traces(store: LedgerStore): Promise<string[]> {
  return store.read(async (tx) => {
    const all = (await tx.entries({})).map(({ body }) => body);
    for (const { id } of await tx.nodes())
      all.push(...(await tx.counters(id)).map((counter) => `${counter.name} ${counter.generation}`));
    return all.filter((text) => text.includes(name));
  });
}

async function tracesIn(place: LedgerPlace): Promise<string[]> {
  return traces(await place.openStore());
}

sessionTest(
  "bytes stay under a pseudonym, and what the core still shows is not booked again",
  async (session, place) => {
    await session.record(0, { [a]: 100n, [bob]: 1n });
    await session.record(10, { [a]: 110n, [b]: 4n, [bob]: 2n });
    const id = await session.ledger.erase(erasure);
    const [entry] = await entriesOf(place, "erase");
    const ledgerId = await session.ledger.id();
    assert.deepEqual(
      [entry?.id, entry?.node, entry?.body],
      [id, "", { hash, generations: [[ledgerId, node, 0]], ...signed }],
    );
    const erased = { [`${ea} 0`]: 10n, [`${eb} 0`]: 4n, [`${bob} 0`]: 1n };
    assert.deepEqual(await storedBytes(place, node), { ...erased, [`${a} 1`]: 0n, [`${b} 1`]: 0n });
    assert.deepEqual((await tracesIn(place)).sort(), [`${b} 1`, `${a} 1`], "only what the core shows, without usage");
    const { gaps } = await session.record(20, { [a]: 110n, [b]: 4n, [bob]: 5n });
    assert.deepEqual(gaps, []);
    await session.record(30, { [bob]: 2n }, { up: 5, allocated: 5n });
    assert.deepEqual(await storedBytes(place, node), { ...erased, [`${bob} 0`]: 6n, [`${ea} 1`]: 0n, [`${eb} 1`]: 0n });
    assert.deepEqual(await tracesIn(place), []);
  },
);

sessionTest("a user of the name who comes later is another one, in every case", async (session, place) => {
  await session.record(0, { [a]: 100n });
  await session.record(10, { [a]: 110n });
  await session.ledger.erase(erasure);
  await session.record(20, { [a]: 113n, [b]: 1n });
  await session.record(30, {}, { up: 5, allocated: 5n });
  assert.deepEqual(await storedBytes(place, node), { [`${ea} 0`]: 10n, [`${a} 1`]: 3n, [`${b} 1`]: 1n });
  const again = await session.ledger.erase(erasure);
  assert.deepEqual(await storedBytes(place, node), { [`${ea} 0`]: 10n, [`${ea} 1`]: 3n, [`${eb} 1`]: 1n });
  assert.equal(await session.ledger.erase(erasure), again, "nothing came since");
  assert.equal((await entriesOf(place, "erase")).length, 2);
  await session.record(40, { [a]: 7n, [b]: 5n }, { up: 15, allocated: 6n });
  assert.deepEqual(await storedBytes(place, node), {
    [`${ea} 0`]: 10n,
    [`${ea} 1`]: 3n,
    [`${eb} 1`]: 1n,
    [`${a} 2`]: 7n,
    [`${b} 2`]: 5n,
  });
});

sessionTest(
  "after a restart that shows the name no more it is taken for new, whatever came before",
  async (session, place) => {
    await session.record(0, { [a]: 100n });
    await session.ledger.erase(erasure);
    await session.record(10, {}, { up: 5, allocated: 5n });
    assert.deepEqual(await tracesIn(place), [], "even where nothing was ever booked");
    await session.record(20, { [a]: 8n }, { up: 15, allocated: 6n });
    await session.ledger.erase(erasure);
    await session.record(30, { [a]: 9n }, { up: 25, allocated: 7n });
    const bytes = Object.entries(await storedBytes(place, node)).filter(([, each]) => each > 0n);
    assert.deepEqual(Object.fromEntries(bytes), { [`${ea} 2`]: 8n, [`${a} 3`]: 1n });
  },
);

sessionTest("a missing counter of an erased user is still known when it comes back", async (session, place) => {
  await session.record(0, { [a]: 100n });
  await session.record(10, {});
  await session.ledger.erase(erasure);
  await session.record(20, {});
  const { gaps, bytes } = await session.record(30, { [a]: 104n });
  assert.deepEqual([gaps, bytes], [[], 4n]);
  assert.equal((await storedBytes(place, node))[`${a} 1`], 4n);
});

ledgerTest("every node, source and entry that names the user is rewritten", async (place) => {
  await using ledger = await place.open();
  const deltas = new Map([[a, 5n]]);
  for (const each of ["n1", "n2"]) {
    await using writer = await ledger.claim(each);
    await writer.record(readingHere(0, { [a]: 3n, [bob]: 1n }));
    await ledger.recordUnproven({ node: each, source: "3x-ui", takenAt: new Date(), deltas });
  }
  const store = await place.openStore();
  await store.write(async (tx) => {
    const { id } = await tx.nodeOf("another", "n3");
    const [counter] = await tx.addCounters(id, [{ source: "core", name: a, generation: 4 }]);
    await tx.addUsage(id, 1, { quarter: 5, counters: [counter as number], bytes: [9n] });
  });
  await ledger.newGeneration({ user: name, node: "n2", reason: "new", author: "panel" });
  await ledger.adjust({ user: name, bytes: 1n, reason: "gift", author: "ops" });
  await ledger.adjust({ scope: "inbound", subject: name, bytes: 1n, reason: "an inbound of this name", author: "ops" });
  await ledger.alias({ user: "al", is: name, reason: "longer", author: "ops" });
  await ledger.alias({ user: name, is: "third", reason: "longer", author: "ops" });
  await ledger.erase(erasure);
  const [tombstone] = await entriesOf(place, "erase");
  const own = await ledger.id();
  const generations: (readonly [string, string, number])[] = [
    ["another", "n3", 4],
    [own, "n1", 0],
    [own, "n2", 1],
  ];
  assert.deepEqual(new Set(tombstone?.body.generations), new Set(generations));
  const left = (await tracesIn(place)).filter((text) => !text.includes('"inbound"'));
  assert.deepEqual(left.sort(), [`${a} 1`, `${a} 2`], "what the cores show");
  assert.deepEqual(await storedBytes(place, "n3"), { [`${ea} 4`]: 9n });
  assert.equal((await storedBytes(place, "n1"))[`3x-ui ${ea} 0`], 5n);
  const [gap] = (await entriesOf(place, "gap")).filter((entry) => entry.node === "n1");
  assert.deepEqual(
    new Map(gap?.body.bound),
    new Map([
      [ea, "3"],
      [bob, "1"],
    ]),
  );
  const adjusted = (await entriesOf(place, "adjust")).map(({ body }) => body.subject).sort();
  assert.deepEqual(adjusted, [name, pseudonym].sort());
  const aliases = (await entriesOf(place, "alias")).map(({ body }) => `${body.name} is ${body.is}`).sort();
  assert.deepEqual(aliases, [`al is ${pseudonym}`, `${pseudonym} is third`].sort());
  assert.equal((await entriesOf(place, "generation"))[0]?.body.subject, pseudonym);
});

ledgerTest("what everybody used stays the same, and answers know the pseudonym alone", async (place) => {
  await using ledger = await place.open();
  const takenAt = new Date();
  const deltas = new Map([
    [a, 5n],
    [b, 7n],
    [bob, 1n],
  ]);
  await ledger.recordUnproven({ node: "n", source: "3x-ui", takenAt, deltas });
  await ledger.adjust({ user: name, bytes: 100n, reason: "gift", author: "ops" });
  await ledger.alias({ user: "al", is: name, reason: "longer", author: "ops" });
  const totals = async (): Promise<unknown> =>
    (await ledger.usage({ by: ["user"] })).rows.map(({ subject, uplink, downlink }) => [subject, uplink, downlink]);
  const bobs = ["bob", 1n, 0n];
  assert.deepEqual(await totals(), [[name, 5n, 107n], bobs]);
  await ledger.erase(erasure);
  assert.deepEqual(await totals(), [bobs, [pseudonym, 5n, 107n]]);
  assert.deepEqual(
    (await ledger.usage({ subject: name })).rows.map(({ total }) => total),
    [],
  );
});

ledgerTest("a name that is nowhere is refused, one that only an entry holds is not", async (place) => {
  await using ledger = await place.open();
  await expectLedgerError(ledger.erase(erasure), "unknown-user");
  await ledger.adjust({ user: name, bytes: 1n, reason: "gift", author: "ops" });
  await ledger.erase(erasure);
  assert.deepEqual(await tracesIn(place), []);
  await ledger.close();
  await assert.rejects(ledger.erase({ ...erasure, user: "" }), RangeError);
  await assert.rejects(ledger.erase({ ...erasure, author: "" }), RangeError);
});

ledgerTest("an erasure that fails at any step is finished by the next one", async (place) => {
  let step = 0;
  for (let failed = true; failed; step++) {
    const user = `${name}${step}`;
    const faulty = faultyStore(await place.openStore());
    const ledger = createLedger(faulty.store);
    for (const each of ["n1", "n2"]) {
      const deltas = new Map([[up(user), 5n]]);
      await ledger.recordUnproven({ node: each, source: "3x-ui", takenAt: new Date(), deltas });
    }
    await ledger.adjust({ user, bytes: 1n, reason: "gift", author: "ops" });
    faulty.arm({ step, after: step % 2 === 1 });
    const id = await ledger.erase({ ...erasure, user }).catch((error: unknown) => {
      assert.ok(error instanceof InjectedFault, String(error));
    });
    failed = faulty.failed;
    faulty.arm(undefined);
    const finished = await ledger.erase({ ...erasure, user });
    if (!failed) assert.equal(finished, id);
    assert.deepEqual(await tracesIn(place), []);
    const sums = Object.entries(await storedBytes(place, "n1")).map(([, bytes]) => bytes);
    assert.ok(sums.every((bytes) => bytes === 5n) && sums.length === step + 1);
  }
  assert.ok(step > 20);
  assert.equal((await entriesOf(place, "erase")).length, step, "one tombstone of each");
});

ledgerTest("tombstones tell what comes from elsewhere under which name to keep it", async (place) => {
  await using ledger = await place.open();
  await ledger.recordUnproven({ node: "n", source: "3x-ui", takenAt: new Date(), deltas: new Map([[a, 5n]]) });
  await ledger.newGeneration({ user: name, reason: "new", author: "panel" });
  await ledger.erase(erasure);
  const store = await place.openStore();
  const erased = erasedNames(await store.read((tx) => tx.entries({ kinds: ["erase"] })));
  const own = { ledger: await ledger.id(), node: "n", name: b, generation: 1 };
  assert.equal(erased.counter(own), eb);
  assert.equal(erased.counter({ ...own, generation: 2 }), undefined);
  assert.equal(erased.counter({ ...own, node: "m" }), undefined);
  assert.equal(erased.counter({ ...own, ledger: "another" }), undefined);
  assert.equal(erased.counter({ ...own, name: bob }), undefined);
  assert.equal(erased.counter({ ...own, name: `inbound>>>${name}>>>traffic>>>uplink` }), undefined);
  const body = JSON.stringify({ scope: "user", subject: name, direction: "uplink", bytes: "1", ...signed });
  const renamed = erased.body({ kind: "adjust", at: 1, body }) ?? "";
  assert.deepEqual(JSON.parse(renamed), { ...JSON.parse(body), subject: pseudonym });
  assert.equal(erased.body({ kind: "adjust", at: Date.now() + 1000, body }), undefined, "a later user of the name");
  const aside = JSON.stringify({ source: "core", name: a, generation: 0, quarter: 1, bytes: "5" });
  assert.equal(JSON.parse(erased.body({ kind: "aside", at: 1, body: aside }) ?? "").name, ea);
  assert.equal(erased.body({ kind: "late", at: 1, body: "{}" }), undefined);
  assert.equal(erasedNames([]).counter(own), undefined);
});

test("the same counter is found under the name that it has once its user is erased", () => {
  const counters = [
    { id: 1, source: "core", name: a, generation: 0 },
    { id: 2, source: "core", name: ea, generation: 1 },
    { id: 3, source: "core", name: "outbound>>>direct>>>traffic>>>uplink", generation: 0 },
  ];
  const ids = idsOnceErased(counters);
  assert.deepEqual([...ids], [[counterKey({ source: "core", name: ea, generation: 0 }), 1]]);
  assert.equal(nameOnceErased(a), ea);
  for (const name of [ea, eb, "outbound>>>direct>>>traffic>>>uplink"]) assert.equal(nameOnceErased(name), undefined);
});

test("whose counter it is", () => {
  assert.equal(userOf("user>>>a>>>b>>>traffic>>>uplink"), "a>>>b");
  assert.equal(userOf("inbound>>>a>>>traffic>>>uplink"), undefined);
  assert.equal(userOf("user>>>a>>>online"), undefined);
});

test("a SQLite file overwrites the name where it stood, and VACUUM clears what older pages kept", async () => {
  const directory = newDirectory();
  const file = join(directory, "usage.db");
  const left = (): string[] =>
    readdirSync(directory).filter((each) => readFileSync(join(directory, each)).includes(name));
  for (const users of [[name], [`${name}2`, `${name}${"x".repeat(20_000)}`]]) {
    const ledger = createLedger(await openSqliteStore(file, { busyTimeoutMs: 1000 }));
    for (const user of users) {
      const deltas = new Map(
        ["a", user, "z"].flatMap((each) => [up(each), down(each)]).map((counter) => [counter, 5n]),
      );
      await ledger.recordUnproven({ node: "n", source: "3x-ui", takenAt: new Date(), deltas });
      await ledger.adjust({ user, bytes: 1n, reason: "gift", author: "ops" });
    }
    for (const user of users) await ledger.erase({ ...erasure, user });
    await ledger.close();
    if (users.length === 1) assert.deepEqual(left(), []);
  }
  using database = new DatabaseSync(file);
  database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  assert.deepEqual(left(), []);
  removeDirectory(directory);
});

ledgerTest("what another ledger wrote around a name cannot keep it from being erased", async (place) => {
  await using ledger = await place.open();
  const depth = 100_000;
  const body = `{"cause":"foreign-reset","from":1,"bound":[["${a}","5"]],"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const nodes = ["n", "m"].map((each, at) => ({
    ...{ ledger: "l", node: each, state: "growing" as const, recorded: true, replaces: [], since: 0, upTo: 1 },
    ...{ part: { sweep: "s", from: "", to: undefined }, sessions: [], counters: [], usage: [] },
    entries: [{ id: each, kind: "gap", at: 1, from: 1, to: 1, body: at === 0 ? body : body.replace(/,"x".*/, "}") }],
  }));
  const { nodes: merged } = await ledger.merge({ ledger: "l", nodes });
  assert.deepEqual(
    merged.map(({ left }) => left),
    [[{ item: "n", reason: "malformed" }], []],
  );
  await ledger.erase(erasure);
  assert.deepEqual(await tracesIn(place), []);
});

ledgerTest("what was written by a clock that is ahead is erased as well", async (place) => {
  await using ledger = await place.open();
  const at = Date.now() + 3_600_000;
  const body = JSON.stringify({ cause: "foreign-reset", from: at, bound: [[a, "5"]] });
  const changes = {
    ...{ ledger: "l", node: "n", state: "growing" as const, recorded: true, replaces: [], since: 0, upTo: 1 },
    ...{ part: { sweep: "s", from: "", to: undefined }, sessions: [], counters: [], usage: [] },
    entries: [{ id: "gap", kind: "gap", at, from: at, to: at, body }],
  };
  await ledger.merge({ ledger: "l", nodes: [changes] });
  const id = await ledger.erase(erasure);
  assert.deepEqual(await tracesIn(place), []);
  await expectLedgerError(ledger.erase({ ...erasure, user: "nobody" }), "unknown-user");
  assert.equal(await ledger.erase(erasure), id);
});
