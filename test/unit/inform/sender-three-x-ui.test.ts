import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { InformSenderEvent } from "../../../src/inform/send/sender-event.ts";
import { createThreeXUiSender, type ThreeXUiSenderOptions } from "../../../src/inform/send/three-x-ui-sender.ts";
import { readInformBody } from "../../../src/inform/three-x-ui/read-inform-body.ts";
import { writeInformBody } from "../../../src/inform/three-x-ui/write-inform-body.ts";
import { type Ledger, openMemoryLedger } from "../../../src/ledger/ledger.ts";
import type { Writer } from "../../../src/ledger/writer.ts";
import type { HubFault, TestHub } from "../../support/inform-hub.ts";
import { startTestHub } from "../../support/inform-hub.ts";
import { down, readingHere, up } from "../../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

const directory = newDirectory();
after(() => removeDirectory(directory));
let files = 0;

interface World extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly hub: TestHub;
  readonly positionFile: string;
  readonly events: InformSenderEvent[];
  /** Lets the core show these counters. */
  record(counters: Readonly<Record<string, bigint>>): Promise<void>;
  sender(options?: Partial<ThreeXUiSenderOptions>): ReturnType<typeof createThreeXUiSender>;
  /** What happens to posts from now on. */
  fail(fault: HubFault | undefined): void;
  /** What the receiver has added up, as those that people have do. */
  received(): Record<string, bigint>;
}

async function world(counters: Readonly<Record<string, bigint>> = { [up("alice")]: 0n }): Promise<World> {
  const ledger = openMemoryLedger();
  const hub = await startTestHub(openMemoryLedger());
  const sums = new Map<string, bigint>();
  const writer: Writer = await ledger.claim("a");
  const positionFile = join(directory, `${files++}.json`);
  const events: InformSenderEvent[] = [];
  let at = 0;
  const record: World["record"] = async (shown) => {
    at += 10;
    await writer.record(readingHere(at, shown));
  };
  await record(counters);
  const fail: World["fail"] = (fault) => {
    hub.fault = ({ raw }) => {
      const arrived =
        fault === undefined || fault === "break-after" || (typeof fault === "object" && fault.status === 502);
      if (arrived)
        for (const { name, bytes } of readInformBody(raw).deltas) sums.set(name, (sums.get(name) ?? 0n) + bytes);
      return fault;
    };
  };
  fail(undefined);
  const sender: World["sender"] = (options) =>
    createThreeXUiSender({
      ...{ ledger, node: "a", url: `${hub.url}/x?key=k`, positionFile, onEvent: (event) => events.push(event) },
      ...options,
    });
  await sender().pushOnce();
  return {
    ...{ ledger, hub, positionFile, events, record, sender, fail },
    received: () => Object.fromEntries(sums),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await ledger.close();
    },
  };
}

async function unproven(ledger: Ledger): Promise<unknown[]> {
  const gaps = (await ledger.gaps()).filter(({ cause }) => cause === "unproven");
  return gaps.map(({ bound }) => (bound === "unknown" ? bound : Object.fromEntries(bound)));
}

test("the body is that of 3x-ui's newest version", () => {
  const sample = readFileSync("test/samples/inform/3x-ui-newest.json");
  const { clientTraffics, inboundTraffics } = JSON.parse(sample.toString());
  const deltas = new Map<string, bigint>([
    ["inbound>>>api>>>traffic>>>uplink", 5n],
    ["user>>>bob>>>online", 1n],
  ]);
  for (const { email, up: bytes, down: others } of clientTraffics) {
    deltas.set(up(email), BigInt(bytes)).set(down(email), BigInt(others));
  }
  for (const { Tag, Up, Down, IsInbound } of inboundTraffics) {
    const scope = IsInbound ? "inbound" : "outbound";
    deltas.set(`${scope}>>>${Tag}>>>traffic>>>uplink`, BigInt(Up));
    deltas.set(`${scope}>>>${Tag}>>>traffic>>>downlink`, BigInt(Down));
  }
  assert.equal(Buffer.from(writeInformBody(deltas) as Uint8Array).toString(), sample.toString().trim());
  assert.equal(writeInformBody(new Map()), undefined);
});

