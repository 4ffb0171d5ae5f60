import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { makeKey } from "../../src/inform/keys/make-key.ts";
import { updateKeyFile } from "../../src/inform/keys/update-key-file.ts";
import { createInformSender, type InformSenderOptions } from "../../src/inform/send/sender.ts";
import type { InformSenderEvent } from "../../src/inform/send/sender-event.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type Certificates, makeCertificates, opensslMissing } from "../support/certificates.ts";
import { freePorts } from "../support/free-ports.ts";
import { nodeOf, quarter, side } from "../support/inform-sender.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { nginxMissing, type RunningNginx, startNginx } from "../support/nginx.ts";
import { openServer, passTo } from "../support/raw-servers.ts";
import { type RunningCli, startCli } from "../support/running-cli.ts";
import { until } from "../support/until.ts";

const skip = opensslMissing() ?? nginxMissing();
const ofA = makeKey("a", ["usage", "totals"]);
const [ofB, ofC, ofPanel] = [makeKey("b", ["usage"]), makeKey("c", ["usage"]), makeKey("panel", ["usage"])] as const;
let directory: string;
let certificates: Certificates;
let hubPort: number;
let nginx: RunningNginx;
let hub: RunningCli;

before(async () => {
  if (skip !== undefined) return;
  directory = newDirectory();
  certificates = makeCertificates();
  await updateKeyFile(join(directory, "keys.json"), () => ({
    keys: [ofA, ofB, ofC, ofPanel].map(({ key }) => key),
    secrets: [],
  }));
  await manyNodes();
  ({ hubPort } = await freePorts("hubPort"));
  nginx = await startNginx(documentedBlock);
  hub = await startHub();
});

after(async () => {
  if (skip !== undefined) return;
  await hub[Symbol.asyncDispose]();
  await nginx[Symbol.asyncDispose]();
  certificates[Symbol.dispose]();
  removeDirectory(directory);
});

/** The block of docs/inform.md; only ports, the name and files are others. */
function documentedBlock(port: number, place: string): string {
  const [, block = ""] = /^```nginx\n(.*?)^```/ms.exec(readFileSync("docs/inform.md", "utf8")) ?? [];
  const { certificateFile, keyFile } = certificates.server;
  const others = [
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["server_name hub.example.com;", "server_name core.test;"],
    ["/etc/ssl/hub.example.com.pem", certificateFile],
    ["/etc/ssl/private/hub.example.com.key", keyFile],
    ["/var/log/nginx/", `${place}/`],
    ["http://127.0.0.1:8080", `http://127.0.0.1:${hubPort}`],
  ] as const;
  return others.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the block of docs/inform.md has no ${from}`);
    return text.replaceAll(from, to);
  }, block);
}

async function startHub(): Promise<RunningCli> {
  const files = ["--db", join(directory, "hub.db"), "--key-file", join(directory, "keys.json")];
  const listen = ["--listen", `127.0.0.1:${hubPort}`, "--trusted-proxy", "127.0.0.1"];
  const started = startCli(["inform", "receive", ...listen, ...files]);
  await started.errorLine(/listening at /);
  return started;
}

/** So many that a cursor of theirs is longer than nginx takes by itself. */
async function manyNodes(): Promise<void> {
  const node = side();
  await node.book("node", up("everyone"), quarter, 1n);
  const changes = await node.ledger.changes();
  const nodes = Array.from({ length: 4000 }, (_, index) =>
    changes.nodes.map((each) => ({ ...each, node: `node-${index}` })),
  );
  await using ledger = await openSqliteLedger(join(directory, "hub.db"));
  const merged = await ledger.merge({ ...changes, nodes: nodes.flat() });
  assert.equal(merged.nodes.filter(({ rows }) => rows === 1).length, 4000);
}

function senderTo(port: number, ledger: Ledger, options: Partial<InformSenderOptions> = {}) {
  const events: InformSenderEvent[] = [];
  const tls = { ca: certificates.ca.cert };
  const onEvent = (event: InformSenderEvent): void => void events.push(event);
  const address = { hub: `https://127.0.0.1:${port}`, tls, node: "a", key: ofA.text };
  return { events, ...createInformSender({ ledger, ...address, onEvent, ...options }) };
}

/** Waits for nginx, which writes its log when a request is over: after the answer, and the rest of a body. */
function logged(line: RegExp): Promise<void> {
  return until(() => line.test(nginx.written("stats.log")));
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what is in it.
  readonly json: any;
}

/** Asks through nginx; posts where there is a body. */
async function ask(path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answer> {
  const method = body === undefined ? "GET" : "POST";
  const { ca } = certificates;
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: "127.0.0.1", port: nginx.port, path, method, headers, ca: ca.cert });
    request.on("error", reject).on("response", (response) => {
      const type = response.headers["content-type"];
      const isJson = type?.startsWith("application/json") === true;
      const read = isJson ? json(response) : Promise.resolve(response.resume()).then(() => undefined);
      read.then((answer) => resolve({ status: response.statusCode, type, json: answer }), reject);
    });
    request.end(body);
  });
}

