import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { StatsError } from "../../src/errors/stats-error.ts";
import { serveHandler } from "../../src/http/serve-handler.ts";
import { makeKey, makeSigningSecret } from "../../src/inform/keys/make-key.ts";
import { openKeyFiles } from "../../src/inform/keys/open-key-files.ts";
import { updateKeyFile } from "../../src/inform/keys/update-key-file.ts";
import { createInformReceiver, type InformReceiverOptions } from "../../src/inform/receive/receiver.ts";
import type { PushResult } from "../../src/inform/send/push-loop.ts";
import { createInformSender } from "../../src/inform/send/sender.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { createThreeXUiSender } from "../../src/inform/send/three-x-ui-sender.ts";
import type { TlsOptions } from "../../src/internal/tls-options.ts";
import { createLedger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openMemoryStore } from "../../src/ledger/memory/memory-store.ts";
import { quarterOf } from "../../src/ledger/quarter.ts";
import { makeCertificates, opensslMissing } from "../support/certificates.ts";
import { bytesIn, QuarterWriter } from "../support/ledger-exchange.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

let directory: string;
let keyFile: string;
const ofA = makeKey("a", ["usage"]);
const signing = makeSigningSecret("a", ["usage"]);
const ofB = makeKey("b", ["usage"]);
const quarter = quarterOf(new Date()) - 500;

before(async () => {
  directory = newDirectory();
  keyFile = join(directory, "keys.json");
  await updateKeyFile(keyFile, () => ({ keys: [ofA.key, ofB.key], secrets: [signing.secret] }));
});

after(() => removeDirectory(directory));

