// What the doctor says of real cores: two processes on one port, an API without a rule, counters that are not there yet.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { type DiagnoseOptions, diagnose } from "../../src/doctor/diagnose.ts";
import type { CheckId, Diagnosis } from "../../src/doctor/diagnosis.ts";
import { startCommand } from "../support/case-files.ts";
import { CaseProcess } from "../support/case-process.ts";
import type { ApiOptions, CoreConfig } from "../support/configs.ts";
import { serverConfig } from "../support/configs.ts";
import { freePorts } from "../support/free-ports.ts";
import { startLoop } from "../support/loop.ts";
import { type CoreKind, coreKinds, realCores, startCore } from "../support/real-cores.ts";
import { until } from "../support/until.ts";

const cores = realCores();
const timeout = 120_000;

function statusOf({ checks }: Diagnosis, id: CheckId): string | undefined {
  return checks.find((check) => check.id === id)?.status;
}

function messageOf({ checks }: Diagnosis, id: CheckId): string {
  return checks.find((check) => check.id === id)?.message ?? "";
}

function optionsOf({ json }: CoreConfig): DiagnoseOptions {
  return { config: JSON.stringify(json), watchMs: 1000 };
}

async function configOf(kind: CoreKind, options: ApiOptions = {}): Promise<CoreConfig> {
  return serverConfig(kind, { ports: await freePorts("api", "vmess"), ...options });
}

/** Starts another process with the same configuration, which shares the ports of the first. */
function shareWith(kind: CoreKind, { json }: CoreConfig): CaseProcess {
  const directory = mkdtempSync(join(tmpdir(), "v2ray-stats-second-"));
  const file = join(directory, "config.json");
  writeFileSync(file, JSON.stringify(json));
  const second = new CaseProcess(...startCommand(kind, [kind === "v2ray4" ? "-config" : "-c", file]));
  second.ended.finally(() => rmSync(directory, { recursive: true })).catch(() => undefined);
  return second;
}

/** Two processes of a moment may be one that restarts. */
async function olderThanASlip(address: string): Promise<void> {
  await using core = new StatsClient(address);
  await until(async () => (await core.sysStats()).uptimeSeconds >= 5);
}

for (const kind of coreKinds) {
  const skip = cores[kind].missing;

  test(`${kind}: before and after the first connection`, { skip, timeout }, async () => {
    await using loop = await startLoop(kind);
    const { config } = loop.server;
    const before = await diagnose(loop.apiAddress, optionsOf(config));
    assert.equal(before.kind, kind);
    for (const id of ["reachable", "service", "core", "stats", "one-process", "restarts", "clock"] as const)
      assert.equal(statusOf(before, id), "ok", `${id}: ${messageOf(before, id)}`);
    assert.equal(statusOf(before, "undeclared"), "ok", messageOf(before, "undeclared"));
    assert.equal(messageOf(before, "users"), "users: 0 counted, 2 not connected yet (auser and buser)");
    await loop.download(1000);
    const after = await diagnose(loop.apiAddress, optionsOf(config));
    assert.equal(messageOf(after, "users"), "users: 1 counted, 1 not connected yet (buser)");
    for (const id of ["inbounds", "outbounds", "undeclared", "exposure"] as const)
      assert.equal(statusOf(after, id), "ok", `${id}: ${messageOf(after, id)}`);
  });

  test(`${kind}: nothing listens`, { skip, timeout }, async () => {
    const config = await configOf(kind);
    const diagnosis = await diagnose(config.apiAddress, optionsOf(config));
    assert.deepEqual([diagnosis.reachable, statusOf(diagnosis, "reachable")], [false, "error"]);
    assert.match(messageOf(diagnosis, "reachable"), /^connection refused at /);
  });
}

for (const kind of ["v2ray4", "v2ray5", "xray"] as const) {
  const skip = cores[kind].missing;

  test(`${kind}: two processes on one port`, { skip, timeout }, async () => {
    await using first = await startCore(kind, () => configOf(kind));
    const second = shareWith(kind, first.config);
    try {
      assert.equal(await second.listening([]), "listening");
      await olderThanASlip(first.apiAddress);
      let message = "";
      // Once in two thousand times the kernel gives all connections to one of them.
      await until(async () => {
        const diagnosis = await diagnose(first.apiAddress, { watchMs: 2000 });
        message = messageOf(diagnosis, "one-process");
        return statusOf(diagnosis, "one-process") === "error";
      });
      assert.match(message, /^several processes answer in turn/);
    } finally {
      await second.kill();
    }
  });

  test(`${kind}: an API without a rule`, { skip, timeout }, async () => {
    await using core = await startCore(kind, () => configOf(kind, { routed: false }));
    const diagnosis = await diagnose(core.apiAddress, { ...optionsOf(core.config), core: kind, timeoutMs: 20_000 });
    assert.equal(diagnosis.reachable, false);
    assert.match(messageOf(diagnosis, "reachable"), /no rule/);
  });

  test(`${kind}: no stats, and no service`, { skip, timeout }, async () => {
    await using silent = await startCore(kind, () => configOf(kind, { stats: false }));
    assert.equal(statusOf(await diagnose(silent.apiAddress, optionsOf(silent.config)), "stats"), "error");
    await using other = await startCore(kind, () => configOf(kind, { services: ["LoggerService"] }));
    const diagnosis = await diagnose(other.apiAddress, { ...optionsOf(other.config), core: kind });
    assert.deepEqual([statusOf(diagnosis, "service"), diagnosis.reachable], ["error", true]);
    assert.match(messageOf(diagnosis, "service"), /StatsService/);
  });
}
