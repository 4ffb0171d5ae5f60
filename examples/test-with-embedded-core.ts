// Tests your own code without a core: the embedded one has real traffic, restarts and faults on command.
import { diffSnapshots, StatsClient } from "v2ray-stats";
import { startEmbeddedCore } from "v2ray-stats/testing";

await using embedded = await startEmbeddedCore({ dialect: "xray" });
await using core = new StatsClient(embedded.address);

embedded.add("user>>>alice@example.com>>>traffic>>>downlink", 1_000_000n);
embedded.advanceClock(3600); // it has been up for an hour
const first = await core.snapshot();
embedded.restart();
embedded.add("user>>>alice@example.com>>>traffic>>>downlink", 300n);
const delta = diffSnapshots(first, await core.snapshot());
console.log(delta.state, delta.users()); // restarted, alice moved 300 bytes down

embedded.fault({ method: "QueryStats", times: 1, cutAfterBytes: 10 }); // the core dies in the middle of an answer
console.log((await core.query()).length, "counters, read again by itself");
