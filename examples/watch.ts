// Prints live rates for some seconds; restart the core meanwhile and it goes on.
//   node examples/watch.ts 127.0.0.1:10085
import { createRateSmoother, deltaRates, StatsClient } from "v2ray-stats";

await using core = new StatsClient(process.argv[2] ?? "127.0.0.1:10085");
const smoother = createRateSmoother({ timeConstantMs: 5000 });
let readings = 0;
for await (const delta of core.watch({ intervalMs: 500 })) {
  smoother.add(delta);
  if (delta.error) console.log(`${delta.state}: ${delta.error.message}`);
  for (const gap of delta.gaps) console.log(`may miss bytes: ${gap.cause}, until ${gap.to.toISOString()}`);
  for (const { subject, downlinkBytesPerSecond } of deltaRates(delta, "user")) {
    console.log(`${subject}: ${Math.round(downlinkBytesPerSecond)} bytes/s down now`);
  }
  for (const { subject, downlinkBytesPerSecond } of smoother.rates("user")) {
    console.log(`${subject}: ${Math.round(downlinkBytesPerSecond)} bytes/s down, smoothed`);
  }
  if (++readings === 6) break;
}
