import assert from "node:assert/strict";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { noteGap } from "../../../src/ledger/note-gap.ts";
import { openSession, up } from "../../support/ledger-session.ts";
import { ledgerTest } from "../../support/ledger-stores.ts";

const [from, to] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:00:05Z")];

ledgerTest("a gap is noted once, comes to a hub, and a writer goes on beside it", async (place) => {
  const { record, ledger } = await openSession(place, false);
  await record(0, { [up("alice")]: 1n });
  const bound = [{ name: up("alice"), value: 7n }];
  const gap = { id: "gap-1", node: "node-a", cause: "unproven", from, to, bound } as const;
  for (let again = 0; again < 2; again++) await noteGap(ledger, gap);
  assert.equal((await record(10, { [up("alice")]: 5n })).bytes, 4n);
  const noted = (await ledger.gaps()).filter(({ cause }) => cause === "unproven");
  assert.deepEqual(noted, [
    {
      id: "gap-1",
      node: "node-a",
      cause: "unproven",
      from,
      to,
      bound: new Map([[up("alice"), 7n]]),
      settled: undefined,
    },
  ]);
  const hub = openMemoryLedger();
  const { since } = await ledger.reconcile(await hub.held(await ledger.id()));
  await hub.merge(await ledger.changes({ since }));
  assert.deepEqual(
    (await hub.gaps()).filter(({ cause }) => cause === "unproven"),
    noted,
  );
  await assert.rejects(noteGap({ ...ledger }, gap), TypeError);
});
