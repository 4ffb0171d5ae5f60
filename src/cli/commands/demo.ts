import { Command } from "commander";
import type { StatsClient } from "../../client/stats-client.ts";
import { sleep } from "../../internal/sleep.ts";
import { parseStatName } from "../../names/parse-stat-name.ts";
import { formatBytes, formatRate } from "../../report/format-bytes.ts";
import { formatReport } from "../../report/format-report.ts";
import { formatTable } from "../../report/format-table.ts";
import { createRateSmoother, deltaRates } from "../../snapshot/rates.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { diffSnapshots } from "../../snapshot/track-snapshots.ts";
import { type CliContext, print } from "../context.ts";
import type { DemoCore, DemoUser } from "../demo/demo-core.ts";
import type { DemoLedger } from "../demo/demo-ledger.ts";

const liveReadings = 5;

export function demoCommand(context: CliContext): Command {
  return new Command("demo")
    .description(
      "Show what this package does, on real traffic through a core started for it (`v2ray` or `xray` on PATH).",
    )
    .action(() => showDemo(context));
}

async function showDemo(context: CliContext): Promise<void> {
  // The demo alone needs a core of its own.
  const { startDemoTarget } = await import("../demo/demo-target.ts");
  const { StatsClient } = await import("../../client/stats-client.ts");
  await using target = await startDemoTarget();
  await using demo = await startDemoCore(target.port);
  await using core = new StatsClient(demo.address);
  const { openDemoLedger } = await import("../demo/demo-ledger.ts");
  await using ledger = await openDemoLedger();
  const stop = new AbortController();
  // Where the core goes away, what is shown tells.
  const traffic = Promise.allSettled([drive(demo, "alice", stop.signal), drive(demo, "bob", stop.signal)]);
  try {
    await show(context, core, demo, ledger);
  } finally {
    stop.abort();
    await traffic;
  }
}

async function startDemoCore(targetPort: number): Promise<DemoCore> {
  const { findRealCore, startRealDemoCore } = await import("../demo/real-demo-core.ts");
  const found = await findRealCore();
  if (found !== undefined) return startRealDemoCore(found, targetPort);
  const { startEmbeddedDemoCore } = await import("../demo/embedded-demo-core.ts");
  return startEmbeddedDemoCore(targetPort);
}

/** Sends real bytes through the core until it is told to stop. */
async function drive(demo: DemoCore, user: DemoUser, signal: AbortSignal): Promise<void> {
  const { transfer } = await import("../demo/demo-target.ts");
  const sizes = user === "alice" ? { up: 2_000, down: 400_000 } : { up: 90_000, down: 30_000 };
  while (!signal.aborted) {
    await transfer(await demo.connect(user), sizes);
    await sleep(100, signal).catch(() => {});
  }
}

async function show(context: CliContext, core: StatsClient, demo: DemoCore, ledger: DemoLedger): Promise<void> {
  const { signal } = context;
  const { kind } = await core.detect({ signal });
  await print(context, `Core: ${demo.label}, API at ${demo.address}, found to be: ${kind}\n`);
  await print(context, "Two users, alice and bob, send and fetch real bytes through it.\n");

  // Xray counts a plain connection a moment after it ended.
  const first = await firstWithUsers(core, signal);
  await ledger.record(first);
  await title(context, "parseStatName(name)");
  await print(context, nameTable(first));

  await title(context, "await core.snapshot()");
  await print(
    context,
    `${first.size} counters at ${first.takenAt.toISOString()}, core up ${first.evidence.sysAfter.uptimeSeconds} s\n`,
  );

  const smoother = createRateSmoother({ timeConstantMs: 2000 });
  let live = 0;
  for await (const delta of core.watch({ intervalMs: 1000, signal })) {
    if (live === 0) {
      await title(context, "diffSnapshots(first, second)");
      const moved = delta.to === undefined ? [] : diffSnapshots(first, delta.to).users();
      for (const { subject, uplink, downlink } of moved) {
        await print(context, `${subject} moved ${formatBytes(uplink)} up and ${formatBytes(downlink)} down\n`);
      }
      await title(context, "for await (const delta of core.watch({ intervalMs: 1000 }))");
    }
    if (delta.to !== undefined) await ledger.record(delta.to);
    smoother.add(delta);
    const rates = deltaRates(delta, "user").map((rate) => {
      return `${rate.subject} ↑ ${formatRate(rate.uplinkBytesPerSecond)} ↓ ${formatRate(rate.downlinkBytesPerSecond)}`;
    });
    await print(context, `${delta.state}  ${rates.join("   ") || "nothing moves"}\n`);
    if (++live === liveReadings) break;
  }
  const smooth = smoother.rates("user").map(({ subject, downlinkBytesPerSecond }) => {
    return `${subject} ↓ ${formatRate(downlinkBytesPerSecond)}`;
  });
  await print(context, `smoothed over about 2 s: ${smooth.join("   ")}\n`);

  await title(context, "v2ray-stats report");
  await print(context, formatReport(await core.query({ signal }), { format: "text" }));

  await title(context, 'await ledger.usage({ by: ["user"] })');
  await print(context, "A ledger kept all these readings. Another program zeroes the counters, and traffic goes on:\n");
  await print(context, await ledger.showReset(core, signal));
}

async function firstWithUsers(core: StatsClient, signal: AbortSignal): Promise<Snapshot> {
  let snapshot = await core.snapshot({ signal });
  if (snapshot.users().some(({ downlink }) => downlink > 0n)) return snapshot;
  for await (const delta of core.watch({
    intervalMs: 200,
    signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
  })) {
    snapshot = delta.to ?? snapshot;
    if (snapshot.users().filter(({ downlink }) => downlink > 0n).length === 2) break;
  }
  return snapshot;
}

function nameTable(snapshot: Snapshot): string {
  const rows = snapshot.counters().flatMap(({ name, value }) => {
    const parsed = parseStatName(name);
    return parsed.kind === "traffic"
      ? [[name, parsed.scope, parsed.subject, parsed.direction, formatBytes(value)]]
      : [];
  });
  const columns = ["COUNTER", "SCOPE", "SUBJECT", "DIRECTION"].map((heading) => ({ title: heading }));
  return formatTable([...columns, { title: "BYTES", align: "right" }], rows.sort());
}

async function title(context: CliContext, text: string): Promise<void> {
  await print(context, `\n── ${text}\n`);
}
