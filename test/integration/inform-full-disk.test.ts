import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openMemoryLedger } from "../../src/ledger/ledger.ts";
import { startEmbeddedCore } from "../../src/testing/embedded-core.ts";
import { startReceiver } from "../support/inform-receiver.ts";
import { up } from "../support/ledger-session.ts";
import { newDirectory, removeDirectory } from "../support/ledger-stores.ts";
import { startCli } from "../support/running-cli.ts";
import { until } from "../support/until.ts";

const mountable = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

test("an agent on a disk that is truly full says so, runs on, and brings every byte when there is room", {
  skip: mountable ? false : "no file system can be mounted here",
}, async (context) => {
  const directory = newDirectory();
  context.after(() => removeDirectory(directory));
  const [disk, keyFile] = [join(directory, "disk"), join(directory, "key")];
  mkdirSync(disk);
  await using hub = await startReceiver(openMemoryLedger());
  writeFileSync(keyFile, hub.key("a"), { mode: 0o600 });
  await using core = await startEmbeddedCore({ dialect: "xray" });
  const node = ["--node", `a=${core.address}`, "--db", join(disk, "usage.db"), "--book-existing"];
  const to = ["--hub", hub.url, "--key-file", keyFile, "--interval", "100ms"];
  const mount = `mount -t tmpfs -o size=600k tmpfs ${disk} && exec "$@"`;
  await using agent = startCli(["inform", "send", ...node, ...to], {
    command: ["unshare", "--mount", "sh", "-c", mount, "sh"],
  });
  await agent.line(/recording/);
  let flowed = 0n;
  const flow = (user: string, bytes: bigint): void => {
    core.add(up(user), bytes);
    flowed += bytes;
  };
  const booked = async (): Promise<bigint> => (await hub.ledger.totals()).total;
  flow("alice", 1000n);
  await until(async () => (await booked()) === flowed);

  const isFull = (): string | undefined => agent.lines.find((line) => /unrecorded/.test(line));
  for (let user = 0; isFull() === undefined; user++) {
    for (let each = 0; each < 200; each++) flow(`user-${user}-${each}`, 1n);
    const before = flowed;
    await until(async () => isFull() !== undefined || (await booked()) === before);
  }
  assert.match(isFull() ?? "", /a {2}unrecorded: .*\. The disk is full: make room; nothing is lost/);
  const held = await booked();
  flow("alice", 5n);
  const polls = core.calls.length;
  await until(() => core.calls.length > polls + 10);
  assert.deepEqual([await booked(), agent.stderr()], [held, ""], "it runs on, and what was booked stays");

  const inside = ["--mount", "--target", `${agent.pid}`];
  execFileSync("nsenter", [...inside, "mount", "-o", "remount,size=64m", disk]);
  await until(async () => (await booked()) === flowed);
  assert.equal((await agent.end("SIGTERM")).code, 0);
  assert.equal(await booked(), flowed);
  const told = agent.lines.map((line) => line.split("  ")[2]?.split(":")[0]);
  assert.deepEqual(
    told.filter((word) => word === "recording" || word === "unrecorded"),
    ["recording", "unrecorded", "recording"],
  );
});