test("what flows after the first start is posted once, as differences", async () => {
  await using it = await world();
  assert.equal(it.hub.requests.length, 0, "what was before is not sent");
  const sender = it.sender({ key: "hunter2" });
  await it.record({ [up("alice")]: 70n, [down("__proto__")]: 5n });
  await sender.pushOnce();
  await it.record({ [up("alice")]: 100n, [down("__proto__")]: 5n });
  await sender.pushOnce();
  await sender.pushOnce();
  assert.deepEqual(it.received(), { [up("alice")]: 100n, [down("__proto__")]: 5n });
  const [first, second, third] = it.hub.requests;
  assert.equal(`${first?.method} ${first?.url.pathname}${first?.url.search}`, "POST /x?key=k");
  assert.equal(first?.headers.authorization, "Bearer hunter2");
  assert.match(first?.headers["content-type"] ?? "", /^application\/json/);
  assert.deepEqual(readInformBody(second?.raw as Buffer).deltas, [{ name: up("alice"), bytes: 30n }]);
  assert.equal(readInformBody(third?.raw as Buffer).accepted, 2, "who did not move is named too");
  // A start goes on where the last one ended.
  await it.record({ [up("alice")]: 101n, [down("__proto__")]: 5n });
  await it.sender().pushOnce();
  assert.equal(it.received()[up("alice")], 101n);
});

test("what clearly did not arrive is part of the next post", async () => {
  await using it = await world();
  const sender = it.sender();
  let shown = 0n;
  for (const status of [401, 404, 400, 429, 503, 302]) {
    it.fail({ status });
    shown += 10n;
    await it.record({ [up("alice")]: shown });
    assert.notEqual((await sender.pushOnce()).kind, "current");
  }
  // Another process goes on with it.
  it.fail(undefined);
  await it.sender().pushOnce();
  assert.deepEqual(it.received(), { [up("alice")]: 60n });
  assert.deepEqual(await unproven(it.ledger), []);
});

test("where nobody listens nothing is lost", async () => {
  await using it = await world();
  await it.record({ [up("alice")]: 10n });
  const gone = await startTestHub(it.ledger);
  await gone[Symbol.asyncDispose]();
  const result = await it.sender({ url: gone.url }).pushOnce();
  assert.equal(result.kind, "unavailable");
  await it.sender().pushOnce();
  assert.deepEqual(it.received(), { [up("alice")]: 10n });
});

test("what may have arrived is not posted again, and is a gap", async () => {
  for (const [fault, arrived] of [
    ["break-before", 0n],
    ["break-after", 10n],
    [{ status: 502 }, 10n],
  ] as const) {
    await using it = await world();
    const sender = it.sender();
    it.fail(fault);
    await it.record({ [up("alice")]: 10n, [down("alice")]: 0n });
    assert.equal((await sender.pushOnce()).kind, "unavailable");
    it.fail(undefined);
    await it.record({ [up("alice")]: 13n, [down("alice")]: 0n });
    await sender.pushOnce();
    assert.deepEqual(it.received(), { [up("alice")]: arrived + 3n });
    assert.deepEqual(await unproven(it.ledger), [{ [up("alice")]: 10n }]);
    assert.deepEqual(
      it.events.map(({ kind }) => kind),
      ["current", "loss", "unavailable", "current"],
    );
  }
});

