import assert from "node:assert/strict";
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { CommanderError } from "commander";
import { errorLine, exitCodeOf } from "../../src/cli/exit-code.ts";
import { createProgram } from "../../src/cli/program.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { readingHere, up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";

const directory = newDirectory();
const file = (name: string): string => join(directory, name);
const db = file("usage.db");

before(async () => {
  for (const name of ["usage.db", "cut.db", "newer.db"]) {
    await using ledger = await openSqliteLedger(file(name));
    await using writer = await ledger.claim("fra-1");
    await writer.record(readingHere(0, { [up("alice")]: 0n }));
  }
  truncateSync(file("cut.db"), 10_000);
  using newer = new DatabaseSync(file("newer.db"));
  newer.exec("PRAGMA user_version = 99");
  writeFileSync(file("text.db"), "user>>>alice>>>traffic>>>uplink 1\n".repeat(100));
  writeFileSync(file("empty.db"), "");
  mkdirSync(file("folder"));
});
after(() => removeDirectory(directory));

interface Failed {
  readonly code: number;
  readonly line: string;
  readonly printed: string;
}

/** What a command that must fail says, and its exit code. */
async function failure(args: readonly string[]): Promise<Failed> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const sink = (stream: PassThrough): NodeJS.WriteStream => stream as unknown as NodeJS.WriteStream;
  const { signal } = new AbortController();
  const context = { version: "0", stdin: process.stdin, stdout: sink(stdout), stderr: sink(stderr), signal };
  const error: unknown = await createProgram(context)
    .parseAsync(args, { from: "user" })
    .then(
      () => assert.fail(`${args.join(" ")} ended well`),
      (reason: unknown) => reason,
    );
  stdout.end();
  stderr.end();
  const [printed, said] = [await text(stdout), await text(stderr)];
  // Commander has said its own errors.
  return { code: exitCodeOf(error), line: error instanceof CommanderError ? said : errorLine(error), printed };
}

async function failsWith(code: number, args: readonly string[], told: RegExp): Promise<void> {
  const { line, printed, ...failed } = await failure(args);
  assert.deepEqual([failed.code, printed], [code, ""], `${args.join(" ")}: ${line}`);
  assert.match(line, told);
  assert.doesNotMatch(line.replace(/\n\(see v2ray-stats --help\)\n$/, ""), /\n|secret|node:|undefined/);
}

test("a question with no answer is wrong use, and says what would have one", async () => {
  for (const [told, ...args] of [
    [/there is no time zone "Mars\/Olympus"; one is Europe\/Berlin$/, "--tz", "Mars/Olympus"],
    [/there is no time zone ""/, "--tz", ""],
    [/--from is after --to$/, "--from", "2026-12-01", "--to", "2026-11-01"],
    [/not a time: "2026-13-01"; write 2026-03-29,/, "--from", "2026-13-01"],
    [/not a time: ""/, "--to", ""],
    [/not a time: "now"/, "--as-of", "now"],
    [/--json and --format contradict/, "--json", "--format", "csv"],
    [/Allowed choices are table, csv, json/, "--format", "xml"],
  ] as const) {
    await failsWith(2, ["usage", "--db", db, ...args], told);
    await failsWith(2, ["gaps", "--db", db, ...args], told);
  }
  for (const [told, ...args] of [
    [/--by knows no "nonsense"; it takes node, user, .*, month$/, "--by", "nonsense"],
    [/--by names a key twice/, "--by", "user,user"],
    [/--by takes one length of time/, "--by", "day,hour"],
    [/scope inbound has no users; use --by subject/, "--by", "user", "--scope", "inbound"],
    [/--top takes a count from 1 on, not "0"/, "--top", "0"],
    [/--top takes a count from 1 on, not "1e400"/, "--top", "1e400"],
    [/Allowed choices are all, current/, "--generation", "old"],
    [/too many arguments/, "alice"],
  ] as const)
    await failsWith(2, ["usage", "--db", db, ...args], told);
});

test("a database that is none is told in one line by every command, and stays as it is", async () => {
  const node = ["--node", "fra-1=127.0.0.1:1"];
  const commands: readonly (readonly string[])[] = [
    ["usage"],
    ["gaps"],
    ["drain", ...node],
    ["collect", ...node],
    ["adjust", "--user", "alice", "--bytes", "1", "--reason", "x"],
    ["merge", db],
  ];
  for (const command of commands) {
    for (const [name, told] of [
      ["text.db", /text\.db: file is not a database\. Name a file that this package made/],
      ["folder", /folder is a directory\. Name a file in it\.$/],
      ["newer.db", /newer\.db has schema 99, this release knows \d+\. Use the release that made it/],
      ["cut.db", /cut\.db: database disk image is malformed\. The file is damaged: restore it from a backup\.$/],
    ] as const)
      await failsWith(1, [...command, "--db", file(name)], told);
    await failsWith(2, [...command, "--db", ""], /--db takes the name of a file, or postgres:/);
    await failsWith(2, [...command, "--db", "mysql://me:secret@host/x"], /--db takes the name of a file, or postgres:/);
    for (const address of ["postgres://me:secret word@[::1/x", "postgres://me:secret@host:99999/x"])
      await failsWith(2, [...command, "--db", address], /is of the form postgres:\/\/user@host:5432\/database$/);
    await failsWith(
      1,
      [...command, "--db", "postgres://me:secret@127.0.0.1:1/x"],
      /ECONNREFUSED 127\.0\.0\.1:1\. Look whether the server runs/,
    );
    await failsWith(2, command, /required option '--db <file\|url>' not specified/);
  }
  for (const command of [["usage"], ["gaps"]])
    await failsWith(1, [...command, "--db", file("empty.db")], /empty\.db is empty\. Open it once for writing/);
  const missing = /there is no ledger .*none\.db; name the file/;
  for (const command of [["usage"], ["gaps"], ["adjust", "--user", "alice", "--bytes", "1", "--reason", "x"]])
    await failsWith(2, [...command, "--db", file("none.db")], missing);
  await failsWith(2, ["merge", file("none.db"), "--db", db], missing);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith("none")),
    [],
  );
});

test("nodes and intervals that are none are wrong use, and no ledger is made", async () => {
  const collect = ["collect", "--db", file("none.db")];
  const node = ["--node", "fra-1=127.0.0.1:1"];
  for (const interval of ["0", "-1s", "0s", "1y", "1d", "1e3s", "", "1h30m", "500", "0.5ms", "100000h"])
    await failsWith(
      2,
      [...collect, ...node, "--interval", interval],
      /not a duration: ".*"; write 500ms, 1s, 5m or 1h/,
    );
  for (const [told, ...args] of [
    [/required option '--node <name=address>'/],
    [/a node is written NAME=ADDRESS/, "--node", "fra-1"],
    [/a node is written NAME=ADDRESS/, "--node", "=127.0.0.1:1"],
    [/a node is written NAME=ADDRESS/, "--node", "fra-1="],
    [/two nodes have one name/, ...node, ...node],
    [/not an address: "127\.0\.0\.1"; write host:port/, "--node", "fra-1=127.0.0.1"],
    [/not an address: "127\.0\.0\.1:99999"/, "--node", "fra-1=127.0.0.1:99999"],
    [/--same-core names ams-1, and no --node does/, ...node, "--same-core", "ams-1"],
  ] as const)
    await failsWith(2, [...collect, ...args], told);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith("none")),
    [],
  );
});
