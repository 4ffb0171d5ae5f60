import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { startScript } from "../../support/ledger-scripts.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../../support/ledger-stores.ts";

const a = up("alice");

function newFile(context: TestContext): string {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  return join(directory, "usage.db");
}

/** So many counters that a page or two do not hold them. */
function manyCounters(count: number, value: bigint): Record<string, bigint> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [up(`user${index}@example.com`), value]));
}

test("while another process holds the database, a writer waits without standing still, then says busy", async (context) => {
  const file = newFile(context);
  await using ledger = await openSqliteLedger(file, { busyTimeoutMs: 200 });
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await using other = startScript(`
    const database = new DatabaseSync(${JSON.stringify(file)});
    database.exec("BEGIN IMMEDIATE");
    console.log("locked");
    await heard();
    database.exec("COMMIT");
    console.log("free");
    await heard();
  `);
  assert.equal(await other.line(), "locked");
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  await expectLedgerError(writer.record(readingHere(1, { [a]: 5n })), "busy");
  clearInterval(ticking);
  assert.ok(ticks >= 5, `only ${ticks} ticks in 200 ms`);
  assert.deepEqual(await booked(ledger), {});
  await expectLedgerError(ledger.claim("another", { whenHeld: "fail" }), "busy");
  await expectLedgerError(openSqliteLedger(file, { busyTimeoutMs: 20 }), "busy");
  other.say("end");
  assert.equal(await other.line(), "free");
  assert.equal((await writer.record(readingHere(2, { [a]: 6n }))).bytes, 5n);
});

test("a writer that waits goes on as soon as the database is free", async (context) => {
  const file = newFile(context);
  await using ledger = await openSqliteLedger(file, { busyTimeoutMs: 60_000 });
  await using writer = await ledger.claim(node);
  using other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  const waiting = writer.record(readingHere(0, { [a]: 1n }));
  setImmediate(() => other.exec("COMMIT"));
  assert.equal((await waiting).state, "first");
});

test("on a full disk nothing is booked by half, and all when there is room again", async (context) => {
  const file = newFile(context);
  const opened: DatabaseSync[] = [];
  const { exec } = DatabaseSync.prototype;
  const { mock } = context.mock.method(DatabaseSync.prototype, "exec", function (this: DatabaseSync, text: string) {
    if (!opened.includes(this)) opened.push(this);
    exec.call(this, text);
  });
  await using ledger = await openSqliteLedger(file);
  mock.restore();
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, manyCounters(100, 1n)));
  const [database] = opened as [DatabaseSync];
  const { page_count: pages } = database.prepare("PRAGMA page_count").get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${pages + 2}`);
  const before = [await ledger.usage(), await ledger.gaps()];
  for (const at of [1, 2]) {
    const error = await expectLedgerError(writer.record(readingHere(at, manyCounters(1000, 3n))), "unwritable");
    assert.match(error.advice ?? "", /disk is full/);
    assert.deepEqual([await ledger.usage(), await ledger.gaps()], before);
  }
  database.exec("PRAGMA max_page_count = 1000000");
  assert.equal((await writer.record(readingHere(3, manyCounters(1000, 4n)))).bytes, 100n * 3n + 900n * 4n);
});

const mountable = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

test("a disk that is truly full is told, and all is booked when it has grown", {
  skip: mountable ? false : "no file system can be mounted here",
}, async (context) => {
  const directory = join(newFile(context), "..");
  const session = new URL("../../support/ledger-session.ts", import.meta.url);
  await using script = startScript(
    `
      const { booked, readingHere, up } = await import(${JSON.stringify(session)});
      const { execFileSync } = await import("node:child_process");
      await using ledger = await openSqliteLedger(${JSON.stringify(join(directory, "usage.db"))});
      await using writer = await ledger.claim("node-a");
      const counters = (count, value) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [up("user" + index), value]));
      await writer.record(readingHere(0, {}));
      let count = 0;
      for (;;) {
        count += 500;
        const failure = await writer.record(readingHere(count, counters(count, 1n))).then(() => undefined, (error) => error);
        if (failure === undefined) continue;
        console.log(JSON.stringify({ reason: failure.reason, advice: failure.advice }));
        break;
      }
      console.log(Object.keys(await booked(ledger)).length === count - 500);
      execFileSync("mount", ["-o", "remount,size=16m", ${JSON.stringify(directory)}]);
      await writer.record(readingHere(count + 1, counters(count, 1n)));
      console.log(Object.values(await booked(ledger)).reduce((sum, bytes) => sum + bytes, 0n) === BigInt(count));
      `,
    {
      command: ["unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=512k tmpfs ${directory} && exec "$@"`, "sh"],
    },
  );
  const failure = JSON.parse(await script.line());
  assert.equal(failure.reason, "unwritable");
  assert.match(failure.advice, /disk/);
  assert.equal(await script.line(), "true", "what was booked before is there, and no more");
  assert.equal(await script.line(), "true", "then all of it is");
});