const panelHeaders = { "user-agent": "fasthttp", "content-type": "application/json; charset=UTF-8" };
const panelBody = readFileSync("test/samples/inform/3x-ui-newest.json", "utf8");
const bearer = { authorization: `Bearer ${ofA.text}` };

test("nginx: a push arrives, and the hub knows who sends", { skip }, async () => {
  await using elsewhere = await openServer(createServer(passTo(`127.0.0.1:${nginx.port}`, "127.0.0.2")));
  const node = await nodeOf(10);
  const sender = senderTo(Number(new URL(`tcp://${elsewhere.address}`).port), node.ledger);
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  await hub.errorLine(/ {2}127\.0\.0\.2 {2}a {2}[0-9a-f]{10} {2}merged: a 10 rows/);
  await logged(/^127\.0\.0\.2 \[.*\] "POST \/v1\/inform" 200 \d+$/m);
  await node.book("a", up("user-1"), quarter, 1n);
  assert.deepEqual(await sender.pushOnce(), { kind: "current" }, "on the connection that was kept");
});

test("nginx: what a panel posts is booked, its key in the path", { skip }, async () => {
  const post = (path: string): Promise<Answer> => ask(path, panelHeaders, panelBody);
  for (const path of [`/v1/inform/3x-ui/${ofPanel.text}`, `/v1/inform/3x-ui?key=${ofPanel.text}`]) {
    const answer = await post(path);
    assert.deepEqual([answer.status, answer.json.booked], [200, true]);
  }
  await hub.errorLine(/ {2}127\.0\.0\.1 {2}panel {2}[0-9a-f]{10} {2}unproven: [1-9]\d* bytes/);
  await logged(/"POST \/v1\/inform\/3x-ui\/?" 200/);
});

test("nginx: a cursor of thousands of nodes passes", { skip }, async () => {
  const { status, json } = await ask("/v1/totals", bearer);
  assert.equal(status, 200);
  assert.ok(json.cursor.length > 8192, `${json.cursor.length}`);
  const again = await ask(`/v1/totals?since=${json.cursor}`, bearer);
  assert.deepEqual([again.status, again.json.full, again.json.totals], [200, false, []]);
});

test("nginx: a body above its limit is refused in HTML, and the sender splits it", { skip }, async () => {
  const ledger = openMemoryLedger();
  const long = "x".repeat(1000);
  const users = Array.from({ length: 9000 }, (_, user): [string, bigint] => [up(`${long}${user}`), 1n]);
  await using writer = await ledger.claim("b");
  await writer.record(readingHere(0, Object.fromEntries(users)), { bookExisting: true });
  const sender = senderTo(nginx.port, ledger, {
    node: "b",
    key: ofB.text,
    encoding: "none",
    maxBodyBytes: 2 ** 25,
  });
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  assert.deepEqual([sender.state().bodies, sender.state().aside], [3, 0]);
  await logged(/"POST \/v1\/inform" 413/);
  assert.deepEqual(
    sender.events.map(({ kind }) => kind),
    ["current"],
    "it is nothing that somebody has to know",
  );
  await using booked = await openSqliteLedger(join(directory, "hub.db"));
  assert.equal((await booked.totals({ node: "b" })).total, 9000n);
});

test("nginx: while there is no hub behind it nothing is lost", { skip }, async () => {
  const node = side();
  await node.book("c", up("alice"), quarter, 5n);
  await hub.end("SIGTERM");
  const sender = senderTo(nginx.port, node.ledger, { node: "c", key: ofC.text });
  const down = await sender.pushOnce();
  assert.ok(down.kind === "unavailable");
  assert.equal(down.error.message, `127.0.0.1:${nginx.port} cannot take anything now (502)`);
  hub = await startHub();
  assert.deepEqual(await sender.pushOnce(), { kind: "current" });
  await using booked = await openSqliteLedger(join(directory, "hub.db"));
  assert.equal((await booked.totals({ node: "c" })).total, 5n);
});

test("nginx: no log ever has a panel's key", { skip }, async () => {
  const posted = async (path: string, body = panelBody): Promise<number | undefined> =>
    (await ask(path, panelHeaders, body)).status;
  assert.equal(await posted(`/v1/inform/3x-ui/${ofPanel.text}/`), 404);
  assert.equal(await posted(`/v1/inform/3xui/${ofPanel.text}`), 404);
  assert.equal(await posted(`/v2/${ofPanel.text}`), 404);
  assert.equal(await posted(`//v1/inform/3x-ui/${ofPanel.text}x`), 401);
  assert.equal(await posted(`/v1/inform/3x-ui/${ofPanel.text}`, " ".repeat(9 * 1024 ** 2)), 413);
  assert.equal(await posted(`/v1/inform/3x-ui/${"x".repeat(70_000)}${ofPanel.text}`), 414);
  await hub.end("SIGTERM");
  assert.equal(await posted(`/v1/inform/3x-ui/${ofPanel.text}`), 502);
  await logged(/"POST \/v1\/inform\/3x-ui\/?" 502/);
  for (const file of ["stats.log", "stats-error.log", "error.log"]) {
    const written = nginx.written(file);
    assert.ok(!written.includes(ofPanel.text.slice(-43)), `${file} ${written}`);
  }
});
