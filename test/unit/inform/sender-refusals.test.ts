import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { resendRefused } from "../../../src/inform/send/resend-refused.ts";
import { startTestHub, type TestHub } from "../../support/inform-hub.ts";
import { key, nodeOf, quarter, quickClock, senderOf, side } from "../../support/inform-sender.ts";
import { bytesIn } from "../../support/ledger-exchange.ts";
import { up } from "../../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

test("after 413 bodies are split, until they fit", async () => {
  const [node, hubSide] = [await nodeOf(400), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = ({ raw }) => (raw.length > 5000 ? { status: 413 } : undefined);
  const sender = senderOf(hub, node, { encoding: "none" });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  assert.deepEqual([sender.state().aside, sender.told()], [0, ["current"]]);
});

test("one row that is always too large is kept aside, all else arrives, and resend brings it", async () => {
  const directory = newDirectory();
  const [node, hubSide] = [await nodeOf(30), side()];
  await using hub = await startTestHub(hubSide.ledger);
  const tooLarge = up("user-17");
  const fault: TestHub["fault"] = ({ changes }) =>
    JSON.stringify(changes)?.includes(`${tooLarge}"`) ? { status: 413 } : undefined;
  hub.fault = fault;
  const refusedDirectory = join(directory, "refused");
  const sender = senderOf(hub, node, { refusedDirectory });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  const there = await bytesIn(hubSide.store);
  assert.equal(there.size, 29);
  assert.deepEqual([sender.state().aside, sender.told()], [1, ["aside", "current"]]);
  const sent = hub.bodies().length;
  await node.book("a", up("user-2"), quarter, 9n);
  await sender.pushOnce();
  assert.equal(hub.bodies().length, sent + 1, "what is kept aside is not sent again and again");

  // A start begins where the hub is: it tries again, and the same row is the same file.
  await senderOf(hub, node, { refusedDirectory }).pushOnce();
  assert.equal(readdirSync(refusedDirectory).length, 1);
  const [still] = await resendRefused(refusedDirectory, { hub: hub.url, key });
  assert.match(still?.error?.message ?? "", /refused a body for good \(413\)/);
  hub.fault = () => undefined;
  assert.deepEqual(
    (await resendRefused(refusedDirectory, { hub: hub.url, key })).map(({ error }) => error),
    [undefined],
  );
  assert.deepEqual(readdirSync(refusedDirectory), []);
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  removeDirectory(directory);
});

test("without a directory a refused body is waited for, and nothing is lost", async () => {
  const [node, hubSide] = [await nodeOf(3), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = ({ method }) =>
    method === "POST" ? { status: 400, body: { error: { code: "malformed", message: "no" } } } : undefined;
  const sender = senderOf(hub, node);
  const blocked = await sender.pushOnce();
  assert.equal(blocked.kind, "blocked");
  assert.match(sender.state().error?.message ?? "", /refused a body for good \(400, malformed: no\)/);
  hub.fault = () => undefined;
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  assert.deepEqual(sender.told(), ["blocked", "current"]);
});

test("a refused body that cannot be kept aside, as on a full disk, is waited for, and nothing is lost", async () => {
  const directory = newDirectory();
  const refusedDirectory = join(directory, "refused");
  writeFileSync(refusedDirectory, ""); // no directory can be made there
  const [node, hubSide] = [await nodeOf(3), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = ({ method }) => (method === "POST" ? { status: 400 } : undefined);
  const sender = senderOf(hub, node, { refusedDirectory });
  for (let again = 0; again < 2; again++) assert.equal((await sender.pushOnce()).kind, "blocked");
  assert.deepEqual([sender.state().aside, sender.told()], [0, ["blocked"]]);
  rmSync(refusedDirectory);
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual(sender.told(), ["blocked", "aside", "current"]);
  hub.fault = () => undefined;
  await resendRefused(refusedDirectory, { hub: hub.url, key });
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  removeDirectory(directory);
});

test("a hub of an older release is waited for, and nothing is kept aside: it takes no body at all", async () => {
  const directory = newDirectory();
  const refusedDirectory = join(directory, "refused");
  const [node, hubSide] = [await nodeOf(3), side()];
  await using hub = await startTestHub(hubSide.ledger);
  const body = { error: { code: "unknown-version", message: "update the hub" } };
  hub.fault = ({ method }) => (method === "POST" ? { status: 400, body } : undefined);
  const sender = senderOf(hub, node, { refusedDirectory });
  for (let again = 0; again < 2; again++) assert.equal((await sender.pushOnce()).kind, "blocked");
  assert.match(String(sender.state().error), /unknown-version: update the hub/);
  assert.deepEqual(readdirSync(directory), []);
  hub.fault = () => undefined;
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual(sender.told(), ["blocked", "current"]);
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
  removeDirectory(directory);
});

test("a node that another ledger records is refused once, others go on, and after replace all of it arrives", async () => {
  const [node, other, hubSide] = [await nodeOf(40), await nodeOf(1), side()];
  await using hub = await startTestHub(hubSide.ledger);
  await senderOf(hub, other).pushOnce();
  await node.book("b", up("bob"), quarter, 7n);
  hub.requests.length = 0;
  const sender = senderOf(hub, node, { maxBodyBytes: 1500, encoding: "none" });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  const [refused] = sender.events.filter(({ kind }) => kind === "refused");
  assert.ok(refused?.kind === "refused" && refused.node === "a");
  assert.match(String(refused.error), /nothing of a: another ledger records it/);
  assert.deepEqual(
    sender.state().refused.map(({ node, reason }) => [node, reason]),
    [["a", "other-ledger"]],
  );
  assert.ok(hub.bodies().length <= 3, "what is refused is not sent to its end");
  assert.equal((await hubSide.ledger.totals({ node: "b" })).total, 7n);
  await node.book("a", up("user-1"), quarter, 7n);
  await sender.pushOnce();
  assert.equal(sender.told().filter((kind) => kind === "refused").length, 1);
  hub.merge = { replace: true };
  await node.book("a", up("user-1"), quarter, 7n);
  await sender.pushOnce();
  assert.ok(sender.told().includes("accepted"));
  assert.deepEqual(sender.state().refused, []);
  const [own] = [await node.ledger.totals({ node: "a" })];
  assert.equal((await hubSide.ledger.totals({ node: "a" })).total, own.total + 1n);
});

test("a hub that says 409 and no more is understood, and asked again after a long pause", async () => {
  const [node, hubSide] = [await nodeOf(2), side()];
  await using hub = await startTestHub(hubSide.ledger);
  const refusal = { status: 409, body: { error: { code: "other-ledger", message: "no" } } };
  hub.fault = ({ method }) => (method === "POST" ? refusal : undefined);
  const quick = quickClock(4);
  const sender = senderOf(hub, node, { clock: quick.clock, slowMs: 10_000, intervalMs: 5000 });
  await sender.pushOnce();
  await sender.pushOnce();
  assert.deepEqual(sender.told(), ["refused", "denied"]);
  assert.match(String(sender.state().error), /another ledger records it there/);
  hub.fault = () => undefined;
  await sender.run(quick.signal);
  assert.deepEqual(sender.told(), ["refused", "denied", "accepted", "current", "stopped"]);
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
});

test("a wrong key is told once and tried after long pauses, and so is an address where no hub is", async () => {
  for (const [fault, told, message] of [
    [{ status: 401, body: { error: { code: "wrong-key", message: "not good" } } }, "denied", /\(401, wrong-key/],
    [{ status: 403 }, "denied", /\(403\)/],
    [{ status: 404 }, "wrong-address", /\(404\)/],
    [{ status: 200, body: "<html>" }, "wrong-address", /is no hub/],
  ] as const) {
    const [node, hubSide] = [await nodeOf(1), side()];
    await using hub = await startTestHub(hubSide.ledger);
    hub.fault = () => fault;
    const quick = quickClock(3);
    const sender = senderOf(hub, node, { clock: quick.clock });
    await sender.run(quick.signal);
    assert.deepEqual(quick.pauses, [300_000, 300_000, 300_000]);
    assert.deepEqual(sender.told(), [told, "stopped"]);
    assert.match(sender.state().error?.message ?? "", message);
    assert.doesNotMatch(JSON.stringify(sender.events), new RegExp(key));
  }
});

test("an answer that is no hub's acknowledges nothing", async () => {
  const [node, hubSide] = [await nodeOf(1), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = ({ method }) => (method === "POST" ? { status: 200, body: { ok: true } } : undefined);
  const sender = senderOf(hub, node);
  assert.equal((await sender.pushOnce()).kind, "wrong-address");
  hub.fault = () => undefined;
  await sender.pushOnce();
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
});

test("redirects are not followed", async () => {
  let asked = 0;
  const elsewhere = createServer((_, response) => {
    asked++;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  await using hub = await startTestHub(side().ledger);
  hub.fault = () => ({ status: 307, headers: { location } });
  for (const fetch of [undefined, globalThis.fetch])
    assert.equal((await senderOf(hub, await nodeOf(1), { fetch }).pushOnce()).kind, "wrong-address");
  assert.equal(asked, 0);
  elsewhere.close();
});

test("where a hub does not know a compression the next one is taken", async () => {
  const [node, hubSide] = [await nodeOf(3), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = ({ headers }) => (headers["content-encoding"] === undefined ? undefined : { status: 415 });
  const sender = senderOf(hub, node);
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  const before = hub.bodies().length;
  await node.book("a", up("user-1"), quarter, 1n);
  await sender.pushOnce();
  assert.equal(hub.bodies().length, before + 1, "and it remembers that");
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
});

test("a hub that never holds what it acknowledged is not pushed to without end", async () => {
  const node = await nodeOf(2);
  await using hub = await startTestHub(side().ledger);
  hub.fault = ({ changes }) => {
    if (changes === undefined) return undefined;
    const nodes = changes.nodes.map(({ ledger, node }) => ({ ledger, node, revision: 0, sessions: [] }));
    const held = { ledger: "hub", sender: changes.ledger, nodes };
    return { status: 200, body: { nodes: [], held } };
  };
  const sender = senderOf(hub, node);
  const result = await sender.pushOnce();
  assert.ok(result.kind === "unavailable");
  assert.match(result.error.message, /did not hold what it had acknowledged/);
  assert.deepEqual([hub.bodies().length, sender.told()], [5, ["rewound", "unavailable"]]);
});

test("a hub that lacks what came before is asked what it holds", async () => {
  const [node, hubSide] = [await nodeOf(2), side()];
  await using hub = await startTestHub(hubSide.ledger);
  hub.fault = ({ changes }) => {
    if (changes === undefined) return undefined;
    hub.fault = () => undefined;
    const nodes = changes.nodes.map(({ ledger, node }) => ({ ledger, node, refused: "rewind" }));
    return { status: 200, body: { nodes, held: { ledger: "hub", sender: changes.ledger, nodes: [] } } };
  };
  const sender = senderOf(hub, node);
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual(
    hub.requests.map(({ method }) => method),
    ["GET", "POST", "GET", "POST"],
  );
  assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
});
