import assert from "node:assert/strict";
import fc from "fast-check";
import { isStatsError } from "../../src/errors/stats-error.ts";
import { parseChangesJson } from "../../src/ledger/exchange/changes-json.ts";
import { ledgerTest } from "../support/ledger-stores.ts";
import { bentJson, bodies } from "../support/receiver-fuzz.ts";

ledgerTest("no changes that can be read are too much for a store", async (place) => {
  const ledger = await place.open();
  const { changes } = JSON.parse(bodies.inform);
  let merged = 0;
  await fc.assert(
    fc.asyncProperty(bentJson(JSON.stringify(changes)), fc.uuid(), async (text, id) => {
      // Each a ledger and a node of its own, so that none is a repeat of another.
      const json = JSON.parse(text.replaceAll(changes.ledger, id).replaceAll('"node":"a"', `"node":"${id}"`));
      let sent: ReturnType<typeof parseChangesJson>;
      try {
        sent = parseChangesJson(json, { mostLeftOut: 1000 });
      } catch (error) {
        assert.ok(isStatsError(error) && error.code === "malformed", String(error));
        return;
      }
      const { nodes } = await ledger.merge(sent, { maxBytesPerSecond: 1e9 });
      assert.deepEqual(nodes.length, sent.nodes.length);
      merged++;
      await ledger.merge(sent);
    }),
    { numRuns: 400 },
  );
  assert.ok(merged > 100);
  await ledger.totals();
  await ledger.gaps();
});
