import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { signatureHeader, signBody } from "../../../src/inform/signature.ts";
import { createTurns } from "../../../src/internal/turns.ts";
import { type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { quarterOf } from "../../../src/ledger/quarter.ts";
import { allChanges, bearer, bodyOf, rawPost, startReceiver } from "../../support/inform-receiver.ts";
import { readingHere, up } from "../../support/ledger-session.ts";

async function nodeLedger(): Promise<Ledger> {
  const ledger = openMemoryLedger();
  await using writer = await ledger.claim("a");
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 100n }));
  return ledger;
}

test("small bodies of what is large in memory are refused before they are understood", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const headers = { ...bearer(hub.key("a")), "content-encoding": "gzip" };
  const size = 48 * 1024 ** 2;
  const bombs = ["[".repeat(size), `[${"{},".repeat(size / 3)}0]`, `["a"${',"b"'.repeat(size / 4)},0,0]`];
  for (const bomb of bombs)
    for (const path of ["/v1/inform", "/v1/inform/3x-ui"]) {
      const { status, json } = await hub.post(path, gzipSync(bomb), headers);
      assert.deepEqual([status, json.error.code], [413, "too-large"], bomb.slice(0, 8));
    }
  const panel = { clientTraffics: Array.from({ length: 20_000 }, (_, at) => ({ email: `u${at}`, up: 1, down: 0 })) };
  assert.equal((await hub.post("/v1/inform/3x-ui", gzipSync(JSON.stringify(panel)), headers)).status, 200);
});

test("a body of more rows than any sender sends is refused, so that it comes in parts", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const { ledger, nodes } = await allChanges(await nodeLedger());
  const quarter = quarterOf(new Date());
  const push = (rows: number): Promise<{ readonly status: number }> => {
    const usage = [{ quarter, counters: Array(rows).fill(0), bytes: Array(rows).fill(1n) }];
    return hub.push(hub.key("a"), { ledger, nodes: nodes.map((node) => ({ ...node, usage })) });
  };
  assert.equal((await push(100_000)).status, 413, "the entries count too");
  assert.equal((await push(99_000)).status, 200);
});

test("a key has a few bodies on their way, and another key is not held up by them", async () => {
  await using hub = await startReceiver(openMemoryLedger(), { ratePerKey: { perSecond: 1e6, burst: 1e6 } });
  const body = Buffer.from(bodyOf(await allChanges(await nodeLedger())));
  const key = bearer(hub.key("a"));
  const headers = { ...key, "content-type": "application/json", "content-length": `${body.length}` };
  const ends: (() => void)[] = [];
  const slow = Array.from({ length: 8 }, () =>
    rawPost(`${hub.url}/v1/inform`, headers, (write, end) => {
      write(body.subarray(0, 10));
      ends.push(() => {
        write(body.subarray(10));
        end();
      });
    }),
  );
  // Until the last of them has come so far, there is room.
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 1000, "there is room for any number");
    const { status, json } = await hub.post("/v1/inform", body, key);
    if (status === 200) continue;
    assert.deepEqual([status, json.error.code], [429, "rate"]);
    break;
  }
  assert.equal((await hub.post("/v1/inform", body, bearer(hub.key("a")))).status, 200);
  for (const end of ends) end();
  assert.deepEqual(new Set((await Promise.all(slow)).map(({ status }) => status)), new Set([200]));
  assert.equal((await hub.post("/v1/inform", body, key)).status, 200);
});

test("who knows a secret's id alone fills no memory, and keeps no key's sender out", async () => {
  await using hub = await startReceiver(openMemoryLedger());
  const { id } = hub.secret("a");
  const body = Buffer.from(bodyOf(await allChanges(await nodeLedger())));
  const [type, length] = [{ "content-type": "application/json" }, { "content-length": `${body.length}` }];
  const forged = { ...type, [signatureHeader]: signBody(body, { id, secret: "guessed" }, new Date()) };
  const ends: (() => void)[] = [];
  const slow = Array.from({ length: 32 }, () =>
    rawPost(`${hub.url}/v1/inform`, { ...forged, ...length }, (write, end) => {
      write(body.subarray(0, 10));
      ends.push(() => {
        write(body.subarray(10));
        end();
      });
    }),
  );
  const statuses = new Set<number>();
  for (let tries = 0; !statuses.has(429); tries++) {
    assert.ok(tries < 1000, "there is room for any number");
    statuses.add((await hub.post("/v1/inform", body, forged)).status);
  }
  assert.equal((await hub.post("/v1/inform", body, bearer(hub.key("a")))).status, 200);
  for (const end of ends) end();
  assert.deepEqual(new Set((await Promise.all(slow)).map(({ status }) => status)), new Set([401]));
});

test("turns are taken in order, and a failure ends only its own", async () => {
  const inTurn = createTurns(2);
  const order: string[] = [];
  let running = 0;
  const run = (name: string): Promise<void> =>
    inTurn(async () => {
      assert.ok(++running <= 2);
      order.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (name === "b") throw new Error("b failed");
    });
  const results = await Promise.allSettled(["a", "b", "c", "d"].map(run));
  assert.deepEqual(order, ["a", "b", "c", "d"]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
});
