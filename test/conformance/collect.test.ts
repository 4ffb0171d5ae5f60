// Real bytes through a real core, kept by a real collector process in a real file: to the byte, whatever is killed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatsClient } from "../../src/client/stats-client.ts";
import { startLoop } from "../support/loop.ts";
import { coreKinds, realCores, startCore } from "../support/real-cores.ts";
import { startCli } from "../support/running-cli.ts";
import { openTestLedger } from "../support/running-collector.ts";
import type { Transfer } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const cores = realCores();

for (const kind of coreKinds) {
  const { missing } = cores[kind];
  if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);

  test(`${kind}: sums are exact through a killed collector and a killed core`, {
    skip: missing,
    timeout: 120_000,
  }, async () => {
    await using loop = await startLoop(kind);
    await using kept = await openTestLedger();
    const args = ["collect", "--node", `fra-1=${loop.apiAddress}`, "--db", kept.file, "--interval", "50ms"];
    const sum = { uplink: 0n, downlink: 0n };
    const flow = async (transfer: Promise<Transfer>): Promise<void> => {
      const { uplink, downlink } = await transfer;
      sum.uplink += BigInt(uplink);
      sum.downlink += BigInt(downlink);
    };
    const booked = async (): Promise<typeof sum> => {
      const [row] = (await kept.ledger.usage({ subject: "auser" })).rows;
      return { uplink: row?.uplink ?? 0n, downlink: row?.downlink ?? 0n };
    };
    /** Xray counts a connection's bytes a moment after it ended. */
    const isBooked = (): Promise<void> => {
      return until(async () => {
        const now = await booked();
        assert.ok(now.uplink <= sum.uplink && now.downlink <= sum.downlink, "more is booked than flowed");
        return now.uplink === sum.uplink && now.downlink === sum.downlink;
      });
    };

    await using killed = startCli(args);
    await killed.line(/recording/);
    await flow(loop.download(3_000_000));
    await isBooked();
    await flow(loop.upload(500_000));
    await killed.end("SIGKILL");
    await flow(loop.download(1_000_000)); // nobody reads meanwhile

    await using collector = startCli(args);
    await collector.line(/recording/);
    await isBooked();
    // An old process has worked more than a new one.
    {
      await using client = new StatsClient(loop.apiAddress);
      for (let call = 0; call < 300; call++) await client.query();
    }
    await loop.server.stop("SIGKILL");
    await using _restarted = await startCore(kind, loop.server.config);
    await collector.line(/restarted/);
    await flow(loop.download(2_000_000));
    await flow(loop.upload(100_000));
    await isBooked();

    assert.equal((await collector.end("SIGTERM")).code, 0);
    assert.deepEqual(await booked(), sum);
    const causes = (await kept.ledger.gaps()).map(({ cause }) => cause);
    assert.deepEqual(causes.sort(), ["core-restart", "first-sight"]);
  });
}
