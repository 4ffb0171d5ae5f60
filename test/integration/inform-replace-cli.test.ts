import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeKey } from "../../src/inform/keys/make-key.ts";
import { updateKeyFile } from "../../src/inform/keys/update-key-file.ts";
import { replaceCommand } from "../../src/inform/replace-command.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { type EmbeddedCore, startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { runCli } from "../support/run-program.ts";
import { type RunningCli, startCli } from "../support/running-cli.ts";
import { until } from "../support/until.ts";

let directory: string;
let cores: [EmbeddedCore, EmbeddedCore];
const at = (name: string): string => join(directory, name);

before(async () => {
  directory = newDirectory();
  const { text, key } = makeKey("fra-1", ["usage"]);
  await updateKeyFile(at("keys.json"), () => ({ keys: [key], secrets: [] }));
  writeFileSync(at("node.key"), text, { mode: 0o600 });
  cores = [await startEmbeddedCore({ dialect: "xray" }), await startEmbeddedCore({ dialect: "xray" })];
});

after(async () => {
  await Promise.all(cores.map((core) => core.close()));
  removeDirectory(directory);
});

/** An agent of the node on one of the cores. */
function startAgent(hub: string, core: EmbeddedCore, db: string): RunningCli {
  const node = ["--node", `fra-1=${core.address}`, "--db", at(db), "--interval", "50ms"];
  return startCli(["inform", "send", ...node, "--hub", hub, "--key-file", at("node.key"), "--json"]);
}

async function idOf(db: string): Promise<string> {
  await using ledger = await openSqliteLedger(at(db));
  return await ledger.id();
}

test("of two agents under one name the hub takes the one that an operator names, while all of them run", async () => {
  const receive = ["inform", "receive", "--listen", "127.0.0.1:0", "--db", at("hub.db")];
  await using hub = startCli([...receive, "--key-file", at("keys.json")]);
  const [url = ""] = /http:\S+/.exec(await hub.errorLine(/listening at /)) ?? [];
  const booked = async (): Promise<bigint> => {
    await using ledger = await openSqliteLedger(at("hub.db"), { readOnly: true });
    return (await ledger.totals()).total;
  };
  const [core, otherCore] = cores;
  await using first = startAgent(url, core, "one.db");
  await first.line(/"recording"/);
  core.add(up("alice"), 100n);
  await until(async () => (await booked()) === 100n);

  const second = startAgent(url, otherCore, "two.db");
  await using _ = second;
  await second.line(/"recording"/);
  otherCore.add(up("alice"), 7n);
  const told = JSON.parse(await second.line(/"hub-refused"/));
  const [one, two] = [await idOf("one.db"), await idOf("two.db")];
  const command = `v2ray-stats inform replace fra-1 --ledger ${two} --db …`;
  assert.deepEqual([told.node, told.ledger], ["fra-1", two]);
  assert.ok(told.error.advice.endsWith(`says: ${command}`), told.error.advice);
  const refused = await hub.errorLine(/refused: 409 other-ledger: "fra-1": another ledger records this node here/);
  assert.ok(refused.includes(`say on the hub: ${command}`), refused);
  assert.equal(await booked(), 100n);

  const replace = (node: string, id: string, ...more: string[]): ReturnType<typeof runCli> =>
    runCli(["inform", "replace", node, "--ledger", id, "--db", at("hub.db"), ...more]);
  for (const [node, id, more, code, message] of [
    ["fra-1", two, [], 2, /this asks before it acts; without a terminal say --yes/],
    ["fra-1", "no id", ["--yes"], 2, /"no id" is no ledger's id/],
    ["fra-1", two.slice(0, -1), ["--yes"], 2, /is no ledger's id; write the whole one/],
    ["fra-2", two, ["--yes"], 1, /no node "fra-2" is in the ledger\. Names are as/],
    ["fra-1", one, ["--yes"], 1, /records "fra-1" here already/],
    ["fra-1", two, ["--yes", "--db", at("none.db")], 2, /there is no ledger/],
  ] as const) {
    const answer = await replace(node, id, ...more);
    assert.deepEqual([answer.code, answer.stdout], [code, ""], answer.stderr);
    assert.match(answer.stderr, message);
  }
  assert.deepEqual(await replace("fra-1", two, "--yes", "--json"), {
    ...{ code: 0, stderr: "" },
    stdout: `${JSON.stringify({ node: "fra-1", ledger: two, sealed: one })}\n`,
  });

  // The first is told so; the second asks again after minutes, or when it is started anew.
  core.add(up("alice"), 1n);
  assert.equal(JSON.parse(await first.line(/"hub-refused"/)).ledger, one);
  assert.match(await first.line(/"hub-refused"/), /another ledger took its place there/);
  await second.end("SIGTERM");
  await using third = startAgent(url, otherCore, "two.db");
  await third.line(/"hub-current"/);
  otherCore.add(up("alice"), 20n);
  await until(async () => (await booked()) === 127n);

  const sealed = await replace("fra-1", one, "--yes");
  assert.equal(sealed.code, 1);
  assert.match(sealed.stderr, /another ledger took the place of \S+, which can add nothing more/);
  const known = await replace("fra-1", two, "--yes");
  assert.match(known.stderr, /here already/);
  assert.equal(await booked(), 127n);
});

test("a node whose name is no word is quoted for the shell", () => {
  assert.equal(
    replaceCommand({ node: "it's $HOME", ledger: "x" }),
    "v2ray-stats inform replace 'it'\\''s $HOME' --ledger x --db …",
  );
});
