// Keeps a snapshot in a file, and says at the next run what moved since, even when the core restarted in between.
//   node examples/keep.ts 127.0.0.1:10085 last.json
import { readFile, writeFile } from "node:fs/promises";
import { diffSnapshots, Snapshot, StatsClient } from "v2ray-stats";

const [address = "127.0.0.1:10085", file = "last.json"] = process.argv.slice(2);
await using core = new StatsClient(address);
const now = await core.snapshot();
const text = await readFile(file, "utf8").catch(() => undefined);
if (text === undefined) {
  console.log(`first reading, kept in ${file}`);
} else {
  const delta = diffSnapshots(Snapshot.fromJSON(JSON.parse(text)), now);
  console.log(delta.error?.message ?? `${delta.state} after ${Math.round(delta.elapsedMs / 1000)} s`);
  for (const { name, bytes } of delta.counters()) console.log(`${name}: ${bytes} bytes`);
  for (const gap of delta.gaps) console.log(`may miss bytes: ${gap.cause}`);
}
await writeFile(file, JSON.stringify(now));
