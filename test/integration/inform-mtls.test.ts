import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeKey } from "../../src/inform/keys/make-key.ts";
import { updateKeyFile } from "../../src/inform/keys/update-key-file.ts";
import { createInformSender } from "../../src/inform/send/sender.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { type Certificates, makeCertificates, opensslMissing } from "../support/certificates.ts";
import { nodeOf, type Side } from "../support/inform-sender.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { type RunningCli, startCli } from "../support/running-cli.ts";

const skip = opensslMissing();
let directory: string;
let certificates: Certificates;
const { text: key, key: entry } = makeKey("a", ["usage"]);

before(async () => {
  if (skip !== undefined) return;
  directory = newDirectory();
  certificates = makeCertificates();
  await updateKeyFile(join(directory, "keys.json"), () => ({ keys: [entry], secrets: [] }));
  writeFileSync(join(directory, "a.key"), key, { mode: 0o600 });
});

after(() => {
  if (skip !== undefined) return;
  certificates[Symbol.dispose]();
  removeDirectory(directory);
});

/** A hub's process; with `ca` it lets in only who has a certificate of it. */
async function startHub(db: string, listen: string, ca?: string): Promise<RunningCli & { readonly url: string }> {
  const { certificateFile, keyFile } = certificates.server;
  const tls = ["--tls-cert", certificateFile, "--tls-key", keyFile, ...(ca === undefined ? [] : ["--tls-ca", ca])];
  const files = ["--db", db, "--key-file", join(directory, "keys.json")];
  const hub = startCli(["inform", "receive", "--listen", listen, ...files, ...tls]);
  const [url = ""] = /https:\S+/.exec(await hub.errorLine(/listening at /)) ?? [];
  return Object.assign(hub, { url });
}

async function bytesOf(db: string): Promise<bigint> {
  await using ledger = await openSqliteLedger(db);
  return (await ledger.totals()).total;
}

test("createInformSender shows a hub its certificate; who has none is told so, and heals", { skip }, async () => {
  const { ca, otherCa, client } = certificates;
  const db = join(directory, "hub.db");
  const node = await nodeOf(10);
  const events: InformSenderEvent[] = [];
  async function push({ ledger }: Side, url: string, tls: object): Promise<string> {
    const onEvent = (event: InformSenderEvent): void => void events.push(event);
    const sender = createInformSender({ ledger, hub: url, key, tls: { ca: ca.cert, ...tls }, onEvent });
    return (await sender.pushOnce()).kind;
  }
  const strict = await startHub(db, "127.0.0.1:0", ca.certificateFile);
  const { host } = new URL(strict.url);
  assert.equal(await push(node, strict.url, {}), "unavailable");
  assert.equal(await push(node, strict.url, { cert: otherCa.cert, key: otherCa.key }), "unavailable");
  const [none, foreign] = events.map((event) => ("error" in event ? event.error?.message : undefined));
  assert.match(
    none ?? "",
    new RegExp(`^${host} lets nobody in without a certificate that it trusts \\(.*required\\)$`),
  );
  assert.equal(foreign, `the connection to ${host} broke before an answer came`);
  assert.match(strict.stderr(), /^listening at \S+\n$/, "strangers get no further than TLS");

  assert.equal(await push(node, strict.url, { cert: client.cert, key: client.key }), "current");
  await node.book("a", up("late"), 1_900_001, 1000n);
  assert.equal(await push(node, strict.url, {}), "unavailable");
  await strict.end("SIGTERM");
  assert.equal(await bytesOf(db), 55n);
  await using open = await startHub(db, host);
  assert.equal(await push(node, open.url, {}), "current", "the hub no longer asks for one");
  assert.equal(await bytesOf(db), 1055n);
});

test("inform send --hub-ca --hub-cert --hub-key: the ledger keeps all until the hub lets it in", { skip }, async () => {
  const { ca, client } = certificates;
  const [db, own] = [join(directory, "strict.db"), join(directory, "usage.db")];
  await using hub = await startHub(db, "127.0.0.1:0", ca.certificateFile);
  await using core = await startEmbeddedCore({ dialect: "xray" });
  core.add(up("alice"), 1000n);
  const from = ["--node", `a=${core.address}`, "--db", own, "--interval", "50ms", "--book-existing"];
  const to = ["--hub", hub.url, "--key-file", join(directory, "a.key"), "--hub-ca", ca.certificateFile];
  async function sendUntil(line: RegExp, ...more: readonly string[]): Promise<string> {
    await using agent = startCli(["inform", "send", ...from, ...to, ...more]);
    const [found] = await Promise.all([agent.line(line), agent.line(/ recording/)]);
    assert.equal((await agent.end("SIGTERM")).code, 0, agent.stderr());
    return found;
  }
  const told = await sendUntil(/ hub unavailable: /);
  assert.match(told, / - {2}hub unavailable: 127\.0\.0\.1:\d+ lets nobody in without a certificate that it trusts/);
  assert.match(told, /--hub-cert and --hub-key/);
  core.add(up("alice"), 7n);
  await sendUntil(/ hub unavailable: /);
  assert.equal(await bytesOf(own), 1007n);
  assert.equal(await bytesOf(db), 0n);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.endsWith(".refused")),
    [],
  );
  await sendUntil(/ hub current/, "--hub-cert", client.certificateFile, "--hub-key", client.keyFile);
  assert.equal(await bytesOf(db), 1007n);
  await hub.errorLine(/ {2}a {2}[0-9a-f]{10} {2}merged: a /);
});
