// This SDK: a snapshot and what moved since the last one, as bigints.
import { diffSnapshots, type Snapshot, StatsClient } from "../../src/index.ts";
import { measure } from "./measure.ts";

await measure((address) => {
  const core = new StatsClient(address);
  let previous: Snapshot | undefined;
  return {
    async poll() {
      const snapshot = await core.snapshot();
      const moved = previous === undefined ? [] : diffSnapshots(previous, snapshot).counters();
      previous = snapshot;
      let sum = 0n;
      for (const counter of moved) sum += counter.bytes;
      return { counters: snapshot.size, changed: sum > 0n ? moved.length : 0 };
    },
    get: (name) => core.get(name),
  };
});
