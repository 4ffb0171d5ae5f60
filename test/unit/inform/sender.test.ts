import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSigningSecret } from "../../../src/inform/keys/make-key.ts";
import { createInformSender } from "../../../src/inform/send/sender.ts";
import { parseSignature, verifySignature } from "../../../src/inform/signature.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type HubFault, startTestHub } from "../../support/inform-hub.ts";
import { key, nodeOf, quarter, quickClock, senderOf, side } from "../../support/inform-sender.ts";
import { bytesIn } from "../../support/ledger-exchange.ts";
import { down, readingHere, up } from "../../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

/** Numbers that look random and are the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("a sender asks what is held, sends what is not, and then nothing until something moves", async () => {
  const [node, hubSide] = [await nodeOf(3), side()];
  await using hub = await startTestHub(hubSide.ledger);
  const sender = senderOf(hub, node, { hub: `${hub.url}/base/` });
  assert.deepEqual(sender.state(), {
    ...{ status: "starting", error: undefined, acknowledgedAt: undefined, bodies: 0, aside: 0, refused: [] },
  });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  const [held, body, ...others] = hub.requests;
  assert.equal(`${held?.url.pathname}${held?.url.search}`, `/base/v1/held?sender=${await node.ledger.id()}`);
  assert.deepEqual([held?.headers.authorization, held?.method], [`Bearer ${key}`, "GET"]);
  assert.deepEqual([body?.url.pathname, body?.headers.authorization], ["/base/v1/inform", `Bearer ${key}`]);
  assert.equal(others.length, 0);
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  for (let again = 0; again < 3; again++) assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.equal(hub.requests.length, 2, "nothing is sent where nothing moved");
  await node.book("a", up("user-1"), quarter, 5n);
  await sender.pushOnce();
  assert.equal(hub.requests.length, 3);
  assert.deepEqual(hub.requests[2]?.changes?.nodes[0]?.usage, [{ quarter, counters: [0], bytes: ["7"] }]);
  assert.deepEqual([sender.state().status, sender.state().bodies, sender.told()], ["current", 2, ["current"]]);
});

test("a sender that is started anew sends nothing that is held", async () => {
  const [node, hubSide] = [await nodeOf(50), side()];
  await using hub = await startTestHub(hubSide.ledger);
  await senderOf(hub, node).pushOnce();
  await senderOf(hub, node).pushOnce();
  assert.equal(hub.bodies().length, 1);
});

test("lost, repeated and broken exchanges do no harm: the hub ends as the node", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomFrom(seed);
    const [node, hubSide] = [await nodeOf(20), side()];
    await using hub = await startTestHub(hubSide.ledger);
    const faults: (HubFault | undefined)[] = ["break-before", "break-after", "twice", { status: 503 }, undefined];
    let calm = false;
    hub.fault = () => (calm ? undefined : faults[Math.floor(random() * faults.length)]);
    let sender = senderOf(hub, node, { maxBodyBytes: 1000 });
    for (let round = 0; round < 25; round++) {
      for (let row = 0; row < 5; row++)
        await node.book(
          random() < 0.5 ? "a" : "b",
          down(`user-${Math.floor(random() * 30)}`),
          quarter + Math.floor(random() * 4),
          BigInt(Math.floor(random() * 1e12)),
        );
      if (random() < 0.1) sender = senderOf(hub, node, { maxBodyBytes: 1000 });
      await sender.pushOnce();
    }
    calm = true;
    assert.deepEqual(await sender.pushOnce(), { kind: "current" });
    assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store), `seed ${seed}`);
  }
});

test("bodies are as small as asked, and all rows arrive", async () => {
  const [node, hubSide] = [await nodeOf(400), side()];
  await using hub = await startTestHub(hubSide.ledger);
  await senderOf(hub, node, { maxBodyBytes: 3000, encoding: "none" }).pushOnce();
  assert.ok(hub.bodies().length > 5);
  for (const { raw, headers } of hub.bodies()) {
    assert.ok(raw.length <= 3000, `${raw.length}`);
    assert.equal(headers["content-encoding"], undefined);
  }
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
});

test("a hub that was restored from a backup gets again what it lacks", async () => {
  const [node, hubSide, backup] = [await nodeOf(3), side(), side()];
  await using hub = await startTestHub(backup.ledger);
  await senderOf(hub, node).pushOnce();
  hub.ledger = hubSide.ledger;
  const sender = senderOf(hub, node);
  await sender.pushOnce();
  for (let round = 0; round < 3; round++) {
    await node.book("a", down("user-1"), quarter + round, 5n);
    await sender.pushOnce();
  }
  hub.ledger = backup.ledger;
  await node.book("a", down("user-1"), quarter, 1n);
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.ok(sender.told().includes("rewound"), sender.told().join());
  assert.deepEqual(await bytesIn(backup.store), await bytesIn(node.store));
});

test("a ledger that was restored from a copy becomes another one, with a gap, and goes on", async () => {
  const directory = newDirectory();
  const [file, copy] = [join(directory, "usage.db"), join(directory, "copy.db")];
  const hubSide = side();
  await using hub = await startTestHub(hubSide.ledger);
  const record = async (path: string, at: number, bytes: bigint): Promise<string> => {
    await using ledger = await openSqliteLedger(path);
    await using writer = await ledger.claim("a");
    if (at === 0) await writer.record(readingHere(0, { [up("alice")]: 0n }));
    await writer.record(readingHere(at + 10, { [up("alice")]: bytes }));
    return await ledger.id();
  };
  const send = async (path: string): Promise<readonly string[]> => {
    await using ledger = await openSqliteLedger(path);
    const sender = senderOf(hub, { ledger });
    assert.deepEqual(await sender.pushOnce(), { kind: "current" });
    return sender.told();
  };
  await record(file, 0, 100n);
  await send(file);
  copyFileSync(file, copy);
  const id = await record(file, 20, 150n);
  await send(file);
  assert.deepEqual(await send(copy), ["restored", "current"]);
  await using restored = await openSqliteLedger(copy);
  assert.notEqual(await restored.id(), id);
  await record(copy, 40, 180n);
  await send(copy);
  await record(copy, 60, 200n);
  await send(copy);
  const causes = (await hubSide.ledger.gaps()).map(({ cause }) => cause);
  assert.ok(causes.includes("ledger-restored"), causes.join());
  assert.equal((await hubSide.ledger.totals()).total, 170n, "150 before, 20 after the new base, nothing twice");
  await restored.close();
  removeDirectory(directory);
});

test("a hub that is down is asked after growing pauses; then all arrives in its own quarters", async () => {
  const [node, hubSide] = [await nodeOf(2), side()];
  await using hub = await startTestHub(hubSide.ledger);
  await senderOf(hub, node).pushOnce();
  let asked = 0;
  hub.fault = ({ method }) => {
    if (method !== "POST" || ++asked > 9) return undefined;
    return asked === 9 ? { status: 503, headers: { "retry-after": "120" } } : { status: 502 };
  };
  const quick = quickClock(12);
  const sender = senderOf(hub, node, { clock: quick.clock, intervalMs: 5000, maxBodyBytes: 2000, encoding: "none" });
  for (let each = 1; each <= 200; each++) await node.book("a", up("user-1"), quarter + each, BigInt(each));
  await sender.run(quick.signal);
  assert.deepEqual(quick.pauses.slice(0, 8), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  assert.ok((quick.pauses[8] as number) >= 120_000, `${quick.pauses[8]}`);
  assert.equal(quick.pauses[9], 5000);
  assert.ok(hub.bodies().length > 13, "it catches up in several bodies");
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  assert.deepEqual(sender.told(), ["unavailable", "current", "stopped"]);
});

test("what does not fit is refused before anything is asked, and no key is shown", () => {
  const { ledger } = side();
  for (const [options, message] of [
    [{ hub: "http://192.0.2.1" }, /use https/],
    [{ hub: "https://user:hunter2@hub.example" }, /name and password/],
    [{ key: "hunter2" }, /not a key/],
    [{ intervalMs: 0 }, /intervalMs/],
    [{ timeoutMs: Number.NaN }, /timeoutMs/],
    [{ maxBodyBytes: 0 }, /maxBodyBytes/],
    [{ hub: "http://127.0.0.1", tls: {} }, /https/],
  ] as const)
    assert.throws(
      () => createInformSender({ ledger, hub: "https://hub.example", key, ...options }),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return error instanceof TypeError || error instanceof RangeError;
      },
    );
  createInformSender({ ledger, hub: "http://192.0.2.1", key, allowInsecure: true });
});

test("with a secret every request is signed, over the body as it is sent", async () => {
  const { text, secret } = makeSigningSecret("a", ["usage"]);
  const [node, hubSide] = [await nodeOf(3), side()];
  await using hub = await startTestHub(hubSide.ledger);
  await senderOf(hub, node, { key: `\n${text}\n` }).pushOnce();
  assert.equal(hub.requests.length, 2);
  for (const { headers, raw } of hub.requests) {
    assert.equal(headers.authorization, undefined);
    const signature = parseSignature(headers["x-v2ray-stats-signature"] as string);
    assert.equal(verifySignature(signature, raw, [secret], { now: new Date() }), secret);
    assert.ok(!JSON.stringify(headers).includes(secret.secret));
  }
});

test("a stop pushes once more, and does not wait for a hub that hangs", async () => {
  const [node, hubSide] = [await nodeOf(1), side()];
  await using hub = await startTestHub(hubSide.ledger);
  const stop = new AbortController();
  const first = senderOf(hub, node, { intervalMs: 3_600_000, onEvent: () => {} });
  const running = first.run(stop.signal);
  while (first.state().status !== "current") await new Promise(setImmediate);
  await node.book("a", up("user-1"), quarter, 100n);
  stop.abort();
  await running;
  assert.equal(first.state().status, "stopped");
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));

  await node.book("a", up("user-1"), quarter, 100n);
  const end = new AbortController();
  hub.fault = () => {
    end.abort();
    return new Promise(() => {});
  };
  const began = performance.now();
  await senderOf(hub, node, { lastPushMs: 50 }).run(end.signal);
  assert.ok(performance.now() - began < 20_000);
});

test("a ledger that cannot be read is a state, one that is closed an end", async () => {
  const node = await nodeOf(1);
  await using hub = await startTestHub(side().ledger);
  const sender = senderOf(hub, node);
  await node.ledger.close();
  await assert.rejects(sender.pushOnce(), { reason: "closed" });
});

test("a running sender whose ledger has a copy that went on finds out, and goes on as another ledger", async () => {
  const directory = newDirectory();
  const [file, copy] = [join(directory, "usage.db"), join(directory, "copy.db")];
  const hubSide = side();
  await using hub = await startTestHub(hubSide.ledger);
  {
    await using first = await openSqliteLedger(file);
    await using writer = await first.claim("a");
    await writer.record(readingHere(0, { [up("alice")]: 0n }));
    await writer.record(readingHere(10, { [up("alice")]: 100n }));
  }
  copyFileSync(file, copy);
  await using ledger = await openSqliteLedger(file);
  const sender = senderOf(hub, { ledger });
  await sender.pushOnce();
  for (const path of [copy, file]) {
    await using other = await openSqliteLedger(path);
    await using writer = await other.claim("a");
    await writer.record(readingHere(20, { [up("alice")]: 130n }));
    if (path === copy) await senderOf(hub, { ledger: other }).pushOnce();
  }
  const id = await ledger.id();
  await sender.pushOnce();
  assert.ok(sender.told().includes("restored"), sender.told().join());
  assert.notEqual(await ledger.id(), id);
  assert.equal((await hubSide.ledger.totals()).total, 130n, "what both recorded counts once");
  assert.ok((await ledger.gaps()).some(({ cause }) => cause === "ledger-restored"));
  await ledger.close();
  removeDirectory(directory);
});

test("a body whose answer was lost comes again as it was, so that the parts of a long exchange fit together", async () => {
  const [node, hubSide] = [await nodeOf(60), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = () => (hub.bodies().length === 3 || hub.bodies().length === 4 ? "break-after" : undefined);
  const sender = senderOf(hub, node, { maxBodyBytes: 1500, encoding: "none" });
  assert.equal((await sender.pushOnce()).kind, "unavailable");
  for (let user = 0; user < 60; user++) await node.book("a", up(`user-${user}`), quarter, 1n);
  assert.equal((await sender.pushOnce()).kind, "current");
  const bodies = hub.bodies().map(({ raw }) => raw.toString());
  assert.deepEqual([bodies[3], bodies[4]], [bodies[2], bodies[2]]);
  assert.ok(!sender.told().includes("rewound"), sender.told().join());
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
});
