import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { Command } from "commander";
import { informCommand } from "../../src/cli/commands/inform.ts";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { openMemoryLedger } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { allChanges, bearer, bodyOf } from "../support/inform-receiver.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { until } from "../support/until.ts";

let directory: string;

before(() => {
  directory = newDirectory();
});

after(() => removeDirectory(directory));

interface Run {
  readonly ended: Promise<unknown>;
  stdout(): string;
  stderr(): string;
  stop(): void;
}

function start(...args: string[]): Run {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const said = { stdout: "", stderr: "" };
  stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  const stop = new AbortController();
  const context = { version: "0", stdin, stdout, stderr, signal: stop.signal };
  const program = new Command().exitOverride();
  for (const flag of ["--json", "--tls-ca <f>", "--tls-cert <f>", "--tls-key <f>"]) program.option(flag);
  program.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  program.addCommand(informCommand(context as never).copyInheritedSettings(program));
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.commands.forEach(quiet);
  };
  quiet(program);
  const ended = program.parseAsync(["inform", ...args], { from: "user" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { ended, stdout: () => said.stdout, stderr: () => said.stderr, stop: () => stop.abort() };
}

async function run(...args: string[]): Promise<{ readonly stdout: string; readonly error: unknown }> {
  const running = start(...args);
  const error = await running.ended;
  return { stdout: running.stdout(), error };
}

test("a key is printed once, listed without itself, and removed", async () => {
  const file = join(directory, "keys.json");
  const added = await run("keys", "add", "fra-1", "--key-file", file);
  assert.equal(added.error, undefined);
  assert.match(added.stdout, /^vstatskey_[0-9a-f]{10}_[\w-]{43}\n$/);
  const [, id = "", random = ""] = /^vstatskey_(\w{10})_(.*)$/.exec(added.stdout.trim()) ?? [];
  assert.ok(!readFileSync(file, "utf8").includes(random));
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  const rights = ["--right", "usage", "--right", "totals", "--not-after", "2020-01-01"];
  const secret = await run("keys", "add", "ams-1", "--key-file", file, "--secret", ...rights);
  assert.match(secret.stdout, /^vstatssecret_/);
  const listed = await run("keys", "list", "--key-file", file);
  assert.match(
    listed.stdout,
    new RegExp(`^ID .*\n${id} +key +fra-1 +usage +good +-\n.* secret +ams-1 +usage,totals +expired`),
  );
  assert.ok(!listed.stdout.includes(random));
  const json = JSON.parse((await run("keys", "list", "--key-file", file, "--json")).stdout);
  assert.deepEqual([json.length, json[0].node, json[1].state], [2, "fra-1", "expired"]);
  const third = JSON.parse((await run("keys", "add", "muc-1", "--key-file", file, "--json")).stdout);
  assert.deepEqual([third.node, third.kind, third.rights], ["muc-1", "key", ["usage"]]);
  assert.ok(third.text.startsWith(`vstatskey_${third.id}_`));
  const removed = await run("keys", "remove", third.id, "--key-file", file, "--json");
  assert.deepEqual(JSON.parse(removed.stdout), { removed: third.id });
  assert.equal((await run("keys", "remove", id, "--key-file", file)).stdout, `removed ${id}\n`);
  assert.equal(exitCodeOf((await run("keys", "remove", id, "--key-file", file)).error), 2);
  assert.equal(JSON.parse((await run("keys", "list", "--key-file", file, "--json")).stdout).length, 1);
});

test("wrong uses are told before anything is made", async () => {
  const file = join(directory, "none.json");
  for (const args of [
    ["keys", "add", "n", "--key-file", file, "--right", "everything"],
    ["keys", "add", "n", "--key-file", file, "--not-after", "soon"],
    ["keys", "add", "", "--key-file", file],
    ["receive", "--db", file, "--key-file", file, "--listen", "nowhere"],
    ["receive", "--db", file, "--key-file", file, "--allow", "10.0.0.0/99"],
    ["receive", "--db", file, "--key-file", file, "--max-body", "0"],
    ["receive", "--db", file, "--key-file", file, "--tls-cert", "x"],
    ["receive", "--db", file, "--key-file", file, "--tls-cert", "none", "--tls-key", "none"],
    ["receive", "--db", file],
    ["receive", "--db", file, "--key-file", join(directory, "no-keys.json")],
    ["receive", "--db", file, "--key-file", file, "--tls-cert", file, "--tls-key", file],
    ["keys", "list", "--key-file", join(directory, "no-keys.json")],
  ])
    assert.equal(exitCodeOf((await run(...args)).error), 2, args.join(" "));
  assert.ok(!existsSync(file));
  const { error } = await run("receive", "--db", file, "--key-file", join(directory, "no-keys.json"));
  assert.match((error as Error).message, /no-keys\.json'; `inform keys add` makes it$/);
});

test("inform receive books what comes, sees new keys at once, and ends when it is told to", async () => {
  const [file, db] = [join(directory, "hub-keys.json"), join(directory, "hub.db")];
  await run("keys", "add", "other", "--key-file", file);
  const hub = start("receive", "--listen", "127.0.0.1:0", "--db", db, "--key-file", file);
  await until(() => hub.stderr().includes("listening at "));
  const [url = ""] = /http:\S+/.exec(hub.stderr()) ?? [];
  const key = (await run("keys", "add", "fra-1", "--key-file", file)).stdout.trim();
  const node = openMemoryLedger();
  await using writer = await node.claim("fra-1");
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(10, { [up("alice")]: 77n }));
  const body = bodyOf(await allChanges(node));
  const headers = { "content-type": "application/json", ...bearer(key) };
  await until(async () => (await fetch(`${url}/v1/inform`, { method: "POST", body, headers })).status === 200);
  await fetch(`${url}/v1/inform/3x-ui/${key}x`, {
    method: "POST",
    body: "{}",
    headers: { "content-type": "application/json" },
  });
  await until(() => /refused: 401 wrong-key/.test(hub.stderr()));
  assert.match(hub.stderr(), /127\.0\.0\.1 {2}fra-1 {2}[0-9a-f]{10} {2}merged: fra-1 1 rows, /);
  assert.ok(!hub.stderr().includes(key.slice(-43)));
  assert.equal(hub.stdout(), "");
  hub.stop();
  assert.equal(await hub.ended, undefined);
  await using ledger = await openSqliteLedger(db);
  assert.equal((await ledger.totals()).total, 77n);
});

test("inform receive says that a certificate is none", async () => {
  const file = join(directory, "no-certificate-keys.json");
  await run("keys", "add", "n", "--key-file", file);
  const args = ["receive", "--listen", "127.0.0.1:0", "--db", join(directory, "tls.db"), "--key-file", file];
  const { error } = await run(...args, "--tls-cert", file, "--tls-key", file);
  assert.equal(exitCodeOf(error), 2);
  assert.match(String(error), /not a certificate and its key, in PEM: /);
});

test("inform receive --json prints each event as JSON", async () => {
  const file = join(directory, "json-keys.json");
  const key = (await run("keys", "add", "panel-1", "--key-file", file)).stdout.trim();
  const hub = start(
    "receive",
    "--listen",
    "127.0.0.1:0",
    "--db",
    join(directory, "json.db"),
    "--key-file",
    file,
    "--json",
  );
  const events = (): { event: string; [name: string]: unknown }[] =>
    hub
      .stderr()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  await until(() => events().length > 0);
  const url = events()[0]?.url as string;
  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${url}/v1/inform/3x-ui/${path}`, { method: "POST", body, headers: { "content-type": "application/json" } });
  await post(key, '{"clientTraffics":[{"email":"alice","up":1,"down":2}],"inboundTraffics":[]}');
  await post("nobody", "{}");
  await until(() => events().length === 3);
  const [listening, booked, refused] = events();
  assert.equal(listening?.event, "listening");
  assert.deepEqual([booked?.event, booked?.node, booked?.bytes, booked?.booked], ["unproven", "panel-1", "3", true]);
  assert.deepEqual(
    [refused?.event, refused?.node, refused?.status, refused?.code],
    ["refused", null, 401, "wrong-key"],
  );
  hub.stop();
  assert.equal(await hub.ended, undefined);
});

test("inform receive packs past days when it starts, unless it is told not to", async () => {
  const [file, db] = [join(directory, "pack-keys.json"), join(directory, "pack.db")];
  await run("keys", "add", "n", "--key-file", file);
  {
    await using ledger = await openSqliteLedger(db);
    await using writer = await ledger.claim("n");
    await writer.record(readingHere(0, { [up("alice")]: 0n }));
    await writer.record(readingHere(10, { [up("alice")]: 77n }));
  }
  const days = (): number => {
    const database = new DatabaseSync(db, { readOnly: true, timeout: 10_000 });
    const packed = database.prepare("SELECT count(*) AS days FROM packed").get()?.days as number;
    database.close();
    return packed;
  };
  const args = ["receive", "--listen", "127.0.0.1:0", "--db", db, "--key-file", file];
  for (const [flags, packed] of [
    [["--no-pack"], 0],
    [[], 1],
  ] as const) {
    const hub = start(...args, ...flags);
    await until(() => hub.stderr().includes("listening at "));
    if (packed > 0) await until(() => days() > 0);
    hub.stop();
    assert.equal(await hub.ended, undefined);
    assert.equal(days(), packed);
  }
});

test("inform receive does not listen for other machines without TLS, unless it is told to", async () => {
  const file = join(directory, "tls-keys.json");
  await run("keys", "add", "n", "--key-file", file);
  const args = ["receive", "--listen", "0.0.0.0:0", "--db", join(directory, "x.db"), "--key-file", file];
  const { error } = await run(...args);
  assert.equal(exitCodeOf(error), 2);
  assert.match(String(error), /--insecure-listen/);
  const open = start(...args, "--insecure-listen");
  await until(() => open.stderr().includes("listening at http://0.0.0.0:"));
  open.stop();
  assert.equal(await open.ended, undefined);
});
