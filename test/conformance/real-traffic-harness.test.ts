// The harness proves itself: real bytes through each real core, counted as `facts` measured with curl.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { StatsService } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import { type CoreConfig, serverConfig } from "../support/configs.ts";
import { freePorts } from "../support/free-ports.ts";
import { startLoop } from "../support/loop.ts";
import { coreKinds, realCores, startCore } from "../support/real-cores.ts";

const cores = realCores();

for (const kind of coreKinds) {
  const { missing } = cores[kind];
  if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);

  test(`${kind} counts a 10 MB download and a 1 MB upload to the byte`, {
    skip: missing,
    timeout: 120_000,
  }, async () => {
    await using loop = await startLoop(kind);

    await loop.download(10_485_760);
    await reaches(loop.apiAddress, 87n, 10_485_878n);

    await loop.upload(1_048_576);
    await reaches(loop.apiAddress, 1_048_769n, 10_485_991n);
  });
}

test("a core that ends while starting is reported with its last words", { skip: cores.xray.missing }, async () => {
  const config = serverConfig("xray", { ports: await freePorts("api", "vmess") });
  const broken = { ...config, json: { ...config.json, inbounds: "none" } };
  await assert.rejects(startCore("xray", broken), /xray did not start: it ended\n.*cannot unmarshal string/s);
});

test("a core whose address is in use is started once more, elsewhere", { skip: cores.xray.missing }, async () => {
  const elsewhere = async () => serverConfig("xray", { ports: await freePorts("api", "vmess") });
  await using first = await startCore("xray", elsewhere);
  await assert.rejects(startCore("xray", first.config), /address already in use/);

  const tried: CoreConfig[] = [];
  await using second = await startCore("xray", async () => {
    tried.push(tried.length === 0 ? first.config : await elsewhere());
    return tried.at(-1) ?? assert.fail();
  });
  assert.equal(tried.length, 2);
  assert.equal(second.config, tried[1]);
});

/** Reads until user and outbound show these bytes: Xray books a connection's bytes only after its end. */
async function reaches(address: string, uplink: bigint, downlink: bigint): Promise<void> {
  const want = ["user>>>auser", "outbound>>>direct"].flatMap((subject): [string, bigint][] => [
    [`${subject}>>>traffic>>>uplink`, uplink],
    [`${subject}>>>traffic>>>downlink`, downlink],
  ]);
  const client = createClient(StatsService, createGrpcTransport({ baseUrl: `http://${address}` }));
  const deadline = performance.now() + 30_000;
  for (;;) {
    const { stat } = await client.queryStats({}, { timeoutMs: 10_000 });
    const counters = new Map(stat.map(({ name, value }) => [name, value]));
    const got = want.map(([name]) => [name, counters.get(name)]);
    const reached = want.every(([name, value]) => (counters.get(name) ?? 0n) >= value);
    if (reached || performance.now() > deadline) return assert.deepEqual(got, want);
    await wait(50);
  }
}
