import assert from "node:assert/strict";
import { type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import type { LedgerCorrection } from "../../../src/ledger/list-corrections.ts";
import { readingHere, up } from "../../support/ledger-session.ts";
import { type LedgerPlace, ledgerTest } from "../../support/ledger-stores.ts";

const signed = { reason: "a word", author: "ops" };
const march = { from: new Date("2026-03-01T00:00Z"), to: new Date("2026-04-01T00:00Z") };

async function written(place: LedgerPlace): Promise<{ readonly ids: string[]; readonly gap: string }> {
  await using ledger = await place.open();
  await using writer = await ledger.claim("n");
  await writer.record(readingHere(0, { [up("alice")]: 10n, [up("bob")]: 1n }));
  await writer.record(readingHere(10, { [up("alice")]: 15n, [up("bob")]: 2n }));
  const gap = (await ledger.gaps())[0]?.id as string;
  const at = new Date("2026-03-02T03:04:05Z");
  const ids = [
    await ledger.adjust({ user: "alice", bytes: -(2n ** 62n), at, ...signed }),
    await ledger.adjust({ scope: "inbound", subject: "ws", direction: "uplink", bytes: 3n, node: "n", at, ...signed }),
    await ledger.settle(gap, { as: "nothing-lost", ...signed }),
    await ledger.alias({ user: "alice", is: "al", ...signed }),
    await ledger.alias({ node: "n", is: "fra", ...signed }),
    ...(await ledger.newGeneration({ user: "alice", ...signed })).map(({ id }) => id),
    await ledger.closePeriod({ ...march, subjects: ["alice"], node: "n", ...signed }),
  ];
  ids.push(await ledger.reopenPeriod(ids.at(-1) as string, signed));
  ids.push(await ledger.erase({ user: "bob", ...signed }));
  ids.push(await ledger.retract({ ledger: await ledger.id(), node: "n", ...signed }));
  return { ids, gap };
}

/** Without what differs from run to run: entries of one millisecond are in no order. */
function saidOf(corrections: readonly LedgerCorrection[], ids: readonly string[]): unknown[] {
  return corrections
    .toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
    .map(({ id, at, author, reason, ...said }) => {
      assert.ok(Math.abs(at.getTime() - Date.now()) < 60_000);
      assert.deepEqual([author, reason], ["ops", "a word"], id);
      return said;
    });
}

ledgerTest("corrections are all that people wrote, and what they say", async (place) => {
  const { ids, gap } = await written(place);
  await using ledger = await place.open();
  const corrections = await ledger.corrections();
  assert.deepEqual(corrections.map(({ id }) => id).sort(), ids.toSorted());
  const times = corrections.map(({ at }) => at.getTime());
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const countsAt = new Date("2026-03-02T03:04:05Z");
  assert.deepEqual(saidOf(corrections, ids), [
    {
      ...{ kind: "adjust", scope: "user", subject: "alice", direction: "downlink" },
      ...{ bytes: -(2n ** 62n), node: undefined, countsAt },
    },
    { kind: "adjust", scope: "inbound", subject: "ws", direction: "uplink", bytes: 3n, node: "n", countsAt },
    { kind: "settle", gap, as: "nothing-lost" },
    { kind: "alias", of: "user", name: "alice", is: "al" },
    { kind: "alias", of: "node", name: "n", is: "fra" },
    { kind: "generation", node: "n", scope: "user", subject: "alice", generation: 1 },
    { kind: "statement", ...march, scope: "user", subjects: ["alice"], node: "n" },
    { kind: "reopen", statement: ids[6] },
    { kind: "erase", pseudonym: "erased-1b12a4a44b33" },
    { kind: "retract", ledger: await ledger.id(), node: "n" },
  ]);
});

ledgerTest("corrections are told by when they were written, and by kinds of a later release too", async (place) => {
  await using ledger = await place.open();
  const id = await ledger.adjust({ user: "alice", bytes: 1n, at: march.from, ...signed });
  const [{ at } = { at: new Date(0) }] = await ledger.corrections();
  assert.equal((await ledger.corrections({ from: at })).length, 1);
  assert.deepEqual(await ledger.corrections({ to: at }), []);
  await assert.rejects(ledger.corrections({ from: march.to, to: march.from }), RangeError);
  await assert.rejects(ledger.corrections({ from: "2026" as unknown as Date }), TypeError);

  await using hub = openMemoryLedger();
  const changes = await ledger.changes();
  const later = { ...{ kind: "praise", at: 2_000, from: 0, to: 0 }, body: '{"author":"ops","reason":7,"stars":5}' };
  const machine = { kind: "aside", at: 2_000, from: 0, to: 0, body: JSON.stringify({ name: up("alice") }) };
  const [node] = changes.nodes;
  assert.ok(node !== undefined);
  const entries = [...node.entries, { ...later, id: "x-1" }, { ...machine, id: "x-2" }];
  await hub.merge({ ...changes, nodes: [{ ...node, entries }] });
  assert.deepEqual(
    (await hub.corrections()).map((each) => (each.kind === "other" ? each : each.id)),
    [{ id: "x-1", at: new Date(2_000), kind: "other", name: "praise", author: "ops", reason: undefined }, id],
  );
});

ledgerTest("nodes are told with the ledger that recorded each", async (place) => {
  await using hub = await place.open();
  assert.deepEqual(await hub.nodes(), []);
  const record = (ledger: Ledger, node: string): Promise<unknown> =>
    ledger.recordUnproven({ node, source: "panel", takenAt: march.from, deltas: [{ name: up("alice"), bytes: 5n }] });
  await record(hub, "n");
  await using other = openMemoryLedger();
  await record(other, "m");
  await hub.merge(await other.changes());
  await hub.alias({ node: "m", is: "ams", ...signed });
  const [own, theirs] = [await hub.id(), await other.id()];
  const m = { node: "m", shownAs: "ams", ledger: theirs, state: "merged", retracted: false };
  const n = { node: "n", shownAs: "n", ledger: own, state: "own", retracted: false };
  assert.deepEqual(await hub.nodes(), [m, n]);
  await hub.retract({ ledger: theirs, ...signed });
  assert.deepEqual(await hub.nodes(), [{ ...m, retracted: true }, n]);
});