async function startHub(options: Partial<InformReceiverOptions> = {}) {
  const store = openMemoryStore();
  const ledger = createLedger(store);
  const handler = createInformReceiver({ ledger, keys: await openKeyFiles([keyFile]), ...options });
  const served = await serveHandler(handler, { listen: "127.0.0.1:0" });
  return { store, ledger, url: served.url, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

async function nodeOf(users: number) {
  const store = openMemoryStore();
  const writer = new QuarterWriter(store);
  for (let user = 0; user < users; user++) await writer.book("a", up(`user-${user}`), quarter + (user % 3), 5n);
  return { store, ledger: createLedger(store), writer };
}

test("sender and receiver: all arrives, by key and by signature, however small the receiver's bodies are", async () => {
  for (const [key, limits] of [
    [ofA.text, {}],
    [signing.text, {}],
    [ofA.text, { maxUnpackedBytes: 3000 }],
  ] as const) {
    await using hub = await startHub(limits);
    const node = await nodeOf(100);
    const sender = createInformSender({ ledger: node.ledger, hub: hub.url, key, node: "a" });
    assert.deepEqual(await sender.pushOnce(), { kind: "current" });
    await node.writer.book("a", up("user-1"), quarter, 5n);
    assert.deepEqual(await sender.pushOnce(), { kind: "current" });
    assert.deepEqual(await bytesIn(hub.store), await bytesIn(node.store));
  }
});

test("sender and receiver: keys of nobody and of another node, and a second agent, are told as they are", async () => {
  await using hub = await startHub();
  const [node, second] = [await nodeOf(2), await nodeOf(2)];
  const events: InformSenderEvent[] = [];
  const push = (ledger: typeof node.ledger, key: string): Promise<unknown> =>
    createInformSender({ ledger, hub: hub.url, key, onEvent: (event) => events.push(event) }).pushOnce();
  await push(node.ledger, makeKey("a", ["usage"]).text);
  await push(node.ledger, ofB.text);
  await push(node.ledger, ofA.text);
  await push(second.ledger, ofA.text);
  assert.deepEqual(
    events.map((event) => [event.kind, "error" in event ? event.error?.message.split(" (")[0] : undefined]),
    [
      ["denied", `${new URL(hub.url).host} does not let us in`],
      ["refused", "the hub takes nothing of a: this key may not bring it"],
      ["denied", "the hub takes nothing of a: this key may not bring it"],
      ["current", undefined],
      ["refused", "the hub takes nothing of a: another ledger records it there"],
      ["denied", "the hub takes nothing of a: another ledger records it there"],
    ],
  );
  assert.deepEqual(await bytesIn(hub.store), await bytesIn(node.store));
});

test("sender and receiver: over TLS with certificates of both, and nobody else's", {
  skip: opensslMissing(),
}, async () => {
  using certificates = makeCertificates();
  const { ca, otherCa, server, client } = certificates;
  const ledger = openMemoryLedger();
  const handler = createInformReceiver({ ledger, keys: await openKeyFiles([keyFile]) });
  const serverTls = { cert: server.cert, key: server.key, ca: ca.cert };
  await using served = await serveHandler(handler, { listen: "127.0.0.1:0", tls: serverTls });
  const node = await nodeOf(3);
  const push = (tls: TlsOptions): Promise<PushResult> =>
    createInformSender({ ledger: node.ledger, hub: served.url, key: ofA.text, tls, timeoutMs: 5000 }).pushOnce();
  const own = { cert: client.cert, key: client.key };
  assert.equal((await push({ ca: ca.cert })).kind, "unavailable");
  const stranger = await push({ ...own, ca: otherCa.cert });
  assert.equal(stranger.kind === "unavailable" && (stranger.error as StatsError).code, "tls");
  assert.equal((await ledger.totals()).total, 0n);
  assert.deepEqual(await push({ ...own, ca: ca.cert }), { kind: "current" });
  assert.equal((await ledger.totals()).total, 15n);
});

test("sender and receiver: a hub that never answers is given up after the deadline", async () => {
  const silent = createServer(() => {});
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { ledger } = await nodeOf(1);
  const result = await createInformSender({ ledger, hub: url, key: ofA.text, timeoutMs: 50 }).pushOnce();
  assert.equal(result.kind === "unavailable" && (result.error as StatsError).code, "timeout");
  silent.closeAllConnections();
  silent.close();
});

test("sender and receiver: 3x-ui's form is booked as unproven", async () => {
  await using hub = await startHub();
  const ledger = openMemoryLedger();
  const writer = await ledger.claim("a");
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  const url = `${hub.url}/v1/inform/3x-ui?key=${ofA.text}`;
  const sender = createThreeXUiSender({ ledger, node: "a", url, positionFile: join(directory, "position") });
  await sender.pushOnce();
  await writer.record(readingHere(10, { [up("alice")]: 77n }));
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  const [row] = (await hub.ledger.usage({ by: ["user", "source"] })).rows;
  assert.deepEqual([row?.subject, row?.source, row?.total], ["alice", "3x-ui", 77n]);
});

test("an agent whose key may not correct sends the rest and rests, also after corrections of its own", async () => {
  await using hub = await startHub();
  await using ledger = openMemoryLedger();
  await using writer = await ledger.claim("a");
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  const events: InformSenderEvent[] = [];
  const start = () =>
    createInformSender({ ledger, hub: hub.url, key: ofA.text, onEvent: (event) => events.push(event) });
  let sender = start();
  for (let round = 1; round <= 3; round++) {
    await ledger.adjust({ user: "alice", bytes: 5n, reason: "r", author: "a" });
    await writer.record(readingHere(round * 10, { [up("alice")]: BigInt(round) }));
    assert.deepEqual(await sender.pushOnce(), { kind: "current" });
    assert.deepEqual(await sender.pushOnce(), { kind: "current" });
    assert.equal((await hub.ledger.totals()).total, BigInt(round));
    if (round === 2) sender = start();
  }
  assert.deepEqual(
    new Set(events.map((event) => (event.kind === "left-out" ? event.reason : event.kind))),
    new Set(["not-allowed", "current"]),
  );
});