/** Runs as a user who is nobody: the tests' own may be one to whom rights do not apply. */
const asNobody = `
  if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
  const outcome = (promise) => promise.then(() => "well", (error) => error.name + " " + error.reason + " " + error.advice);
`;

test("without the right to write, a directory and a file are refused; reading goes on where it may", async (context) => {
  const file = newFile(context);
  const directory = join(file, "..");
  {
    await using ledger = await openSqliteLedger(file);
    await using writer = await ledger.claim(node);
    await writer.record(readingHere(0, { [a]: 1n }));
  }
  // A file in a directory of theirs that they may only read, then a directory where they may only look.
  if (process.getuid?.() === 0) chownSync(directory, 65_534, 65_534);
  chmodSync(file, 0o444);
  const attempt = async (text: string): Promise<string> => {
    await using script = startScript(`${asNobody} console.log(await outcome(${text}))`);
    return await script.line();
  };
  const claim = `openSqliteLedger(${JSON.stringify(file)}).then((ledger) => ledger.claim("n"))`;
  assert.match(await attempt(claim), /^LedgerError unwritable Check the rights/);
  const read = `openSqliteLedger(${JSON.stringify(file)}, { readOnly: true }).then((ledger) => ledger.gaps())`;
  assert.equal(await attempt(read), "well");
  chmodSync(directory, 0o555);
  assert.match(
    await attempt(`openSqliteLedger(${JSON.stringify(join(directory, "new.db"))})`),
    /^LedgerError unwritable .*directory/,
  );
  chmodSync(directory, 0o755);
});

test("bytes beyond what the database holds are refused, and nothing of them stays", async (context) => {
  await using ledger = await openSqliteLedger(newFile(context));
  await using writer = await ledger.claim(node);
  const most = 2n ** 63n - 1n;
  const afterRestart = { up: 1, allocated: 1n };
  await writer.record(readingHere(0, { [up("alice")]: 0n }));
  await writer.record(readingHere(1, { [up("alice")]: most, [up("bob")]: 1n }));
  const again = writer.record(readingHere(2, { [up("alice")]: 1n, [up("bob")]: 5n }, afterRestart));
  await expectLedgerError(again, "not-recordable");
  assert.deepEqual(await booked(ledger), { [up("alice")]: most, [up("bob")]: 1n });
  await writer.record(readingHere(1000, { [up("alice")]: 2n, [up("bob")]: 6n }, { up: 999, allocated: 2n }));
  assert.deepEqual(await booked(ledger), { [up("alice")]: most + 2n, [up("bob")]: 7n }, "in the next quarter hour");
});

test("who may only look reads a ledger that nobody writes, and hears it where somebody does", async (context) => {
  const file = newFile(context);
  const directory = join(file, "..");
  const record = async (ledger: Ledger, second: number, bytes: bigint): Promise<void> => {
    await using writer = await ledger.claim(node);
    await writer.record(readingHere(second, { [a]: bytes }));
  };
  {
    await using ledger = await openSqliteLedger(file);
    await record(ledger, 0, 1n);
    await record(ledger, 1, 3n);
  }
  chmodSync(directory, 0o555);
  const look = `
    const ledger = await openSqliteLedger(${JSON.stringify(file)}, { readOnly: true });
    const total = async () => String((await ledger.totals()).total);
  `;
  await using reader = startScript(
    `${asNobody}${look} console.log(await total()); await heard(); console.log(await outcome(total()));`,
  );
  assert.equal(await reader.line(), "2");
  chmodSync(directory, 0o755);
  await using ledger = await openSqliteLedger(file);
  await record(ledger, 2, 10n);
  reader.say("look again");
  assert.match(await reader.line(), /^LedgerError busy Open it again/);
  await ledger.close();
  chmodSync(directory, 0o555);
  await using again = startScript(`${asNobody}${look} console.log(await total());`);
  assert.equal(await again.line(), "9");
  chmodSync(directory, 0o755);
});
