import assert from "node:assert/strict";
import { test } from "node:test";
import { lendWriter } from "../../../src/cli/lent-writer.ts";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { readingHere, up } from "../../support/ledger-session.ts";

test("a reading is lent the claim while there is one: not before, and not once it is another's", async () => {
  await using ledger = openMemoryLedger();
  const lent = lendWriter(ledger);
  const read = (at: number, bytes: bigint) => async () => readingHere(at, { [up("alice")]: bytes });
  assert.equal(await lent.record(read(0, 1n)), false);
  const writer = await lent.ledger.claim("n");
  await writer.record(await read(10, 1n)());
  assert.equal(await lent.record(read(20, 5n)), true);
  await writer.heartbeat();
  await writer.record(await read(30, 6n)());
  assert.equal((await ledger.totals()).total, 5n);
  await using other = await ledger.claim("n", { whenHeld: "take" });
  assert.equal(await lent.record(read(40, 9n)), false);
  await other.record(await read(50, 9n)());
  await assert.rejects(writer.record(await read(60, 9n)()), { reason: "claim-lost" });
  assert.equal((await ledger.totals()).total, 8n);
});

test("a reading that cannot be booked is no reading", async () => {
  await using ledger = openMemoryLedger();
  const lent = lendWriter(ledger);
  await using writer = await lent.ledger.claim("n");
  await writer.record(readingHere(1000, { [up("alice")]: 1n }));
  const stepped = { stepSeconds: 7200 };
  await assert.rejects(
    lent.record(async () => readingHere(1010, { [up("alice")]: 2n }, stepped)),
    /clock/,
  );
  await assert.rejects(
    lent.record(async () => assert.fail("it cannot be read")),
    /cannot be read/,
  );
  // What the collector read meanwhile is in the reading that was lent the claim.
  const old = readingHere(1020, { [up("alice")]: 3n });
  assert.equal(await lent.record(async () => readingHere(1030, { [up("alice")]: 4n })), true);
  assert.equal((await writer.record(old)).bytes, 0n);
});
