import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createInformSender } from "../../src/inform/send/sender.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { startReceiver } from "../support/inform-receiver.ts";
import { down, readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

const days = 3;
const pollSeconds = 600;
const epochMs = 1_700_000_000_000;

/** What a core shows at a time, in seconds: users come, and not all of them move. */
function shownAt(seconds: number): Record<string, bigint> {
  const shown: Record<string, bigint> = {};
  for (let user = 0; user < 20; user++) {
    shown[up(`user-${user}`)] = BigInt(Math.floor(seconds / 3600) * (user % 4));
    shown[down(`user-${user}`)] = BigInt(seconds * (user + 1));
  }
  return shown;
}

async function quartersOf(ledger: Ledger): Promise<readonly unknown[]> {
  return (await ledger.usage({ by: ["node", "quarter", "user", "source"] })).rows;
}

test("a hub that is down for three days costs no further disk, and gets each row in its quarter", async (context) => {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  const [file, control] = [join(directory, "usage.db"), join(directory, "control.db")];
  await using hub = await startReceiver(openMemoryLedger(), { ratePerKey: { perSecond: 1000, burst: 1e6 } });
  await using node = await openSqliteLedger(file);
  await using alone = await openSqliteLedger(control);
  await using writer = await node.claim("a");
  await using aloneWriter = await alone.claim("a");

  const world = { seconds: 0, recordedTo: -pollSeconds, isDown: false, asked: 0, pauses: [] as number[] };
  const record = async (): Promise<void> => {
    while (world.recordedTo + pollSeconds <= world.seconds) {
      world.recordedTo += pollSeconds;
      const shown = shownAt(world.recordedTo);
      for (const each of [writer, aloneWriter]) await each.record(readingHere(world.recordedTo, shown));
    }
  };
  await record();
  const stop = new AbortController();
  const [downFrom, downTo] = [3600, 3600 + days * 86_400];
  const events: InformSenderEvent[] = [];
  const sender = createInformSender({
    ledger: node,
    hub: hub.url,
    key: hub.key("a"),
    refusedDirectory: join(directory, "usage.db.refused"),
    intervalMs: 60_000,
    // A hub that is down refuses connections, which costs a test three days of them.
    fetch: async (...request) => {
      world.asked++;
      if (world.seconds >= downFrom && world.seconds < downTo) throw new TypeError("fetch failed");
      return fetch(...request);
    },
    clock: {
      now: () => new Date(epochMs + world.seconds * 1000),
      random: Math.random,
      async sleep(ms, signal) {
        world.pauses.push(ms);
        world.seconds += ms / 1000;
        await record();
        if (world.seconds > downTo + 3600) stop.abort(new Error("the end"));
        signal.throwIfAborted();
      },
    },
    onEvent: (event) => events.push(event),
  });
  await sender.run(stop.signal);

  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["current", "unavailable", "current", "stopped"],
  );
  const outage = events[1]?.at.getTime() ?? 0;
  assert.ok(Math.abs((events[2]?.at.getTime() ?? 0) - outage - days * 86_400_000) < 300_000);
  assert.ok(Math.max(...world.pauses) <= 60_000);
  assert.ok(world.asked < 2 * (downTo / 30), `${world.asked} questions`);
  const quarters = await quartersOf(node);
  assert.ok(quarters.length > days * 96 * 20);
  assert.deepEqual(await quartersOf(hub.ledger), quarters);
  assert.deepEqual(
    (await hub.ledger.gaps()).map(({ cause }) => cause),
    ["first-sight"],
    "an outage of the hub is no gap",
  );

  await writer.release();
  await aloneWriter.release();
  await node.close();
  await alone.close();
  assert.deepEqual(readdirSync(directory).sort(), ["control.db", "usage.db"]);
  assert.equal(statSync(file).size, statSync(control).size, "the ledger is as large as one that sends nothing");
});