test("a sender that was killed after a post began counts it as lost, once", async () => {
  await using it = await world();
  const killed = it.sender();
  await it.record({ [up("alice")]: 10n });
  let file = "";
  it.hub.fault = () => {
    file = readFileSync(it.positionFile, "utf8");
    return undefined;
  };
  await killed.pushOnce();
  for (let again = 0; again < 2; again++) {
    writeFileSync(it.positionFile, file); // as it was when the post was on its way
    await it.record({ [up("alice")]: 10n });
    await it.sender().pushOnce();
  }
  assert.deepEqual(await unproven(it.ledger), [{ [up("alice")]: 10n }]);
  await it.sender().pushOnce();
  assert.equal(readInformBody(it.hub.requests.at(-1)?.raw as Buffer).deltas.length, 0);
});

test("corrections and other names change nothing of what is posted", async () => {
  await using it = await world();
  const sender = it.sender();
  await it.record({ [up("alice")]: 10n });
  await sender.pushOnce();
  const signed = { reason: "test", author: "test" };
  await it.ledger.adjust({ user: "alice", bytes: -3n, ...signed });
  await it.ledger.newGeneration({ user: "alice", ...signed });
  await it.ledger.erase({ user: "alice", ...signed });
  await sender.pushOnce();
  assert.deepEqual(it.received(), { [up("alice")]: 10n });
});

test("bytes that JSON's numbers do not hold come in several posts", async () => {
  await using it = await world();
  const sender = it.sender();
  const bytes = 2n ** 54n + 1n;
  await it.record({ [up("alice")]: bytes });
  for (let post = 0; post < 3; post++) await sender.pushOnce();
  assert.deepEqual(it.received(), { [up("alice")]: bytes });
});

test("a position that is none, or of another node, is not begun anew", async () => {
  await using it = await world();
  await it.record({ [up("alice")]: 10n });
  await assert.rejects(it.sender({ node: "b" }).pushOnce(), /does not say how far b was sent/);
  writeFileSync(it.positionFile, "{");
  await assert.rejects(it.sender().pushOnce(), { code: "malformed" });
  assert.equal(it.hub.requests.length, 0);
});

test("of another ledger than before only what flows from then on is posted, and there is a gap", async () => {
  await using it = await world();
  const text = readFileSync(it.positionFile, "utf8");
  writeFileSync(it.positionFile, text.replace(await it.ledger.id(), "another"));
  await it.record({ [up("alice")]: 10n });
  const sender = it.sender();
  await sender.pushOnce();
  await it.record({ [up("alice")]: 15n });
  await sender.pushOnce();
  assert.deepEqual(it.received(), { [up("alice")]: 5n });
  assert.deepEqual(await unproven(it.ledger), ["unknown"]);
});

test("of a ledger that was put back from a backup nothing is taken back, and nothing is posted twice", async () => {
  await using it = await world();
  await it.record({ [up("alice")]: 70n, [up("bob")]: 5n });
  await it.sender().pushOnce();
  const position = JSON.parse(readFileSync(it.positionFile, "utf8"));
  // As if the ledger had come that far before it was put back.
  position.posted = position.posted.map(([id, bytes]: [number, string]) => [id, `${BigInt(bytes) + 20n}`]);
  writeFileSync(it.positionFile, JSON.stringify(position));
  const sender = it.sender();
  await sender.pushOnce();
  await it.record({ [up("alice")]: 75n, [up("bob")]: 5n });
  await sender.pushOnce();
  for (const { raw } of it.hub.requests) assert.deepEqual(readInformBody(raw).refused, []);
  assert.deepEqual(it.received(), { [up("alice")]: 70n, [up("bob")]: 5n });
  await it.record({ [up("alice")]: 91n, [up("bob")]: 5n });
  await sender.pushOnce();
  assert.equal(it.received()[up("alice")], 71n, "what goes beyond what was posted");
});

test("a disk that is full sends nothing", async () => {
  await using it = await world();
  await it.record({ [up("alice")]: 10n });
  const result = await it.sender({ positionFile: "/proc/v2ray-stats" }).pushOnce();
  assert.equal(result.kind, "unreadable");
  assert.equal(it.hub.requests.length, 0);
});
