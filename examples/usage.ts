// Keeps a core's usage in a ledger for some seconds, and prints who used how much. Run it again: it goes on.
//   node examples/usage.ts 127.0.0.1:10085 usage.db
import { collect } from "v2ray-stats/collector";
import { openSqliteLedger } from "v2ray-stats/ledger/sqlite";

const [address = "127.0.0.1:10085", file = "usage.db"] = process.argv.slice(2);
await using ledger = await openSqliteLedger(file);
await collect({
  nodes: [{ name: "node-a", core: address }],
  ledger,
  intervalMs: 500,
  signal: AbortSignal.timeout(3000), // its end takes a last reading
  onEvent: (event) => console.log(event.kind, event.kind === "gap" ? event.gap.cause : ""),
});

const { rows, notes } = await ledger.usage({ by: ["user"] });
for (const { subject, uplink, downlink } of rows) {
  console.log(`${subject}: ${uplink} bytes up, ${downlink} bytes down`);
}
// What flowed before the ledger first saw the core is not booked: that is a gap, too.
for (const { cause, to } of notes.gaps) console.log(`may miss bytes: ${cause}, until ${to.toISOString()}`);
