// This SDK: a snapshot, and every counter as a fresh object.
import { StatsClient } from "../../src/index.ts";
import { measure } from "./measure.ts";

await measure((address) => {
  const core = new StatsClient(address);
  return {
    async poll() {
      const counters = [...(await core.snapshot())];
      return { counters: counters.length };
    },
  };
});
