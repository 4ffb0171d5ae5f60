import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { Command } from "commander";
import { informResendCommand } from "../../src/cli/commands/inform-resend.ts";
import { informSendCommand } from "../../src/cli/commands/inform-send.ts";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { makeKey } from "../../src/inform/keys/make-key.ts";
import { readInformBody } from "../../src/inform/three-x-ui/read-inform-body.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { startTestHub } from "../support/inform-hub.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { until } from "../support/until.ts";

let directory: string;
let keyFile: string;
let core: EmbeddedCore;
let files = 0;
const { text: key } = makeKey("a", ["usage"]);

before(async () => {
  directory = newDirectory();
  keyFile = join(directory, "key");
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  core = await startEmbeddedCore({ dialect: "xray" });
});

after(async () => {
  await core.close();
  removeDirectory(directory);
});

/** The command in this process; aborting it is SIGTERM. */
function run(args: readonly string[], stop: AbortController = new AbortController()) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const text = { out: "", err: "" };
  stdout.on("data", (chunk) => {
    text.out += chunk;
  });
  stderr.on("data", (chunk) => {
    text.err += chunk;
  });
  const context = { version: "0", stdin: new PassThrough(), stdout, stderr, signal: stop.signal } as never;
  const program = new Command().exitOverride().option("--json").option("--timeout <duration>", "", "10s");
  program.addCommand(informSendCommand(context)).addCommand(informResendCommand(context));
  for (const command of program.commands)
    command.copyInheritedSettings(program).configureOutput({ writeErr: () => {} });
  const ended = program.parseAsync(args, { from: "user" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { text, ended, stop: () => stop.abort() };
}

function sendTo(hub: string, ...more: string[]): { readonly db: string; readonly args: string[] } {
  const db = join(directory, `${files++}.db`);
  const args = ["send", "--node", `a=${core.address}`, "--db", db, "--hub", hub, "--interval", "50ms", ...more];
  return { db, args };
}

async function total(ledger: Ledger): Promise<bigint> {
  return (await ledger.totals()).total;
}

test("inform send keeps usage and brings it to the hub; at its end comes a last reading, then a last push", async () => {
  await using hub = await startTestHub(openMemoryLedger());
  const { db, args } = sendTo(hub.url, "--key-file", keyFile);
  const sending = run(args);
  await until(() => /a {2}recording\n/.test(sending.text.out) && /hub current\n/.test(sending.text.out));
  core.add(up("alice"), 1000n);
  await until(async () => (await total(hub.ledger)) === 1000n);

  // The hub is down while bytes flow, and back at the end.
  hub.fault = () => "break-before";
  core.add(up("alice"), 20n);
  await until(() => /hub unavailable: the connection to \S+ broke/.test(sending.text.out));
  hub.fault = () => undefined;
  core.add(up("alice"), 3n);
  sending.stop();
  assert.equal(await sending.ended, undefined);
  assert.equal(await total(hub.ledger), 1023n);
  await using own = await openSqliteLedger(db);
  assert.equal(await total(own), 1023n);
  assert.match(sending.text.out, /a {2}stopped\n(.*hub current\n)?\S+ {2}- {2}hub stopped\n$/);
  assert.equal(sending.text.err, "");
  assert.ok(hub.requests.every(({ headers }) => headers.authorization === `Bearer ${key}`));
});

test("inform send --format 3x-ui posts differences, and a start goes on where the last one ended", async () => {
  await using hub = await startTestHub(openMemoryLedger());
  let sum = 0n;
  hub.fault = ({ raw }) => {
    for (const { name, bytes } of readInformBody(raw).deltas) if (name === up("bob")) sum += bytes;
    return { status: 200 };
  };
  const { db, args } = sendTo(`${hub.url}/in?key=k`, "--format", "3x-ui", "--json");
  for (const bytes of [5n, 7n]) {
    const before = sum;
    const sending = run(args);
    await until(() => sending.text.out.includes('"event":"recording"') && hub.requests.length > 0);
    core.add(up("bob"), bytes);
    await until(() => sum === before + bytes);
    core.add(up("bob"), 1n);
    sending.stop();
    assert.equal(await sending.ended, undefined);
    assert.equal(sum, before + bytes + 1n);
    for (const line of sending.text.out.trim().split("\n")) JSON.parse(line);
  }
  assert.ok(existsSync(`${db}.3x-ui-position`));
});

test("what a hub refuses for good is kept beside the ledger, and inform resend sends it", async () => {
  await using hub = await startTestHub(openMemoryLedger());
  hub.fault = ({ method }) => (method === "POST" ? { status: 400 } : undefined);
  const { db, args } = sendTo(hub.url, "--key-file", keyFile, "--book-existing");
  const sending = run(args);
  await until(() => sending.text.out.includes("hub aside"));
  sending.stop();
  assert.equal(await sending.ended, undefined);
  const kept = readdirSync(`${db}.refused`);
  assert.ok(kept.length > 0);
  assert.equal(statSync(`${db}.refused`).mode & 0o077, 0);

  const resend = ["resend", "--db", db, "--hub", hub.url, "--key-file", keyFile];
  const refused = run(resend);
  assert.equal(exitCodeOf(await refused.ended), 1);
  assert.match(refused.text.out, /^0 bodies were taken\n\S+\.json: /);
  hub.fault = () => undefined;
  const taken = run([...resend, "--json"]);
  assert.equal(await taken.ended, undefined);
  assert.deepEqual(JSON.parse(taken.text.out), { taken: kept.length, left: [] });
  const none = run(resend);
  assert.equal(await none.ended, undefined);
  assert.equal(none.text.out, `nothing is kept in ${db}.refused\n`);
  await using own = await openSqliteLedger(db);
  assert.equal(await total(hub.ledger), await total(own));
});

test("wrong use is exit 2, makes nothing, and shows no key", async () => {
  const hub = "https://hub.example";
  const other = join(directory, "other");
  writeFileSync(other, "hunter2");
  for (const [args, message] of [
    [sendTo(hub).args, /no key for a/],
    [sendTo(hub, "--key-file", other).args, /not a key/],
    [sendTo(hub, "--key-file", join(directory, "none")).args, /cannot read the file of --key-file/],
    [sendTo("http://192.0.2.1", "--key-file", keyFile).args, /use https/],
    [sendTo("hub.example", "--key-file", keyFile).args, /receiver's address/],
    [sendTo(hub, "--key-file", keyFile, "--node", `b=${core.address}`).args, /a key is of one node/],
    [sendTo(hub, "--format", "3x-ui", "--node", `b=${core.address}`).args, /name no node/],
    [sendTo(hub, "--format", "xml").args, /Allowed choices/],
    [
      sendTo(hub, "--key-file", keyFile, "--hub-cert", other, "--hub-key", other).args,
      /a certificate and its key, in PEM/,
    ],
    [
      sendTo(hub, "--format", "3x-ui", "--hub-cert", other, "--hub-key", other).args,
      /a certificate and its key, in PEM/,
    ],
    [
      sendTo(hub, "--key-file", keyFile, "--db", "postgres://127.0.0.1:1/x", "--core-config", "a=x").args,
      /--core-config needs --seen-users where the ledger is no file/,
    ],
    [["resend", "--hub", hub, "--key-file", keyFile], /name --db with the ledger.s file, or --aside/],
    [["resend", "--hub", hub, "--key-file", keyFile, "--db", "postgres://u:hunter2@h/d"], /with the ledger.s file/],
    [["resend", "--hub", hub, "--key-file", keyFile, "--db", join(directory, "none.db")], /there is no ledger/],
  ] as const) {
    const { ended, text } = run(args);
    const error = await ended;
    assert.equal(exitCodeOf(error), 2, String(error));
    assert.match(String(error), message);
    assert.doesNotMatch(`${error}${text.out}${text.err}`, /hunter2/);
  }
});

test("a key file that others can read, and a key on the command line, are warned of", async () => {
  await using hub = await startTestHub(openMemoryLedger());
  const open = join(directory, "open-key");
  writeFileSync(open, key);
  chmodSync(open, 0o644);
  for (const [flags, warning] of [
    [["--key-file", open], /others than its owner can read \S+; run: chmod 600/],
    [["--key", key], /other users of this machine can see --key/],
    [["--key-file", `a=${keyFile}`], /^$/],
  ] as const) {
    const sending = run(sendTo(hub.url, ...flags).args);
    await until(() => sending.text.out.includes("hub current"));
    sending.stop();
    assert.equal(await sending.ended, undefined);
    assert.match(sending.text.err, warning);
  }
});
