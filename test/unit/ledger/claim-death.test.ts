import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { currentHolder, type Holder, isProvablyDead } from "../../../src/ledger/holder.ts";
import { openSqliteLedger } from "../../../src/ledger/sqlite/open-sqlite-ledger.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { startScript } from "../../support/ledger-scripts.ts";
import { node } from "../../support/ledger-session.ts";
import { ledgerTest, newDirectory, removeDirectory } from "../../support/ledger-stores.ts";
import { until } from "../../support/until.ts";

const linuxOnly = { skip: process.platform === "linux" ? false : "only Linux tells which process holds a claim" };

test("the claim of a process that was killed is won at once", linuxOnly, async () => {
  const directory = newDirectory();
  const file = join(directory, "usage.db");
  await using holder = startScript(`
    const ledger = await openSqliteLedger(${JSON.stringify(file)});
    await ledger.claim(${JSON.stringify(node)}, { intervalMs: 3_600_000 });
    console.log("won");
    await heard();
  `);
  assert.equal(await holder.line(), "won");
  {
    await using ledger = await openSqliteLedger(file);
    const error = await expectLedgerError(ledger.claim(node, { whenHeld: "fail" }), "claimed");
    assert.match(error.message, new RegExp(`process ${holder.pid} `));
    const waiting = ledger.claim(node);
    await holder.kill();
    await (await waiting).release();
    await (await ledger.claim(node, { whenHeld: "fail" })).release();
  }
  removeDirectory(directory);
});

ledgerTest("of a holder elsewhere nobody here knows whether it is dead", async (place) => {
  const here = currentHolder(3_600_000);
  const store = await place.openStore();
  const ledger = await place.open();
  for (const elsewhere of [{ bootId: "another boot" }, { pidNamespace: "pid:[1]" }, { bootId: undefined }]) {
    const holder: Holder = { ...here, pid: 2 ** 22 + 1, ...elsewhere };
    await store.write(async (tx) => tx.changeNode((await tx.ownNode(node)).id, { holder: JSON.stringify(holder) }));
    await expectLedgerError(ledger.claim(node, { whenHeld: "fail" }), "claimed");
  }
});

test("a process is dead where its id is free, was given to another, or has ended unnoticed", linuxOnly, async () => {
  const here = currentHolder(1);
  assert.equal(isProvablyDead(here), false);
  assert.equal(isProvablyDead({ ...here, processStart: "1" }), true, "another process has its id");
  assert.equal(isProvablyDead({ ...here, pid: 2 ** 22 + 1 }), true, "no process can have this id");
  assert.equal(isProvablyDead({ ...here, processStart: undefined }), false, "it could not tell its own start");
  // The shell's child ends, and what the shell becomes never asks for its exit code.
  const shell = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = (await once(createInterface({ input: shell.stdout }), "line")) as [string];
    const fields = (): string[] => readFileSync(`/proc/${line}/stat`, "utf8").split(" ");
    await until(() => fields()[2] === "Z");
    assert.equal(isProvablyDead({ ...here, pid: Number(line), processStart: fields()[21] }), true);
  } finally {
    shell.kill("SIGKILL");
  }
});

const canHide =
  spawnSync("unshare", ["--mount", "mount", "-t", "proc", "-o", "hidepid=2", "proc", "/proc"]).status === 0;

test("a living process that another user may not see is not taken for dead", {
  skip: canHide ? false : "processes cannot be hidden here",
}, async () => {
  const hide = 'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"';
  await using other = startScript(
    `
      const holder = JSON.parse(await heard());
      console.log(isProvablyDead(holder), isProvablyDead({ ...holder, pid: 2 ** 22 + 1 }));
      `,
    { command: ["unshare", "--mount", "sh", "-c", hide, "sh"] },
  );
  other.say(JSON.stringify(currentHolder(1)));
  assert.equal(await other.line(), "false true");
});
