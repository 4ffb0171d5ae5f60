// Reads a running core once: who moved how much since it started.
//   node examples/read.ts 127.0.0.1:10085
import { isStatsError, StatsClient } from "v2ray-stats";

await using core = new StatsClient(process.argv[2] ?? "127.0.0.1:10085");
try {
  const { kind } = await core.detect();
  const snapshot = await core.snapshot();
  console.log(`${kind}, up ${snapshot.evidence.sysAfter.uptimeSeconds} s, ${snapshot.size} counters`);
  for (const { subject, uplink, downlink } of snapshot.users()) {
    console.log(`${subject}: ${uplink} bytes up, ${downlink} bytes down`);
  }
} catch (error) {
  if (!isStatsError(error)) throw error;
  console.error(`${error.code}: ${error.message}. ${error.advice ?? ""}`);
  process.exitCode = 1;
}
