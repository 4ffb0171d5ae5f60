import assert from "node:assert/strict";
import { test } from "node:test";
import type { Adjustment } from "../../../src/ledger/adjust.ts";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { quarterMs } from "../../../src/ledger/quarter.ts";
import { entriesOf } from "../../support/ledger-entries.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const signed = { reason: "refund of 2026-11", author: "ops" };

ledgerTest("an adjustment is an entry about no node, at the time it counts for", async (place) => {
  await using ledger = await place.open();
  const at = new Date("2026-11-01T10:07:00Z");
  const before = Date.now();
  const id = await ledger.adjust({ user: "alice", bytes: -5n, at, node: "fra-1", direction: "uplink", ...signed });
  const [entry, ...rest] = await entriesOf(place, "adjust");
  assert.deepEqual(rest, []);
  assert.deepEqual(entry?.body, {
    scope: "user",
    subject: "alice",
    direction: "uplink",
    node: "fra-1",
    bytes: "-5",
    ...signed,
  });
  assert.deepEqual([entry?.id, entry?.node, entry?.from, entry?.to], [id, "", at.getTime(), at.getTime()]);
  assert.ok(entry !== undefined && entry.at >= before && entry.at <= Date.now());
});

ledgerTest("what is not said: downlink, now, no node", async (place) => {
  await using ledger = await place.open();
  const before = Date.now();
  await ledger.adjust({ scope: "inbound", subject: "ws", bytes: 2n ** 63n - 1n, ...signed });
  const [entry] = await entriesOf(place, "adjust");
  const { direction, node, bytes, scope, subject } = entry?.body ?? {};
  assert.deepEqual(
    [scope, subject, direction, node, bytes],
    ["inbound", "ws", "downlink", undefined, "9223372036854775807"],
  );
  assert.ok(entry !== undefined && entry.from >= before && entry.from <= Date.now());
});

ledgerTest("names and reasons of any text come back as they were", async (place) => {
  await using ledger = await place.open();
  const texts = ["__proto__", "a\0b", "a>>>b", "é\u202e😀", '"', "x".repeat(64_000)];
  for (const user of texts)
    await ledger.adjust({ user, node: user, bytes: 1n, reason: user.slice(0, 1000), author: "\0" });
  const stored = await entriesOf(place, "adjust");
  assert.deepEqual(new Set(stored.map(({ body }) => body.subject)), new Set(texts));
  assert.deepEqual(new Set(stored.map(({ body }) => body.node)), new Set(texts));
});

ledgerTest("each adjustment is a write of its own, and of this opening of the ledger", async (place) => {
  await using first = await place.open();
  const ids = [
    await first.adjust({ user: "a", bytes: 1n, ...signed }),
    await first.adjust({ user: "a", bytes: 1n, ...signed }),
  ];
  await using second = await place.open();
  ids.push(await second.adjust({ user: "a", bytes: 1n, ...signed }));
  assert.equal(new Set(ids).size, 3);
  const store = await place.openStore();
  const [node, sessions] = await store.read(async (tx) => {
    const found = (await tx.nodes()).find(({ name }) => name === "");
    return [found, await tx.sessions(found?.id as number)] as const;
  });
  assert.deepEqual([node?.state, node?.revision], ["own", 3]);
  assert.deepEqual(
    sessions.map(({ revision }) => revision),
    [1, 3],
  );
  assert.notEqual(sessions[0]?.id, sessions[1]?.id);
});

test("an adjustment that is none is refused before anything is written", async () => {
  const ledger = openMemoryLedger();
  await ledger.close();
  const good = { user: "alice", bytes: 1n, ...signed };
  // biome-ignore lint/suspicious/noExplicitAny: what types cannot stop
  const refused = async (change: object, error: new (...args: any) => Error): Promise<void> => {
    await assert.rejects(ledger.adjust({ ...good, ...change } as Adjustment), error);
  };
  await refused({ bytes: 0n }, RangeError);
  await refused({ bytes: 2n ** 63n }, RangeError);
  await refused({ bytes: -(2n ** 63n) - 1n }, RangeError);
  await refused({ bytes: 1 }, TypeError);
  await refused({ user: "" }, RangeError);
  await refused({ user: "\ud800" }, RangeError);
  await refused({ user: 1 }, TypeError);
  await refused({ user: undefined }, TypeError);
  await refused({ scope: "user", subject: "bob" }, TypeError);
  await refused({ user: undefined, scope: "team", subject: "bob" }, RangeError);
  await refused({ direction: "down" }, RangeError);
  await refused({ node: "" }, RangeError);
  await refused({ at: new Date("soon") }, RangeError);
  await refused({ at: new Date(-1) }, RangeError);
  await refused({ at: new Date(2 ** 22 * quarterMs) }, RangeError);
  await refused({ at: 5 }, TypeError);
  await refused({ reason: "" }, RangeError);
  await refused({ reason: undefined }, TypeError);
  await refused({ author: "x".repeat(1001) }, RangeError);
});
