// A proxy's user who asks to be connected to the proxy's own machine would reach the API there, by any of its names.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatsConfigOptions } from "../../src/config/build/build-options.ts";
import { promisedCounters } from "../../src/config/build/promised-counters.ts";
import { configTargets } from "../../src/config/target.ts";
import { configText } from "../support/build-proof.ts";
import { askThroughProxy, startUpstream } from "../support/build-proxy.ts";
import { coreOf } from "../support/case-files.ts";
import { CaseRun } from "../support/case-run.ts";
import { realCores } from "../support/real-cores.ts";
import { startTarget } from "../support/traffic.ts";

const cores = realCores();
const ownNames = ["127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"];
// HTTP/2's preface and empty settings; a gRPC server answers with its own settings.
const hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const settingsBytes = 9;

for (const target of configTargets) {
  const skip = cores[coreOf(target)].missing;
  if (skip !== undefined) console.log(`skipped ${target}: ${skip}`);
  const inbounds = [{ protocol: "http", port: 20_001, users: undefined }];
  const open = { target, api: { port: 20_000 }, inbounds };

  async function reachedBy(run: CaseRun, names: readonly string[]): Promise<string[]> {
    const reached: string[] = [];
    for (const name of names) {
      const bytes = await askThroughProxy(run.port(20_001), `${name}:${run.port(20_000)}`, hello, settingsBytes);
      if (bytes > 0) reached.push(name);
    }
    return reached;
  }

  test(`${target}: without the rule users do reach the API, with it they do not`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const unblocked = { ...open, blockLoopback: false } as unknown as StatsConfigOptions;
    await using without = new CaseRun(target, configText(unblocked));
    await without.startsWell([20_000, 20_001]);
    const reached = await reachedBy(without, ownNames);
    // sing-box looks names up itself, and does not find the machine's own.
    for (const name of ["127.0.0.1", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]"]) assert.ok(reached.includes(name), name);
    if (target !== "sing-box") assert.ok(reached.includes("localhost"));

    const blocked = { ...open, blockLoopback: true } as unknown as StatsConfigOptions;
    await using run = new CaseRun(target, configText(blocked));
    await run.startsWell([20_000, 20_001]);
    assert.deepEqual(await reachedBy(run, ownNames), []);
    await run.counters();
  });

  test(`${target}: the rule blocks nothing else`, { skip, timeout: 60_000 }, async () => {
    await using destination = await startTarget();
    await using upstream = await startUpstream(destination.port);
    const outbounds = [{ protocol: "socks", host: "127.0.0.1", port: upstream.port }, { protocol: "freedom" }];
    const options = { ...open, outbounds, blockLoopback: true } as unknown as StatsConfigOptions;
    await using run = new CaseRun(target, configText(options));
    await run.startsWell([20_000, 20_001]);
    const request = "GET /1000 HTTP/1.1\r\n\r\n";
    const bytes = await askThroughProxy(run.port(20_001), "192.0.2.7:80", request, 1118);
    assert.equal(bytes, 1118);
    const counters = await run.countersWith(["outbound>>>socks-out>>>traffic>>>downlink"]);
    const promised = promisedCounters(options).filter(({ name, since }) => {
      return since === "start" || /^(?:inbound>>>http-in|outbound>>>socks-out)>>>/.test(name);
    });
    assert.deepEqual([...counters.keys()].sort(), promised.map(({ name }) => name).sort());
  });
}
