import assert from "node:assert/strict";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { Command } from "commander";
import { mergeCommand } from "../../src/cli/commands/merge.ts";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

let directory: string;
let files = 0;

before(() => {
  directory = newDirectory();
});

after(() => removeDirectory(directory));

interface Answer {
  readonly stdout: string;
  readonly error: unknown;
}

function run(...args: string[]): Promise<Answer> {
  return runWith(new PassThrough(), args);
}

async function runWith(stderr: PassThrough, args: readonly string[]): Promise<Answer> {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const text: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => text.push(chunk));
  const context = { version: "0", stdin, stdout, stderr, signal: new AbortController().signal };
  const program = new Command().exitOverride().option("--json");
  program.addCommand(mergeCommand(context as never));
  const error = await program.parseAsync(["merge", ...args], { from: "user" }).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { stdout: Buffer.concat(text).toString(), error };
}

/** A file with 10 bytes of a node. */
async function recorded(node: string): Promise<string> {
  const file = join(directory, `${files++}.db`);
  await using ledger = await openSqliteLedger(file);
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [up("alice")]: 1n }));
  await writer.record(readingHere(10, { [up("alice")]: 11n }));
  return file;
}

async function total(file: string): Promise<bigint> {
  await using ledger = await openSqliteLedger(file);
  return (await ledger.totals()).total;
}

test("merge says what was new, and the second time that nothing was", async () => {
  const [from, hub] = [await recorded("a"), join(directory, "hub.db")];
  assert.deepEqual(await run(from, "--db", hub), { stdout: "1 row and 1 entry were new\n", error: undefined });
  assert.deepEqual(await run(from, "--db", hub), { stdout: "nothing was new\n", error: undefined });
  assert.equal(await total(hub), 10n);
  const json = await run(await recorded("b"), "--db", hub, "--json");
  assert.deepEqual(JSON.parse(json.stdout), { rows: 1, entries: 1, moved: [], refused: [] });
  assert.equal(await total(hub), 20n);
});

test("merge refuses a second ledger of a node until --replace", async () => {
  const [one, two, hub] = [await recorded("c"), await recorded("c"), join(directory, "replaced.db")];
  await run(one, "--db", hub);
  const refused = await run(two, "--db", hub);
  assert.equal(refused.stdout, "nothing was merged\n");
  assert.match(String(refused.error), /c was not merged: another ledger records it there; .* --replace/);
  assert.equal(exitCodeOf(refused.error), 1);
  assert.equal(exitCodeOf((await run(two, "--db", hub, "--replace")).error), 2, "it asks first");
  assert.equal((await run(two, "--db", hub, "--replace", "--yes")).stdout, "1 row and 1 entry were new\n");
  assert.equal(await total(hub), 20n);
});

test("merge --move seals the ledger, and may be said twice", async () => {
  const [from, to] = [await recorded("d"), join(directory, "moved.db")];
  assert.equal((await run(from, "--db", to, "--move", "--yes")).stdout, "1 row and 1 entry were new; d moved\n");
  assert.equal((await run(from, "--db", to, "--move", "--yes")).stdout, "nothing was new\n");
  await using ledger = await openSqliteLedger(to);
  await using writer = await ledger.claim("d");
  assert.equal((await writer.record(readingHere(20, { [up("alice")]: 15n }))).bytes, 4n);
});

test("merge wants two ledgers of which the first one is there", async () => {
  const file = await recorded("e");
  assert.equal(exitCodeOf((await run(file, "--db", file)).error), 2);
  assert.equal(exitCodeOf((await run(join(directory, "none.db"), "--db", file)).error), 2);
});

test("a terminal sees how far a merge is, and nothing of it afterwards", async () => {
  const told = async (isTTY: boolean, ...flags: string[]): Promise<string> => {
    const [from, to] = [await recorded("far"), await recorded("here")];
    const stderr = Object.assign(new PassThrough(), { isTTY });
    assert.equal((await runWith(stderr, [from, "--db", to, ...flags])).error, undefined);
    return String(stderr.read() ?? "");
  };
  const cleared = "\r\u001b[K";
  const seen = await told(true);
  assert.ok(seen.endsWith(cleared));
  assert.match(seen.slice(0, -cleared.length), /^(\r\d+ rows, \d+ entries)+$/);
  assert.equal(await told(true, "--quiet"), "");
  assert.equal(await told(false), "");
});
